//! stub
/// stub
pub mod json {
    /// stub
    pub fn read(
        _: impl std::io::BufRead,
        _each: &mut dyn FnMut(u64, crate::model::Draft) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        anyhow::bail!("stub")
    }
}
