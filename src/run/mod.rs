//! Executes commands and checks and says what came of it; never stores.
//!
//! Imports `model` and `sys`.
