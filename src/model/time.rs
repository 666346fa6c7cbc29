//! Points in time, in UTC and whole seconds.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, SubsecRound, Timelike, Utc};
use serde::{Deserialize, Serialize};

/// A point in time, UTC, whole seconds; written `2026-11-20T14:05:00Z` (RFC 3339).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// The point in time `at`, without its fraction of a second. Years before 0 and after 9999 have no RFC 3339 form.
    pub fn new(at: DateTime<Utc>) -> Option<Self> {
        (0..=9999).contains(&at.year()).then(|| Self(at.trunc_subsecs(0)))
    }

    /// The same point as chrono's type.
    pub fn utc(self) -> DateTime<Utc> {
        self.0
    }

    /// Whether a clock that is set can say it: none was before 1970.
    pub fn is_since_1970(self) -> bool {
        self.0 >= DateTime::UNIX_EPOCH
    }

    /// So many days earlier; the beginning of 1970 where there is no such time.
    pub fn days_before(self, days: u32) -> Self {
        let earlier = self.0.checked_sub_days(chrono::Days::new(u64::from(days)));
        earlier.and_then(Self::new).unwrap_or(Self(DateTime::UNIX_EPOCH))
    }

    /// The day, `2026-11-20`.
    pub fn day(self) -> String {
        self.to_string()[..10].to_owned()
    }

    /// The month, `2026-11`.
    pub fn month(self) -> String {
        self.to_string()[..7].to_owned()
    }
}

impl FromStr for Timestamp {
    type Err = String;

    /// Reads RFC 3339 (any offset) or a plain day, which means its midnight in UTC.
    fn from_str(text: &str) -> Result<Self, String> {
        let whole = DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&Utc));
        let day = || text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0).map(|at| at.and_utc());
        whole.ok().or_else(day).and_then(Self::new).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            format!("`{shown}` is not a date: write 2026-11-20T14:05:00Z or 2026-11-20")
        })
    }
}

impl TryFrom<String> for Timestamp {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(at: Timestamp) -> Self {
        at.to_string()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, time) = (self.0.date_naive(), self.0.time());
        let date = [(0..4, day.year().unsigned_abs()), (5..7, day.month()), (8..10, day.day())];
        let clock = [(11..13, time.hour()), (14..16, time.minute()), (17..19, time.second())];
        // A record is written several times and has three of these: `write!` with its widths would be a third of that.
        let mut text = *b"0000-00-00T00:00:00Z";
        for (places, mut number) in date.into_iter().chain(clock) {
            for digit in text[places].iter_mut().rev() {
                *digit += (number % 10) as u8;
                number /= 10;
            }
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_and_fractions_become_utc_seconds() {
        let at: Timestamp = "2026-11-20T16:05:00.75+02:00".parse().unwrap();
        assert_eq!(at.to_string(), "2026-11-20T14:05:00Z");
        assert_eq!("2026-11-20".parse::<Timestamp>().unwrap().to_string(), "2026-11-20T00:00:00Z");
    }

    #[test]
    fn only_real_dates() {
        for text in ["2026-02-30", "2026-13-01", "tomorrow", "", "20261120", "+12026-01-01"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }
}
