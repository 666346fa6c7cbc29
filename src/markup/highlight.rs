//! Code as HTML with its parts in classes: a dozen of them, coloured by the style sheet of the pages.
//!
//! A lexer here never knows a language well; it has to be quick, to lose nothing and to be right about what people look for
//! in a command. Whatever it reads, the text of the result is the text that came in.

mod generic;
mod shell;

use super::html::SafeHtml;
use super::visible::visible;

/// What a part of a piece of code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Plain,
    /// The program that is run.
    Command,
    /// `--flag`; a key in data.
    Flag,
    Text,
    Variable,
    Comment,
    Operator,
    Number,
    /// A path or an address.
    Path,
    /// `<name>`, `{id}`: to be filled in.
    Placeholder,
    Keyword,
    /// What stands before a command on a terminal.
    Prompt,
    /// What a command printed.
    Output,
}

impl Class {
    /// Its name in the style sheet.
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Command => "t-command",
            Self::Flag => "t-flag",
            Self::Text => "t-text",
            Self::Variable => "t-variable",
            Self::Comment => "t-comment",
            Self::Operator => "t-operator",
            Self::Number => "t-number",
            Self::Path => "t-path",
            Self::Placeholder => "t-placeholder",
            Self::Keyword => "t-keyword",
            Self::Prompt => "t-prompt",
            Self::Output => "t-output",
        }
    }
}

/// A language that can be told into parts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Language {
    Shell,
    /// Commands behind a prompt, and what they printed.
    Console,
    Other(&'static generic::Rules),
}

impl Language {
    /// The language of a fence, by its first word.
    pub(super) fn of(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "sh" | "bash" | "shell" | "zsh" => Some(Self::Shell),
            "console" | "shell-session" | "terminal" => Some(Self::Console),
            name => generic::rules(name).map(Self::Other),
        }
    }
}

/// A command line, or several, as a person would type them.
pub fn shell(code: &str) -> SafeHtml {
    highlight(code, Language::Shell)
}

/// Code of a language.
pub(super) fn highlight(code: &str, language: Language) -> SafeHtml {
    let code = visible(code);
    let mut out = Parts::new(&code);
    match language {
        Language::Shell => shell::read(&code, &mut out),
        Language::Console => shell::read_session(&code, &mut out),
        Language::Other(rules) => generic::read(&code, rules, &mut out),
    }
    out.finish()
}

/// The parts of a text, written one after the other: each ends where the next begins, so nothing can be lost.
struct Parts<'a> {
    text: &'a str,
    out: String,
    done: usize,
    /// The class of what is not written yet, and where it began.
    class: Class,
    start: usize,
}

impl<'a> Parts<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, out: String::with_capacity(text.len() * 2), done: 0, class: Class::Plain, start: 0 }
    }

    /// Everything up to `end` that has no class yet is of this one. `end` that lies behind, or inside a character, is moved.
    fn upto(&mut self, end: usize, class: Class) {
        let mut end = end.clamp(self.done, self.text.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        if end == self.done {
            return;
        }
        if class != self.class {
            self.flush();
            self.class = class;
        }
        self.done = end;
    }

    fn flush(&mut self) {
        let text = &self.text[self.start..self.done];
        self.start = self.done;
        if text.is_empty() {
            return;
        }
        // White space has no colour.
        if self.class == Class::Plain || text.bytes().all(|byte| byte.is_ascii_whitespace()) {
            escape(text, &mut self.out);
            return;
        }
        self.out.extend(["<span class=\"", self.class.name(), "\">"]);
        escape(text, &mut self.out);
        self.out.push_str("</span>");
    }

    fn finish(mut self) -> SafeHtml {
        self.upto(self.text.len(), Class::Plain);
        self.flush();
        SafeHtml(self.out)
    }
}

/// Text between tags.
fn escape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>']) {
        out.push_str(&rest[..at]);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            _ => "&gt;",
        });
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `command[kubectl] flag[-n]`: the classes in short.
    fn parts(code: &str, language: &str) -> String {
        let html = highlight(code, Language::of(language).unwrap());
        html.as_str()
            .replace("<span class=\"t-", "")
            .replace("\">", "[")
            .replace("</span>", "]")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    }

    #[test]
    fn a_command_line_is_told_into_its_parts() {
        for (line, expected) in [
            (
                "kubectl -n prod rollout restart deploy/orders",
                "command[kubectl] flag[-n] prod rollout restart path[deploy/orders]",
            ),
            (
                "ORDER_CACHE=off ./run.sh --since=2026",
                "variable[ORDER_CACHE]operator[=]off command[./run.sh] flag[--since]operator[=]number[2026]",
            ),
            (
                r#"curl -sS "https://x/${ID}?a" | jq '.p95'"#,
                r#"command[curl] flag[-sS] text["https://x/]variable[${ID}]text[?a"] operator[|] command[jq] text['.p95']"#,
            ),
            (
                "echo $HOME $(date +%s) # now",
                "command[echo] variable[$HOME] operator[$(]command[date] +%soperator[)] comment[# now]",
            ),
            (
                "a && b || ! c; d",
                "command[a] operator[&&] command[b] operator[||] operator[!] command[c]operator[;] command[d]",
            ),
            ("sudo systemctl restart api", "command[sudo] command[systemctl] restart api"),
            (
                "psql <name> 2>&1 > out.log",
                "command[psql] placeholder[<name>] number[2]operator[>&]number[1] operator[>] path[out.log]",
            ),
            ("curl https://x/orders/{id}", "command[curl] path[https://x/orders/]placeholder[{id}]"),
            ("a \\\n  -b\nc", "command[a] operator[\\]\n  flag[-b]\ncommand[c]"),
            (
                "if true; then x; fi",
                "keyword[if] command[true]operator[;] keyword[then] command[x]operator[;] keyword[fi]",
            ),
            ("git commit -m 'it''s' #no", "command[git] commit flag[-m] text['it''s'] comment[#no]"),
            ("cat <<EOF\na $b\nEOF\nls", "command[cat] operator[<<]text[EOF]\ntext[a $b\nEOF]\ncommand[ls]"),
            ("timeout 30s make -j4", "command[timeout] number[30s] make flag[-j4]"),
            ("", ""),
        ] {
            assert_eq!(parts(line, "sh"), expected, "{line}");
        }
    }

    #[test]
    fn a_session_has_prompts_commands_and_output() {
        assert_eq!(
            parts("$ ls \\\n  -l\ntotal 0\n# id", "console"),
            "prompt[$ ]command[ls] operator[\\]\n  flag[-l]\noutput[total 0]\nprompt[# ]command[id]"
        );
    }

    #[test]
    fn other_languages_have_strings_comments_numbers_and_keywords() {
        for (language, code, expected) in [
            ("json", r#"{"p95": [1.5, true]}"#, r#"{flag["p95"]: [number[1.5], keyword[true]]}"#),
            (
                "python",
                "def f(x): # no\n  return \"\"\"a\nb\"\"\"",
                "keyword[def] f(x): comment[# no]\n  keyword[return] text[\"\"\"a\nb\"\"\"]",
            ),
            (
                "sql",
                "SELECT a FROM t -- c\nwhere x = 'it''s'",
                "keyword[SELECT] a keyword[FROM] t comment[-- c]\nkeyword[where] x = text['it''s']",
            ),
            (
                "rust",
                "let x: &'a str = \"b\"; /* c */ 0xff",
                "keyword[let] x: &'a str = text[\"b\"]; comment[/* c */] number[0xff]",
            ),
            ("yaml", "key: 'v' # c\n- a: 1", "flag[key]: text['v'] comment[# c]\n- flag[a]: number[1]"),
            ("toml", "[site]\ntitle = \"T\"", "[site]\nflag[title] = text[\"T\"]"),
            ("js", "const a = `b`; // c", "keyword[const] a = text[`b`]; comment[// c]"),
        ] {
            assert_eq!(parts(code, language), expected, "{language}");
        }
        assert!(Language::of("brainfuck").is_none());
    }

    #[test]
    fn what_cannot_be_seen_is_named() {
        assert!(shell("rm \u{202e}x").as_str().contains("&lt;U+202E&gt;"));
        assert!(!shell("</code><script>alert(1)</script>").as_str().contains("<script"));
    }

    #[test]
    fn a_long_row_of_anything_ends() {
        for piece in ["<a", "$(", "${", "'", "\"$", "<<E\n", "{a", "`", "\\", "((", "é", "-", "#"] {
            let text = piece.repeat(200_000 / piece.len());
            for language in ["sh", "console", "json", "python", "yaml", "rust"] {
                assert!(highlight(&text, Language::of(language).unwrap()).as_str().len() >= text.len());
            }
        }
    }

    proptest! {
        #[test]
        fn the_text_stays_as_it_was(text in "([-$#<>{}()|&;'\"`\\\\=/~!*:.,\\[\\] \n\r\t]|[a-zA-Z0-9_]{1,5}|EOF|é|\u{202e}|\\PC){0,60}") {
            let mut expected = String::new();
            escape(&visible(&text), &mut expected);
            for language in ["sh", "console", "json", "python", "sql", "yaml", "toml", "rust", "js"] {
                let html = highlight(&text, Language::of(language).unwrap());
                let mut stripped = String::new();
                for (n, piece) in html.as_str().split('<').enumerate() {
                    stripped.push_str(if n == 0 { piece } else { piece.split_once('>').unwrap().1 });
                }
                prop_assert_eq!(&stripped, &expected, "{}", language);
            }
        }
    }
}
