//! stub
use crate::model::Draft;
use std::path::Path;
/// stub
pub fn draft_from(_dir: &Path, _rev: Option<&str>) -> anyhow::Result<Draft> {
    anyhow::bail!("stub")
}
