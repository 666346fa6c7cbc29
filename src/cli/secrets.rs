//! The flags that say what to do about secrets.

use crate::record::OnSecrets;

/// What to do where a record holds secrets; it is refused when nobody says.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Secrets")]
pub(super) struct SecretFlags {
    /// Store it with secrets masked
    #[arg(long)]
    redact: bool,
    /// Store it with its secrets, for this reason, which the event log keeps
    #[arg(long, value_name = "REASON", conflicts_with = "redact", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    allow_secret: Option<String>,
}

impl SecretFlags {
    pub(super) fn on_secrets(&self) -> OnSecrets {
        match (&self.allow_secret, self.redact) {
            (Some(reason), _) => OnSecrets::Allow(reason.clone()),
            (None, true) => OnSecrets::Mask,
            (None, false) => OnSecrets::Refuse,
        }
    }
}
