//! The rows that wait for one table: few of them go in one INSERT, which is one question to the server; many by COPY
//! (<https://www.postgresql.org/docs/15/sql-copy.html>, text format).

use std::error::Error;
use std::io::Write as _;

use anyhow::Result;
use postgres::Client;
use postgres::binary_copy::BinaryCopyInWriter;
use postgres::types::private::BytesMut;
use postgres::types::{Format, IsNull, ToSql, Type};

use super::rows::TextRow;
use super::vector::Vector;

/// Rows that one INSERT takes.
const FEW: usize = 40;

/// Rows of a table, each value as text.
pub(super) struct Table {
    pub(super) name: &'static str,
    columns: String,
    few: Vec<TextRow>,
    /// The rows behind those, as COPY reads them.
    text: String,
}

impl Table {
    pub(super) fn new(name: &'static str, columns: &str) -> Self {
        Self { name, columns: columns.to_owned(), few: Vec::new(), text: String::new() }
    }

    /// Takes a row; returns how many bytes it has.
    pub(super) fn push(&mut self, row: &[Option<String>]) -> usize {
        if self.few.len() < FEW && self.text.is_empty() {
            self.few.push(row.to_vec());
            return row.iter().flatten().map(String::len).sum();
        }
        let before = self.text.len();
        push_line(&mut self.text, row);
        self.text.len() - before
    }

    /// Sends the rows.
    pub(super) fn send(self, client: &mut Client) -> Result<()> {
        if self.text.is_empty() { self.insert(client) } else { self.copy(client) }
    }

    fn insert(&self, client: &mut Client) -> Result<()> {
        let mut place = 0;
        let mut next = || {
            place += 1;
            format!("${place}")
        };
        let row = |row: &TextRow| format!("({})", row.iter().map(|_| next()).collect::<Vec<_>>().join(", "));
        let rows: Vec<String> = self.few.iter().map(row).collect();
        let sql = format!("INSERT INTO {} ({}) VALUES {}", self.name, self.columns, rows.join(", "));
        let values: Vec<Spelt<'_>> = self.few.iter().flatten().map(|value| Spelt(value.as_deref())).collect();
        let bound: Vec<(&(dyn ToSql + Sync), Type)> =
            values.iter().map(|value| (value as &(dyn ToSql + Sync), Type::UNKNOWN)).collect();
        client.execute_typed(&sql, &bound)?;
        Ok(())
    }

    fn copy(&self, client: &mut Client) -> Result<()> {
        let mut first = String::new();
        self.few.iter().for_each(|row| push_line(&mut first, row));
        let mut writer = client.copy_in(&format!("COPY {} ({}) FROM STDIN", self.name, self.columns))?;
        for text in [&first, &self.text] {
            writer.write_all(text.as_bytes()).map_err(as_database)?;
        }
        writer.finish()?;
        Ok(())
    }
}

/// Rows of the full-text index.
#[derive(Default)]
pub(super) struct Texts {
    nums: Vec<i64>,
    vectors: Vec<Vector>,
}

impl Texts {
    pub(super) fn push(&mut self, num: i64, vector: Vector) {
        self.nums.push(num);
        self.vectors.push(vector);
    }

    /// Sends the rows.
    pub(super) fn send(self, client: &mut Client) -> Result<()> {
        if self.nums.is_empty() {
            return Ok(());
        }
        if self.nums.len() <= FEW {
            let sql = "INSERT INTO change_text (num, words) SELECT * FROM unnest($1, $2)";
            client.execute_typed(sql, &[(&self.nums, Type::INT8_ARRAY), (&self.vectors, Type::TS_VECTOR_ARRAY)])?;
            return Ok(());
        }
        let writer = client.copy_in("COPY change_text (num, words) FROM STDIN (FORMAT binary)")?;
        let mut writer = BinaryCopyInWriter::new(writer, &[Type::INT8, Type::TS_VECTOR]);
        for (num, vector) in self.nums.iter().zip(&self.vectors) {
            writer.write(&[num, vector])?;
        }
        writer.finish()?;
        Ok(())
    }
}

/// A value as text, of whatever type the server finds for its place.
#[derive(Debug)]
struct Spelt<'v>(Option<&'v str>);

impl ToSql for Spelt<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        Ok(match self.0 {
            None => IsNull::Yes,
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                IsNull::No
            }
        })
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    postgres::types::to_sql_checked!();
}

/// The client hands its own errors through as those of a file.
fn as_database(error: std::io::Error) -> anyhow::Error {
    match error.downcast::<postgres::Error>() {
        Ok(error) => error.into(),
        Err(error) => error.into(),
    }
}

fn push_line(text: &mut String, row: &[Option<String>]) {
    for (place, value) in row.iter().enumerate() {
        if place > 0 {
            text.push('\t');
        }
        match value {
            None => text.push_str("\\N"),
            Some(value) => push_escaped(text, value),
        }
    }
    text.push('\n');
}

fn push_escaped(text: &mut String, value: &str) {
    let mut rest = value;
    while let Some(at) = rest.find(['\\', '\t', '\n', '\r']) {
        text.push_str(&rest[..at]);
        text.push_str(match rest.as_bytes()[at] {
            b'\\' => "\\\\",
            b'\t' => "\\t",
            b'\n' => "\\n",
            _ => "\\r",
        });
        rest = &rest[at + 1..];
    }
    text.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_escaped() {
        let mut text = String::new();
        push_line(&mut text, &[Some("a\tb\\c\r\n".to_owned()), None]);
        assert_eq!(text, "a\\tb\\\\c\\r\\n\t\\N\n");
    }
}
