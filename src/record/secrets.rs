//! What is done about the secrets of a record that somebody hands in.

use anyhow::Result;

use super::RecordError;
use crate::model::{Change, ChangeId, Defaults, Draft, Timestamp};
use crate::redact::{self, Finding};
use crate::sys;

/// What to do where a record holds secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum OnSecrets {
    /// Refuse it.
    #[default]
    Refuse,
    /// Store it with the secrets masked.
    Mask,
    /// Store it as it is, for this reason, which the event log keeps.
    Allow(String),
}

/// What recording this draft now would store, as a new change or the next revision of `base`.
///
/// # Errors
/// [`RecordError::Invalid`], and [`RecordError::Secrets`] where they are refused.
pub fn checked(draft: Draft, base: Option<&Change>, now: Timestamp, on_secrets: &OnSecrets) -> Result<Change> {
    judged(draft, base, now, on_secrets).map(|(change, _)| change)
}

/// The same, and what the event log is to say of secrets. What stood in `base` already was judged when it came there.
pub(super) fn judged(
    draft: Draft,
    base: Option<&Change>,
    now: Timestamp,
    on_secrets: &OnSecrets,
) -> Result<(Change, Option<String>)> {
    let id = ChangeId::from_bits(sys::random::bits()?);
    let mut change = draft.validate(&Defaults { id, now }).map_err(RecordError::from)?;
    let known = base.map(redact::scan).unwrap_or_default();
    let secrets: Vec<_> = redact::scan(&change).into_iter().filter(|finding| !known.contains(finding)).collect();
    if secrets.is_empty() {
        return Ok((change, None));
    }
    let detail = match on_secrets {
        OnSecrets::Refuse => return Err(RecordError::Secrets(secrets).into()),
        OnSecrets::Mask => {
            redact::mask_change(&mut change);
            format!("masked: {}", places(&secrets))
        }
        OnSecrets::Allow(reason) => format!("allowed: {} ({reason})", places(&secrets)),
    };
    Ok((change, Some(detail)))
}

/// Where secrets stand and what they look like, without them.
fn places(secrets: &[Finding]) -> String {
    let mut places: Vec<_> = secrets.iter().map(|finding| format!("{} in {}", finding.rule, finding.field)).collect();
    places.dedup();
    places.join(", ")
}
