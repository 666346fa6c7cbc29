//! stub
use std::path::Path;
use crate::model::Draft;
/// stub
pub fn draft_from(_dir: &Path, _rev: Option<&str>) -> anyhow::Result<Draft> { anyhow::bail!("stub") }
