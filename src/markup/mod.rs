//! Markdown and other text from records, made safe for where it goes.
//!
//! A record is never trusted: what becomes HTML here has no markup of its author's, loads nothing and runs nothing
//! ([`SafeHtml`]); what becomes Markdown stays inside its quote or its fence. Imports nothing of shipnote.

mod blocks;
mod fence;
mod highlight;
mod html;
mod outline;
mod plain;
mod quote;
mod visible;

pub use blocks::{Block, BlockKind, blocks};
pub use fence::{Fence, marks_around};
pub use highlight::shell;
pub use html::{SafeHtml, is_safe_address, links, to_html, to_plain_html, web_addresses};
pub use outline::{SHELLS, languages, promoted};
pub use plain::{line, plain};
pub use quote::{code_block, code_span, inline, quote};
pub use visible::{is_misleading, visible};
