//! stub
/// stub
pub fn json_line(change: &crate::model::Change) -> String {
    serde_json::to_string(change).unwrap_or_default()
}
