//! Which field of another tool's record is which of ours: `title=name,owner=author.login,tags=labels.name`.

use std::str::FromStr;

use serde_json::{Map as Object, Value};

use anyhow::{Context, Result, bail, ensure};

use crate::model::{Draft, Kind, Source, Timestamp, limit, read_strict};

/// Fields that are one text.
const TEXTS: [&str; 8] = ["title", "reason", "owner", "service", "environment", "status", "expected", "branch"];
/// Fields that are lists of texts.
const LISTS: [&str; 4] = ["tags", "files", "commits", "assumptions"];
/// Fields of their own form: points in time, the kind, addresses, and what tells a record from all others of its source.
const OTHERS: [&str; 5] = ["shipped_at", "created_at", "kind", "links", "key"];

/// Pairs of our field and the path of theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldMap {
    pairs: Vec<(String, Vec<String>)>,
}

impl FromStr for FieldMap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let pair = |pair: &str| {
            let (ours, theirs) =
                pair.split_once('=').ok_or_else(|| format!("`{pair}` has no `=`: write title=name"))?;
            let ours = ours.trim();
            if ![&TEXTS[..], &LISTS, &OTHERS].concat().contains(&ours) {
                let known = [&TEXTS[..], &LISTS, &OTHERS].concat().join(", ");
                return Err(format!("`{ours}` is not a field that can be filled; there are {known}"));
            }
            Ok((ours.to_owned(), theirs.trim().split('.').map(str::to_owned).collect()))
        };
        let pairs = text.split(',').map(pair).collect::<Result<Vec<_>, _>>()?;
        if !pairs.iter().any(|(ours, _)| ours == "title") {
            return Err("no field is the title: add title=NAME".to_owned());
        }
        Ok(Self { pairs })
    }
}

impl FieldMap {
    /// Whether a table with these columns has all that are named.
    pub(super) fn check(&self, columns: &[&str]) -> Result<(), String> {
        let missing = self.pairs.iter().map(|(_, path)| path.join(".")).find(|name| !columns.contains(&name.as_str()));
        missing.map_or(Ok(()), |name| Err(format!("there is no column `{name}`; there are {}", columns.join(", "))))
    }

    /// The draft that a record of another tool makes, from the source of this kind. Without a `key` the whole record is the
    /// key: one that says something else later is another record.
    ///
    /// # Errors
    /// A value that cannot be what it is to be: its place in the record is named.
    pub fn draft(&self, record: &Value, kind: &str) -> Result<Draft> {
        let mut fields = Object::new();
        let mut key = None;
        for (ours, path) in &self.pairs {
            let mut values = Vec::new();
            gather(record, path, &mut values);
            values.retain(|value| !value.is_null());
            let context = || format!("{ours} (from {})", path.join("."));
            match ours.as_str() {
                "key" => key = text(&values).with_context(context)?,
                name => {
                    if let Some(value) = field(name, &values).with_context(context)? {
                        fields.insert(name.to_owned(), value);
                    }
                }
            }
        }
        let mut draft: Draft = read_strict(&Value::Object(fields).to_string())?;
        let whole = || blake3::hash(record.to_string().as_bytes()).to_hex().to_string();
        draft.source = Some(Source { kind: kind.to_owned(), key: Some(key.unwrap_or_else(whole)) });
        Ok(draft)
    }
}

/// The values at a path; a list on the way stands for each of its elements.
fn gather<'v>(value: &'v Value, path: &[String], values: &mut Vec<&'v Value>) {
    match (value, path) {
        (Value::Array(elements), _) => elements.iter().for_each(|element| gather(element, path, values)),
        (_, []) => values.push(value),
        (Value::Object(fields), [first, rest @ ..]) => {
            if let Some(inner) = fields.get(first) {
                gather(inner, rest, values);
            }
        }
        _ => {}
    }
}

fn field(name: &str, values: &[&Value]) -> Result<Option<Value>> {
    if LISTS.contains(&name) {
        let texts = values.iter().map(|value| scalar(value)).collect::<Result<Vec<_>>>()?;
        let lines = texts.iter().flat_map(|text| text.lines().flat_map(|line| line.split("; "))).map(str::trim);
        let lines: Vec<_> = lines.filter(|line| !line.is_empty()).map(Value::from).collect();
        return Ok((!lines.is_empty()).then_some(Value::Array(lines)));
    }
    let Some(text) = text(values)?.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    Ok(Some(match name {
        "shipped_at" | "created_at" => point_in_time(&text)?.to_string().into(),
        // What nobody here knows is no kind of ours.
        "kind" => match text.parse::<Kind>().ok().or_else(|| Kind::from_commit_type(&text)) {
            Some(kind) => kind.as_str().into(),
            None => return Ok(None),
        },
        "links" => serde_json::json!([{ "url": text }]),
        "title" => super::first_line(&text, limit::TITLE).into(),
        _ => text.into(),
    }))
}

/// One text of all values.
fn text(values: &[&Value]) -> Result<Option<String>> {
    let texts = values.iter().map(|value| scalar(value)).collect::<Result<Vec<_>>>()?;
    Ok((!texts.is_empty()).then(|| texts.join(", ")))
}

fn scalar(value: &Value) -> Result<String> {
    Ok(match value {
        Value::String(text) => text.replace("\r\n", "\n"),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => bail!("it is an object: name a field of it, for instance author.login"),
    })
}

fn point_in_time(text: &str) -> Result<Timestamp> {
    let text = text.trim();
    let day = || format!("{text}T00:00:00Z").parse();
    // What spreadsheets write between day and time.
    let spaced = || text.replacen(' ', "T", 1).parse().or_else(|_| format!("{}Z", text.replacen(' ', "T", 1)).parse());
    let read = text.parse().or_else(|_| day()).or_else(|_| spaced());
    read.map_err(|_| anyhow::anyhow!("`{text}` is not a date: write 2026-11-20 or 2026-11-20T14:05:00Z"))
}

/// Reads a JSON record of another tool.
///
/// # Errors
/// What is no JSON, or larger than a record may be.
pub(super) fn value(text: &str, most: usize) -> Result<Value> {
    ensure!(text.len() <= most, "it has {} bytes, at most {most} are read", text.len());
    Ok(serde_json::from_str(text)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn draft(map: &str, record: &Value) -> Result<Draft> {
        map.parse::<FieldMap>().unwrap().draft(record, "csv")
    }

    #[test]
    fn paths_lead_to_texts_lists_and_dates() {
        let record = json!({
            "name": "Release 1\nmore", "author": {"login": "oncall"}, "labels": [{"name": "a"}, {"name": "b; c"}],
            "at": "2026-11-20 14:05:00", "type": "feat", "page": "https://example.com/1", "n": 7, "none": null,
        });
        let map =
            "title=name, owner=author.login,tags=labels.name,shipped_at=at,kind=type,links=page,key=n,reason=none";
        let draft = draft(map, &record).unwrap();
        assert_eq!(draft.title.as_deref(), Some("Release 1"));
        assert_eq!((draft.owner.as_deref(), draft.reason), (Some("oncall"), None));
        assert_eq!(draft.tags, ["a", "b", "c"]);
        assert_eq!(draft.shipped_at.unwrap().to_string(), "2026-11-20T14:05:00Z");
        assert_eq!((draft.kind, draft.links[0].url.as_str()), (Some(Kind::Feature), "https://example.com/1"));
        assert_eq!(draft.source, Some(Source { kind: "csv".into(), key: Some("7".into()) }));
    }

    #[test]
    fn without_a_key_the_record_is_its_own() {
        let key = |record: Value| draft("title=t", &record).unwrap().source.unwrap().key;
        assert_eq!(key(json!({"t": "a", "u": 1})), key(json!({"t": "a", "u": 1})));
        assert_ne!(key(json!({"t": "a", "u": 1})), key(json!({"t": "a", "u": 2})));
    }

    #[test]
    fn what_is_wrong_names_the_field() {
        for (map, expected) in
            [("title", "has no `=`"), ("owner=a", "no field is the title"), ("title=a,ownr=b", "`ownr` is not a field")]
        {
            assert!(map.parse::<FieldMap>().unwrap_err().contains(expected), "{map}");
        }
        for (map, expected) in [
            ("title=a,owner=b", "owner (from b): it is an object"),
            ("title=a,shipped_at=c", "shipped_at (from c): `soon` is not a date"),
            ("title=a,status=c", "status"),
        ] {
            let record = json!({"a": "x", "b": {"c": 1}, "c": "soon"});
            let error = format!("{:#}", draft(map, &record).unwrap_err());
            assert!(error.contains(expected), "{error}");
        }
    }
}
