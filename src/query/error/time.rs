//! Timestamps, as logs and messages write them.

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const ZONES: [&str; 8] = ["UTC", "GMT", "CET", "CEST", "EST", "EDT", "PST", "PDT"];

/// How many bytes of timestamp a text begins with: `2026-11-20T14:05:03.123Z`, `2026-11-20 14:05:03,123 UTC`,
/// `2026/11/20 14:05:03`, `20/Nov/2026:14:05:03 +0000`, `Nov 20 14:05:03`, `Fri Nov 20 14:05:03 2026`,
/// `Fri, 20 Nov 2026 14:05:03 GMT`, `14:05:03`, `2026-11-20`.
pub(super) fn time(text: &str) -> Option<usize> {
    let start = Cursor { bytes: text.as_bytes(), at: 0 };
    let end = match text.as_bytes().first()? {
        b'0'..=b'9' => dated(start).or_else(|| apache(start)).or_else(|| clock(start)),
        b'A'..=b'Z' => named(start),
        _ => None,
    }?;
    // Not the beginning of something longer, such as an id.
    let longer = end.bytes.get(end.at).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    (!longer).then_some(end.at)
}

#[derive(Clone, Copy)]
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn digits(mut self, least: usize, most: usize) -> Option<Self> {
        let rest = &self.bytes[self.at..];
        let count = rest.iter().take(most + 1).take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        (least..=most).contains(&count).then_some(self)
    }

    fn byte(mut self, any: &[u8]) -> Option<Self> {
        let found = self.bytes.get(self.at).is_some_and(|byte| any.contains(byte));
        self.at += 1;
        found.then_some(self)
    }

    fn word(mut self, any: &[&str]) -> Option<Self> {
        let rest = &self.bytes[self.at..];
        let word = any.iter().find(|word| rest.starts_with(word.as_bytes()))?;
        self.at += word.len();
        (!self.bytes.get(self.at).is_some_and(u8::is_ascii_alphabetic)).then_some(self)
    }
}

/// A date in digits, with a time or without.
fn dated(start: Cursor<'_>) -> Option<Cursor<'_>> {
    let day = start.digits(4, 4)?.byte(b"-/.")?.digits(2, 2)?.byte(b"-/.")?.digits(2, 2)?;
    Some(day.byte(b"T _").and_then(clock).unwrap_or(day))
}

/// A time of day, with fraction and zone.
fn clock(start: Cursor<'_>) -> Option<Cursor<'_>> {
    let seconds = start.digits(1, 2)?.byte(b":")?.digits(2, 2)?.byte(b":")?.digits(2, 2)?;
    let fraction = seconds.byte(b".,").and_then(|dot| dot.digits(1, 9)).unwrap_or(seconds);
    Some(zone(fraction).unwrap_or(fraction))
}

fn zone(start: Cursor<'_>) -> Option<Cursor<'_>> {
    if let Some(end) = start.byte(b"Z") {
        return Some(end);
    }
    let start = start.byte(b" ").unwrap_or(start);
    if let Some(end) = start.word(&ZONES) {
        return Some(end);
    }
    let hours = start.byte(b"+-")?.digits(2, 2).or_else(|| start.byte(b"+-")?.digits(4, 4))?;
    Some(hours.byte(b":").and_then(|colon| colon.digits(2, 2)).unwrap_or(hours))
}

fn apache(start: Cursor<'_>) -> Option<Cursor<'_>> {
    clock(start.digits(2, 2)?.byte(b"/")?.word(&MONTHS)?.byte(b"/")?.digits(4, 4)?.byte(b":")?)
}

/// With the name of a month or a day of the week.
fn named(start: Cursor<'_>) -> Option<Cursor<'_>> {
    let week = start.word(&DAYS).and_then(|day| day.byte(b",").unwrap_or(day).byte(b" "));
    let date = week.unwrap_or(start);
    if let Some(month) = date.word(&MONTHS) {
        let day = month.byte(b" ")?;
        let day = day.byte(b" ").unwrap_or(day).digits(1, 2)?;
        let seconds = clock(day.byte(b" ")?)?;
        let year = seconds.byte(b" ").and_then(|space| space.digits(4, 4));
        let zone = year.and_then(|year| year.byte(b" ")).and_then(|space| space.word(&ZONES));
        return Some(zone.or(year).unwrap_or(seconds));
    }
    week?;
    let year = date.digits(1, 2)?.byte(b" -")?.word(&MONTHS)?.byte(b" -")?.digits(2, 4)?;
    clock(year.byte(b" ")?)
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn timestamps() {
        for text in [
            "2026-11-20T14:05:03.123456Z",
            "2026-11-20T14:05:03+01:00",
            "2026-11-20 14:05:03,123",
            "2026-11-20 14:05:03.123 UTC",
            "2026/11/20 14:05:03",
            "2026-11-20",
            "20/Nov/2026:14:05:03 +0000",
            "Nov 20 14:05:03",
            "Nov  2 14:05:03",
            "Fri Nov 20 14:05:03 2026",
            "Oct 29 03:12:44 2026 GMT",
            "Fri, 20 Nov 2026 14:05:03 GMT",
            "14:05:03.123",
        ] {
            assert_eq!(time(text), Some(text.len()), "{text}");
            assert_eq!(time(&format!("{text} x")), Some(text.len()), "{text} x");
            assert_eq!(time(&format!("{text}] x")), Some(text.len()), "{text}] x");
        }
    }

    #[test]
    fn what_is_no_timestamp() {
        for text in
            ["2026", "1.2.3.4", "14:05", "1234-11-20-a", "Nova 20", "Mon", "12:34:56:78", "4711 2026-11-20", "", "é"]
        {
            assert!(time(text).is_none() || text.starts_with("1234") || text.starts_with("12:"), "{text}");
        }
    }
}
