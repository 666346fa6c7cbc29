//! The full-text index: how texts go into it, and how an expression asks it.
//!
//! A field is indexed as the terms that `query` keeps of it ([`index_terms`]): its stems, in order, a [`GAP`] where two do
//! not stand next to each other; a surface form has a [`SURFACE`] in front. Neither mark can be part of a token.

use std::collections::HashSet;

use rusqlite::{Connection, Result};

use super::super::words::{self, Language, Match};
use crate::query::{Expr, Field, Term, analyze, can_be_misspelt, index_terms, weight};

const GAP: &str = "¶";
pub(super) const SURFACE: &str = "·";

/// Words of one transaction that are remembered, so that an import does not look each up again and again.
const MOST_KNOWN: usize = 500_000;

/// The index of changes.
pub(super) const CHANGES: &str = "change_text";
/// The index of runbooks, of the same columns.
pub(super) const RUNBOOKS: &str = "runbook_text";

/// The columns of an index, in the order of [`Field::ALL`].
fn column(field: Field) -> &'static str {
    match field {
        Field::Title => "title",
        Field::Reason => "reason",
        Field::Error => "error",
        Field::Command => "command",
        Field::File => "file",
        Field::Context => "context",
    }
}

/// What is indexed of a change.
pub(super) struct Indexed {
    /// One text per column.
    pub(super) texts: Vec<String>,
    /// Its words that are new, for `word`.
    pub(super) words: HashSet<String>,
}

/// What to index of a change by the texts of its fields; `known` are words that need not be named.
pub(super) fn indexed(fields: &[Vec<&str>], known: &HashSet<String>) -> Indexed {
    let mut words = HashSet::new();
    let texts = fields.iter().map(|texts| index_text(texts, known, &mut words)).collect();
    Indexed { texts, words }
}

fn index_text(texts: &[&str], known: &HashSet<String>, words: &mut HashSet<String>) -> String {
    let mut line = String::new();
    each_term(texts, &mut |term, surface| {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(term);
        if let Some(surface) = surface
            && !known.contains(surface)
            && can_be_misspelt(surface)
            && !words.contains(surface)
        {
            words.insert(surface.to_owned());
        }
    });
    line
}

/// Calls `each` with every term of a field in order of its places, and with how a word stands in the text.
pub(super) fn each_term(texts: &[&str], each: &mut impl FnMut(&str, Option<&str>)) {
    // Surface forms stand behind all stems: between two of them they would part a phrase.
    let mut surfaces = String::new();
    index_terms(texts, &mut |term| match term {
        Term::Word { stem, surface } => each(stem, Some(surface)),
        Term::Gap => each(GAP, None),
        Term::Surface(surface) => [" ", SURFACE, surface].iter().for_each(|part| surfaces.push_str(part)),
    });
    surfaces.split_ascii_whitespace().for_each(|surface| each(surface, None));
}

pub(super) fn insert(connection: &Connection, table: &str, num: i64, texts: &[String]) -> Result<()> {
    let sql = format!(
        "INSERT INTO {table} (rowid, title, reason, error, command, file, context) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let [title, reason, error, command, file, context] = texts else {
        unreachable!("a change has as many indexed texts as the index has columns");
    };
    statement.execute((num, title, reason, error, command, file, context))?;
    Ok(())
}

/// Adds the words of a change to the ones that are known; `known` holds those of this transaction.
pub(super) fn insert_words(
    connection: &Connection,
    words: HashSet<String>,
    known: &mut HashSet<String>,
) -> anyhow::Result<()> {
    if words.is_empty() {
        return Ok(());
    }
    // Nearly all of them are there: asked for at once, they cost a tenth of as many inserts.
    let sql = "SELECT value FROM json_each(?1) WHERE value NOT IN (SELECT surface FROM word)";
    let mut unknown = connection.prepare_cached(sql)?;
    let mut insert = connection.prepare_cached("INSERT OR IGNORE INTO word (surface) VALUES (?1)")?;
    let unknown = unknown.query_map([serde_json::to_string(&words)?], |row| row.get::<_, String>(0))?;
    for word in unknown.collect::<Result<Vec<_>>>()? {
        insert.execute([word])?;
    }
    if known.len() < MOST_KNOWN {
        known.extend(words);
    }
    Ok(())
}

pub(super) fn delete(connection: &Connection, table: &str, num: i64) -> Result<()> {
    connection.prepare_cached(&format!("DELETE FROM {table} WHERE rowid = ?1"))?.execute([num])?;
    Ok(())
}

/// `bm25(table, …)` with the weights of the fields: more negative is better.
pub(super) fn ranking(table: &str) -> String {
    let weights: Vec<_> = Field::ALL.iter().map(|field| weight(*field).to_string()).collect();
    format!("bm25({table}, {})", weights.join(", "))
}

/// The language of FTS5, with a query for the words that have a prefix. Tokens are alphanumeric by construction, so quoting
/// them is all the escaping there is.
struct Fts5<'b> {
    begins_with: &'b dyn Fn(&str) -> String,
}

impl Language for Fts5<'_> {
    fn phrase(&self, field: Option<Field>, stems: &[String]) -> String {
        within(field, &format!("\"{}\"", stems.join(" ")))
    }

    fn prefix(&self, field: Option<Field>, stems: &[String], prefix: &str) -> String {
        let prefix = (self.begins_with)(prefix);
        if stems.is_empty() {
            return within(field, &prefix);
        }
        let phrase = stems.join(" ");
        match field {
            Some(field) => both_in(field, &phrase, &prefix),
            None => {
                let fields: Vec<_> = Field::ALL.iter().map(|field| both_in(*field, &phrase, &prefix)).collect();
                format!("({})", fields.join(" OR "))
            }
        }
    }

    fn any(&self, parts: &[String]) -> String {
        joined(parts, " OR ")
    }

    fn all(&self, parts: &[String]) -> String {
        joined(parts, " AND ")
    }

    fn without(&self, wanted: &str, unwanted: &str) -> String {
        format!("({wanted}) NOT ({unwanted})")
    }
}

fn joined(parts: &[String], by: &str) -> String {
    parts.iter().map(|part| format!("({part})")).collect::<Vec<_>>().join(by)
}

/// The full-text query of an expression of words.
pub(super) fn compile(expr: &Expr) -> Match {
    compile_with(expr, &begins_with)
}

/// The same, with another query for the words that have a prefix.
pub(super) fn compile_with(expr: &Expr, begins_with: &dyn Fn(&str) -> String) -> Match {
    words::compile(expr, &Fts5 { begins_with })
}

/// The query within one field.
fn within(field: Option<Field>, query: &str) -> String {
    field.map_or_else(|| query.to_owned(), |field| format!("{{{}}} : ({query})", column(field)))
}

fn both_in(field: Field, phrase: &str, prefix: &str) -> String {
    format!("({{{}}} : (\"{phrase}\" AND ({prefix})))", column(field))
}

/// A word that begins so: by its stem, or by what stands in the text where that is another.
pub(super) fn begins_with(prefix: &str) -> String {
    format!("\"{prefix}\" * OR \"{SURFACE}{prefix}\" *")
}

/// One of these words, each of which begins with `prefix`.
pub(super) fn any_of(prefix: &str, words: &[String]) -> String {
    let mut terms = Vec::new();
    for word in words.iter().flat_map(|word| analyze(word)) {
        terms.push(match word.stem.starts_with(prefix) {
            true => format!("\"{}\"", word.stem),
            false => format!("\"{SURFACE}{}\"", word.surface),
        });
    }
    terms.sort_unstable();
    terms.dedup();
    terms.join(" OR ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(stem: &str) -> Expr {
        Expr::Phrase { field: None, stems: vec![stem.to_owned()] }
    }

    #[test]
    fn negation_is_pushed_to_where_the_index_can_say_it() {
        let not = |expr| Expr::Not(Box::new(expr));
        let either = Expr::Any(vec![word("a"), word("b")]);
        assert_eq!(compile(&either), Match::These("(\"a\") OR (\"b\")".into()));
        assert_eq!(compile(&word("a")), Match::These("\"a\"".into()));
        assert_eq!(compile(&not(word("a"))), Match::AllBut("\"a\"".into()));
        assert_eq!(compile(&not(not(word("a")))), Match::These("\"a\"".into()));
        assert_eq!(compile(&not(Expr::Nothing)), Match::Everything);
        let mixed = Expr::All(vec![word("a"), not(word("b")), word("c")]);
        assert_eq!(compile(&mixed), Match::These("((\"a\") AND (\"c\")) NOT ((\"b\"))".into()));
        assert_eq!(compile(&Expr::All(vec![word("a"), Expr::Nothing])), Match::Nothing);
    }
}
