//! (room to come)

mod fence;

pub use fence::{Fence, marks_around};
