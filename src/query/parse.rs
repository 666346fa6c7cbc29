//! Query text to [`Expr`].
//!
//! Words are AND; `"phrases"`; `NOT` before a term or `-` at its beginning; `*` at the end of a word. Whatever else is
//! typed is searched as it is: nobody should have to learn a grammar to paste an error message.

use super::Expr;
use super::analyze::{Found, Token, scan};

/// Words a query may have, the parts of phrases and identifiers counted each.
const MOST_TERMS: usize = 64;

/// Why a query was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct QueryError(String);

/// Reads a query.
///
/// ```
/// use shipnote::query::{Expr, parse};
///
/// let phrase = |stems: &[&str]| Expr::Phrase(stems.iter().map(|stem| stem.to_string()).collect());
/// assert_eq!(parse("get_user NOT retries"), Ok(Expr::All(vec![
///     phrase(&["get", "user"]),
///     Expr::Not(Box::new(phrase(&["retri"]))),
/// ])));
/// ```
///
/// # Errors
/// More than 64 words.
pub fn parse(text: &str) -> Result<Expr, QueryError> {
    let mut parts = Vec::new();
    let mut terms = 0;
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (negated, behind) = negations(rest);
        let (expr, behind) = term(behind, &mut terms);
        if terms > MOST_TERMS {
            return Err(too_many());
        }
        parts.extend(expr.map(|expr| if negated { Expr::Not(Box::new(expr)) } else { expr }));
        rest = behind.trim_start();
    }
    Ok(match parts.len() {
        0 => Expr::Nothing,
        1 => parts.swap_remove(0),
        _ => Expr::All(parts),
    })
}

fn too_many() -> QueryError {
    QueryError(format!("the query has more than {MOST_TERMS} words: leave some out, or search for the rarest ones"))
}

/// Takes `NOT` and `-` off the beginning; whether what follows is negated. A `NOT` with nothing behind it is a word, and
/// so is what begins with `--`: people search for options of commands.
fn negations(mut rest: &str) -> (bool, &str) {
    let mut negated = false;
    loop {
        let behind_not =
            rest.strip_prefix("NOT").filter(|behind| behind.starts_with(char::is_whitespace)).map(str::trim_start);
        let behind_dash = rest.strip_prefix('-').filter(|behind| {
            behind.starts_with('"') || behind.starts_with(|c: char| !c.is_whitespace() && !c.is_ascii_punctuation())
        });
        match behind_not.filter(|behind| !behind.is_empty()).or(behind_dash) {
            Some(behind) => (negated, rest) = (!negated, behind),
            None => return (negated, rest),
        }
    }
}

/// Reads a phrase or a word off the beginning of `rest`; gives nothing for punctuation.
fn term<'t>(rest: &'t str, terms: &mut usize) -> (Option<Expr>, &'t str) {
    if let Some((phrase, behind)) = rest.strip_prefix('"').and_then(|open| open.split_once('"')) {
        return (words(phrase, false, terms), behind);
    }
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (word, behind) = rest.split_at(end);
    let stem = word.trim_end_matches('*');
    let prefix = stem.len() < word.len();
    (words(stem, prefix, terms), behind)
}

/// The expression of a phrase, a word, or an identifier; with `prefix`, of the beginning of one.
fn words(text: &str, prefix: bool, terms: &mut usize) -> Option<Expr> {
    let mut apart: Vec<Token> = Vec::new();
    let mut whole: Vec<Token> = Vec::new();
    scan(text, &mut |found, token| {
        // No need to keep what will be refused.
        if *terms > MOST_TERMS {
            return;
        }
        if found == Found::Part {
            *terms += 1;
            apart.push(token.into());
        } else {
            whole.retain(|part| part.start < token.start);
        }
        whole.push(token.into());
    });
    // The `*` belongs to a word only when it stands at one.
    let prefix = prefix && apart.last().is_some_and(|last| last.end == text.len());
    let whole = (whole != apart).then(|| expr(whole, prefix));
    match (expr(apart, prefix), whole.flatten()) {
        (Some(apart), Some(whole)) => Some(Expr::Any(vec![apart, whole])),
        (one, other) => one.or(other),
    }
}

fn expr(mut tokens: Vec<Token>, prefix: bool) -> Option<Expr> {
    let last = if prefix { tokens.pop() } else { None };
    let stems: Vec<String> = tokens.into_iter().map(|token| token.stem).collect();
    match last {
        Some(last) => Some(Expr::Prefix { stems, prefix: last.surface }),
        None => (!stems.is_empty()).then_some(Expr::Phrase(stems)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An expression in a line: `a.b` a phrase, `!x` not, `(x|y)` any.
    fn show(expr: &Expr) -> String {
        let join = |parts: &[Expr], by: &str| parts.iter().map(show).collect::<Vec<_>>().join(by);
        match expr {
            Expr::All(parts) => join(parts, " "),
            Expr::Any(parts) => format!("({})", join(parts, "|")),
            Expr::Not(part) => format!("!{}", show(part)),
            Expr::Phrase(stems) => stems.join("."),
            Expr::Prefix { stems, prefix } if stems.is_empty() => format!("{prefix}*"),
            Expr::Prefix { stems, prefix } => format!("{}&{prefix}*", stems.join(".")),
            Expr::Nothing => "-".to_owned(),
        }
    }

    fn read(text: &str) -> String {
        show(&parse(text).unwrap())
    }

    #[test]
    fn the_grammar() {
        for (text, expected) in [
            ("slow orders", "slow order"),
            ("  slow \t\n orders ", "slow order"),
            ("\"slow orders\" api", "slow.order api"),
            ("timeout NOT retries", "timeout !retri"),
            ("NOT \"read timeout\"", "!read.timeout"),
            ("timeout -retries -\"read timed\"", "timeout !retri !read.time"),
            ("NOT NOT timeout", "timeout"),
            ("time*", "time*"),
            ("get_us*", "get&us*"),
            ("Café*", "cafe*"),
            ("retries*", "retries*"),
            ("get_user_by_id", "get.user.by.id"),
            ("src/orders/api.py", "src.order.api.py"),
            ("ReadTimeout", "(read.timeout|readtimeout)"),
            ("api/FastAPI.py", "(api.fast.api.py|api.fastapi.py)"),
            ("ReadTime*", "(read&time*|readtime*)"),
            ("-ReadTimeout", "!(read.timeout|readtimeout)"),
            ("-get_user", "!get.user"),
            ("\"FastAPI server\"", "(fast.api.server|fastapi.server)"),
            ("東京*", "東&京*"),
            ("\"a b\"c", "a.b c"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn everything_else_is_literal() {
        for (text, expected) in [
            ("\"", "-"),
            ("\"abc", "abc"),
            ("NEAR(", "near"),
            ("AND", "and"),
            ("OR", "or"),
            ("NOT", "not"),
            ("a NOT", "a not"),
            ("not a", "not a"),
            ("NOT ***", "-"),
            ("*", "-"),
            ("*a", "a"),
            ("^", "-"),
            ("a-b", "a.b"),
            ("x:y", "x.y"),
            ("a'b", "a.b"),
            ("-a", "!a"),
            ("-", "-"),
            ("--max-time", "max.time"),
            ("- a", "a"),
            ("", "-"),
            ("(((", "-"),
            ("(a OR b)", "a or b"),
            ("src/*", "src"),
            ("\"\"", "-"),
            ("\"a*\"", "a"),
            ("a\"b c\"", "a.b c"),
            ("\u{1F680}", "-"),
            ("; DROP TABLE change; --", "drop tabl chang"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn more_than_64_words_are_refused_with_what_to_do() {
        assert!(parse(&"word ".repeat(64)).is_ok());
        for text in ["word ".repeat(65), "a/".repeat(65), format!("\"{}\"", "a ".repeat(65)), "a ".repeat(1_000_000)] {
            assert!(parse(&text).unwrap_err().to_string().contains("leave some out"));
        }
        assert_eq!(parse(&"(".repeat(1_000_000)), Ok(Expr::Nothing));
    }

    fn well_formed(expr: &Expr) -> bool {
        match expr {
            Expr::All(parts) | Expr::Any(parts) => parts.len() > 1 && parts.iter().all(well_formed),
            Expr::Not(part) => **part != Expr::Nothing && well_formed(part),
            Expr::Phrase(stems) => !stems.is_empty() && stems.iter().all(|stem| !stem.is_empty()),
            Expr::Prefix { prefix, .. } => !prefix.is_empty(),
            Expr::Nothing => true,
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_query(text in any::<String>()) {
            if let Ok(expr) = parse(&text) {
                prop_assert!(well_formed(&expr), "{:?}", expr);
            }
        }

        #[test]
        fn text_of_grammar_is_a_query(text in "([-\"*a-cA-C. ]|NOT |é|京){0,30}") {
            let expr = parse(&text);
            prop_assert!(expr.is_ok_and(|expr| well_formed(&expr)));
        }
    }
}
