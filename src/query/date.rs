//! Dates as people write them.

use chrono::{DateTime, Datelike, Duration, Months, NaiveDate, Utc, Weekday};

use crate::model::Timestamp;

/// Reads a point in time: RFC 3339, a day, a month (`2026-10`), a year, an ISO week (`2026-W47`), an age (`30d`, `12h`,
/// `2w`) or English such as `yesterday`, `last monday`, `3 days ago`. A span means its beginning, in UTC.
///
/// # Errors
/// A sentence that says which forms are read.
pub fn parse_date(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let text = text.trim();
    let read = text.parse().ok().or_else(|| span(text)).or_else(|| age(text, now)).or_else(|| english(text, now.utc()));
    read.ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        format!("`{shown}` is not a date: write 2026-10-31, 2026-10, 30d, yesterday or \"last monday\"")
    })
}

/// The day after the last one that `text` names, for `until`: a day, a month or a year counts as a whole.
///
/// # Errors
/// As [`parse_date`].
pub fn parse_end(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let text = text.trim();
    let start = parse_date(text, now)?;
    let at = start.utc();
    let end = match text.len() {
        _ if text.contains(['W', 'w']) && text.len() == 8 => at.checked_add_signed(Duration::days(7)),
        4 if digits(text) => at.checked_add_months(Months::new(12)),
        7 if digits(&text.replacen('-', "", 1)) => at.checked_add_months(Months::new(1)),
        10 if text.parse::<NaiveDate>().is_ok() => at.checked_add_signed(Duration::days(1)),
        _ => Some(at),
    };
    end.and_then(Timestamp::new).ok_or_else(|| format!("`{text}` is too far away"))
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn midnight(date: NaiveDate) -> Option<Timestamp> {
    Timestamp::new(date.and_hms_opt(0, 0, 0)?.and_utc())
}

/// `2026`, `2026-10`, `2026-W47`.
fn span(text: &str) -> Option<Timestamp> {
    let (year, rest) = match text.split_once('-') {
        None => (text, None),
        Some((year, rest)) => (year, Some(rest)),
    };
    if year.len() != 4 || !digits(year) {
        return None;
    }
    let year = year.parse().ok()?;
    let date = match rest {
        None => NaiveDate::from_ymd_opt(year, 1, 1),
        Some(week) if week.starts_with(['W', 'w']) => {
            NaiveDate::from_isoywd_opt(year, week.get(1..).filter(|week| digits(week))?.parse().ok()?, Weekday::Mon)
        }
        Some(month) if month.len() == 2 && digits(month) => NaiveDate::from_ymd_opt(year, month.parse().ok()?, 1),
        Some(_) => None,
    };
    midnight(date?)
}

/// `30d`: so long ago. A bare length of time means the past, there is nothing to find in the future.
fn age(text: &str, now: Timestamp) -> Option<Timestamp> {
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = text.split_at(split);
    let count: i64 = count.parse().ok()?;
    let now = now.utc();
    let at = match unit.trim() {
        "m" | "min" => now.checked_sub_signed(Duration::try_minutes(count)?),
        "h" => now.checked_sub_signed(Duration::try_hours(count)?),
        "d" => now.checked_sub_signed(Duration::try_days(count)?),
        "w" => now.checked_sub_signed(Duration::try_weeks(count)?),
        "mo" => now.checked_sub_months(Months::new(count.try_into().ok()?)),
        "y" => now.checked_sub_months(Months::new(u32::try_from(count).ok()?.checked_mul(12)?)),
        _ => None,
    };
    Timestamp::new(at?)
}

/// Letters of a word of a date.
const LONGEST_WORD: usize = 12;

fn english(text: &str, now: DateTime<Utc>) -> Option<Timestamp> {
    // Behind a time `interim` panics at capitals and at words that no date has.
    let lower = text.to_ascii_lowercase();
    if lower.split(|c: char| !c.is_ascii_alphabetic()).any(|word| word.len() > LONGEST_WORD) {
        return None;
    }
    // `interim` counts "last month" and the like from now; days it gives the present time of day, and a day that
    // somebody names means its beginning.
    let at = interim::parse_date_string(&lower, now, interim::Dialect::Uk).ok()?;
    let whole_day = at.time() == now.time() && !text.contains("hour") && !text.contains("min") && text != "now";
    if whole_day { midnight(NaiveDate::from_ymd_opt(at.year(), at.month(), at.day())?) } else { Timestamp::new(at) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-24T12:30:00Z".parse().unwrap() // a Tuesday
    }

    #[test]
    fn dates_as_people_write_them() {
        for (text, expected) in [
            ("2026-10-31", "2026-10-31T00:00:00Z"),
            ("2026-10", "2026-10-01T00:00:00Z"),
            ("2025", "2025-01-01T00:00:00Z"),
            ("2026-W47", "2026-11-16T00:00:00Z"),
            ("30d", "2026-10-25T12:30:00Z"),
            ("2w", "2026-11-10T12:30:00Z"),
            ("1y", "2025-11-24T12:30:00Z"),
            ("yesterday", "2026-11-23T00:00:00Z"),
            ("today", "2026-11-24T00:00:00Z"),
            ("last monday", "2026-11-23T00:00:00Z"),
            ("3 Days Ago", "2026-11-21T00:00:00Z"),
            ("3 days ago", "2026-11-21T00:00:00Z"),
            ("2 hours ago", "2026-11-24T10:30:00Z"),
            ("2026-10-31T16:00:00+02:00", "2026-10-31T14:00:00Z"),
        ] {
            assert_eq!(parse_date(text, now()).map(|at| at.to_string()), Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn until_includes_what_it_names() {
        for (text, expected) in [
            ("2026-10-31", "2026-11-01T00:00:00Z"),
            ("2026-10", "2026-11-01T00:00:00Z"),
            ("2025", "2026-01-01T00:00:00Z"),
            ("2026-W47", "2026-11-23T00:00:00Z"),
            ("1d", "2026-11-23T12:30:00Z"),
        ] {
            assert_eq!(parse_end(text, now()).map(|at| at.to_string()), Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_date_is_refused() {
        for text in [
            "",
            "nonsense",
            "2026-13",
            "2026-W60",
            "99999999999999d",
            "2026-02-30",
            "(((",
            "9999999-01-01",
            "w0A",
            "9:30 aaaaaaaaaaaaaaaa",
        ] {
            assert!(parse_date(text, now()).is_err(), "{text}");
        }
    }
}
