//! JSON Lines, values one behind the other, or one array.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read as _};

use anyhow::{Context, Result};
use memchr::memmem;
use serde::Deserialize;
use serde::de::{SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::map::{self, FieldMap};
use crate::model::{Draft, RUNBOOK_SCHEMA, Runbook, limit, read_strict};

/// Calls `each` with every change of the input and its place, from 1, and `runbook` with every runbook. Reads as it goes:
/// memory holds one record.
///
/// # Errors
/// Input that is not JSON, a record that is no draft (its place, path and rule are named), and what `each` returns.
pub fn read(
    input: impl BufRead,
    each: &mut dyn FnMut(u64, Draft) -> Result<()>,
    runbook: &mut dyn FnMut(u64, Runbook) -> Result<()>,
) -> Result<()> {
    read_as(&record_of, input, &mut |place, record| match record {
        Record::Change(draft) => each(place, *draft),
        Record::Runbook(read) => runbook(place, *read),
    })
}

/// The same for records of another tool: `map` says which field is which, and `kind` names the source.
///
/// # Errors
/// As [`read`].
pub fn read_mapped(
    input: impl BufRead,
    map: &FieldMap,
    kind: &str,
    each: &mut dyn FnMut(u64, Draft) -> Result<()>,
) -> Result<()> {
    read_as(&|text| map.draft(&map::value(text, limit::INPUT)?, kind), input, each)
}

/// Reads a record.
type ReadRecord<'r, T> = dyn Fn(&str) -> Result<T> + 'r;

/// Takes a record and its place.
type Each<'e, T> = dyn FnMut(u64, T) -> Result<()> + 'e;

/// What a line of our own may hold.
enum Record {
    Change(Box<Draft>),
    Runbook(Box<Runbook>),
}

fn read_as<T>(read: &ReadRecord<'_, T>, mut input: impl BufRead, each: &mut Each<'_, T>) -> Result<()> {
    let first = first_byte(&mut input)?;
    let mut place = 0;
    if first == Some(b'[') {
        let mut failure = None;
        let mut record = |raw: &RawValue| {
            place += 1;
            record(read, place, raw, each)
        };
        let mut json = serde_json::Deserializer::from_reader(input);
        let whole =
            serde::Deserializer::deserialize_seq(&mut json, Records { each: &mut record, failure: &mut failure });
        return match failure {
            Some(error) => Err(error),
            None => Ok(whole.and_then(|()| json.end()).context("it is not valid JSON")?),
        };
    }
    let (lines, begun) = lines(read, &mut input, each, &mut place)?;
    // Line breaks for what was read: an error names its line.
    let rest = io::repeat(b'\n').take(lines).chain(begun.as_slice()).chain(input);
    for raw in serde_json::Deserializer::from_reader(BufReader::new(rest)).into_iter::<Box<RawValue>>() {
        place += 1;
        record(read, place, &raw.context("it is not valid JSON")?, each)?;
    }
    Ok(())
}

/// Reads lines as long as each is one record, which is quicker than to look for where a value ends. Returns how many there
/// were, and the one that is something else.
fn lines<T>(
    read: &ReadRecord<'_, T>,
    input: &mut impl BufRead,
    each: &mut Each<'_, T>,
    place: &mut u64,
) -> Result<(u64, Vec<u8>)> {
    let mut line = Vec::new();
    for lines in 0.. {
        line.clear();
        input.by_ref().take(limit::INPUT as u64).read_until(b'\n', &mut line).context("it cannot be read")?;
        let Some(draft) = str::from_utf8(&line).ok().and_then(|line| read(line).ok()) else {
            return Ok((lines, line));
        };
        *place += 1;
        each(*place, draft)?;
    }
    Ok((0, line))
}

/// The first byte that is no white space, still unread; a byte order mark is passed over.
fn first_byte(input: &mut impl BufRead) -> Result<Option<u8>> {
    loop {
        let buffer = input.fill_buf().context("it cannot be read")?;
        if buffer.is_empty() {
            return Ok(None);
        }
        let blank =
            buffer.iter().take_while(|byte| byte.is_ascii_whitespace() || b"\xef\xbb\xbf".contains(byte)).count();
        match buffer.get(blank) {
            Some(byte) => {
                let byte = *byte;
                input.consume(blank);
                return Ok(Some(byte));
            }
            None => input.consume(blank),
        }
    }
}

fn record<T>(read: &ReadRecord<'_, T>, place: u64, raw: &RawValue, each: &mut Each<'_, T>) -> Result<()> {
    each(place, read(raw.get()).with_context(|| format!("record {place}"))?)
}

fn record_of(text: &str) -> Result<Record> {
    anyhow::ensure!(text.len() <= limit::INPUT, "it has {} bytes, at most {} are read", text.len(), limit::INPUT);
    // Nearly every record is a change, and nearly none names the other form.
    let may_be_runbook = memmem::find(text.as_bytes(), RUNBOOK_SCHEMA.as_bytes()).is_some();
    if may_be_runbook && serde_json::from_str::<Named>(text).is_ok_and(|named| named.schema == RUNBOOK_SCHEMA) {
        return Ok(Record::Runbook(Box::new(serde_json::from_str(text)?)));
    }
    Ok(Record::Change(Box::new(read_strict(text)?)))
}

/// The form that a record says it has.
#[derive(Deserialize)]
struct Named {
    schema: String,
}

/// The elements of an array, handed on one by one.
struct Records<'a> {
    each: &'a mut dyn FnMut(&RawValue) -> Result<()>,
    /// What `each` returned, which a deserializer could only pass on as text.
    failure: &'a mut Option<anyhow::Error>,
}

impl<'de> Visitor<'de> for Records<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of changes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(raw) = seq.next_element::<Box<RawValue>>()? {
            if let Err(error) = (self.each)(&raw) {
                *self.failure = Some(error);
                return Err(serde::de::Error::custom("a record was refused"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(text: &str) -> Result<Vec<String>> {
        let mut titles = Vec::new();
        read(
            text.as_bytes(),
            &mut |place, draft| {
                titles.push(format!("{place} {}", draft.title.unwrap_or_default()));
                Ok(())
            },
            &mut |_, _| Ok(()),
        )?;
        Ok(titles)
    }

    #[test]
    fn lines_values_and_arrays_are_read() {
        let expected = ["1 a", "2 b"];
        for text in [
            "{\"title\": \"a\"}\n{\"title\": \"b\"}\n",
            "\u{feff}{\"title\": \"a\"}\r\n\r\n{\"title\": \"b\"}",
            "{\n  \"title\": \"a\"\n} {\"title\": \"b\"}",
            "{\"title\": \"a\"}\n{\n\"title\": \"b\"}\n\n",
            "{\"title\": \"a\"} {\"title\": \"b\"}\n",
            " [{\"title\": \"a\"}, {\"title\": \"b\"}]\n",
        ] {
            assert_eq!(titles(text).unwrap(), expected, "{text}");
        }
        assert_eq!(titles("").unwrap(), [""; 0]);
        assert_eq!(titles("[]").unwrap(), [""; 0]);
    }

    #[test]
    fn what_is_refused_names_the_record() {
        let deep = format!("{{\"title\": \"a\", \"checks\": {}", "[".repeat(100_000));
        for (text, expected) in [
            ("{\"title\": \"a\"}\n{\"title\": \"b\", \"ownr\": 1}", "record 2: ownr: is not a field"),
            ("[{\"title\": \"a\"}, {\"title\": 1}]", "record 2: title: invalid type"),
            ("[{\"title\": \"a\"}] x", "not valid JSON"),
            ("[{\"title\": \"a\"}", "not valid JSON"),
            ("nonsense", "not valid JSON"),
            ("{\"title\": \"a\"}\n{\"title\": \"b\"}\n{\"title\" \"c\"}", "line 3 column 10"),
            (&deep, "not valid JSON"),
        ] {
            let error = format!("{:#}", titles(text).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn what_the_reader_of_records_returns_comes_back() {
        for text in ["[{\"title\": \"a\"}]", "{\"title\": \"a\"}"] {
            let error = read(text.as_bytes(), &mut |_, _| anyhow::bail!("full"), &mut |_, _| Ok(())).unwrap_err();
            assert_eq!(error.to_string(), "full");
        }
    }
}
