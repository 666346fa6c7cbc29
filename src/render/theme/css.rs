//! Whether a style sheet stays at home: no `@import`, and no address that leads out of the site.
//!
//! Read as tokens, escapes among them (`u\72l(`), after CSS Syntax 3, section 4: <https://www.w3.org/TR/css-syntax-3/>.

use super::ThemeError;

/// Functions whose texts are addresses.
const LOADING: [&str; 7] =
    ["url", "src", "image", "image-set", "-webkit-image-set", "cross-fade", "-webkit-cross-fade"];

/// Refuses a style sheet that loads something from elsewhere, and says on which line.
pub(in crate::render) fn check(text: &str) -> Result<(), ThemeError> {
    Reader { text, at: 0, open: Vec::new() }.run()
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// For each open parenthesis, whether texts in it are addresses.
    open: Vec<bool>,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn run(mut self) -> Result<(), ThemeError> {
        loop {
            if self.rest().starts_with("/*") {
                self.at += self.rest()[2..].find("*/").map_or(self.rest().len(), |end| end + 4);
            }
            let start = self.at;
            match self.next() {
                None => return Ok(()),
                Some('@') => {
                    if self.name().eq_ignore_ascii_case("import") {
                        return Err(self.refused(
                            start,
                            "@import loads another style sheet",
                            "paste its rules into this file",
                        ));
                    }
                }
                Some(quote @ ('"' | '\'')) => {
                    let text = self.quoted(quote);
                    if self.open.iter().any(|loading| *loading) {
                        self.address(start, &text)?;
                    }
                }
                Some('(') => self.open.push(false),
                Some(')') => {
                    self.open.pop();
                }
                Some(c) if c == '\\' || is_name(c) => {
                    self.at = start;
                    let name = self.name().to_ascii_lowercase();
                    if self.rest().starts_with('(') {
                        self.at += 1;
                        self.function(start, &name)?;
                    }
                }
                Some(_) => {}
            }
        }
    }

    /// Behind the parenthesis of a function.
    fn function(&mut self, start: usize, name: &str) -> Result<(), ThemeError> {
        let inside = self.rest().trim_start();
        if name == "url" && !inside.starts_with(['"', '\'']) {
            let mut address = String::new();
            while let Some(c) = self.next().filter(|c| *c != ')') {
                address.push(if c == '\\' { self.escaped() } else { c });
            }
            return self.address(start, &address);
        }
        self.open.push(LOADING.contains(&name));
        Ok(())
    }

    fn address(&self, start: usize, address: &str) -> Result<(), ThemeError> {
        // Browsers leave white space and control characters out before they read the scheme.
        let read: String = address.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
        let read = read.to_ascii_lowercase();
        let scheme = read.split(['/', '?', '#']).next().unwrap_or_default().contains(':');
        let inside = !scheme && !read.starts_with("//") && !read.contains('\\');
        if inside || read.starts_with("data:image/") || read.starts_with("data:font/") {
            return Ok(());
        }
        let shown: String = address.trim().chars().take(60).collect();
        Err(self.refused(
            start,
            &format!("`{shown}` would be loaded from elsewhere"),
            "put the file into templates/assets and name it alone, for instance url(logo.svg)",
        ))
    }

    /// A name here, with its escapes read.
    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.rest().chars().next().filter(|c| *c == '\\' || is_name(*c)) {
            self.at += c.len_utf8();
            name.push(if c == '\\' { self.escaped() } else { c });
        }
        name
    }

    /// A text up to its closing quote, with its escapes read.
    fn quoted(&mut self, quote: char) -> String {
        let mut text = String::new();
        while let Some(c) = self.next().filter(|c| *c != quote && *c != '\n') {
            text.push(if c == '\\' { self.escaped() } else { c });
        }
        text
    }

    /// The character behind a backslash: up to six digits and one space, or itself.
    fn escaped(&mut self) -> char {
        let digits = self.rest().bytes().take(6).take_while(u8::is_ascii_hexdigit).count();
        if digits == 0 {
            return self.next().unwrap_or('\u{fffd}');
        }
        let code = u32::from_str_radix(&self.rest()[..digits], 16).unwrap_or_default();
        self.at += digits;
        if self.rest().starts_with([' ', '\n', '\t']) {
            self.at += 1;
        }
        char::from_u32(code).unwrap_or('\u{fffd}')
    }

    fn refused(&self, start: usize, wrong: &str, remedy: &str) -> ThemeError {
        let line = self.text[..start].matches('\n').count() + 1;
        let wrong = format!("{wrong}; published pages load nothing from elsewhere");
        ThemeError { line: Some(line), ..ThemeError::new(wrong, remedy) }
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_') || !c.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_load_something_is_refused_with_its_line() {
        for css in [
            "@import 'x.css';",
            "@IMPORT url(x.css);",
            "@\\69mport 'x';",
            "@i\\6d port 'x';",
            "/* a */@import 'x';",
            "a { background: url(https://example.com/p.gif) }",
            "a { background: url( 'https://example.com/p.gif' ) }",
            "a { background: URL(//example.com/p.gif) }",
            "a { background: u\\72l(//example.com/p.gif) }",
            "a { background: url(\\2f/example.com/p.gif) }",
            "a { background: url(ht\ntps://example.com) }",
            "a { background: url(\"\\68ttps://example.com\") }",
            "a { background: url(/\\\\example.com) }",
            "a { background: image-set(\"https://example.com/p.gif\" 1x) }",
            "a { background: image-set(calc(1) \"https://example.com/p.gif\" 1x) }",
            "@font-face { src: url(https://example.com/f.woff2) }",
            "a { background: url(data:text/html,x) }",
            "a { background: url(javascript:alert(1)) }",
        ] {
            let error = check(&format!("p {{}}\n{css}")).unwrap_err();
            assert_eq!(error.line, Some(2), "{css}: {error}");
        }
    }

    #[test]
    fn what_stays_at_home_is_allowed() {
        for css in [
            "a::before { content: \"see https://example.com\" } /* @import 'x' url(//x) */",
            "a { background: url(logo.svg), url('../assets/a.png?b#c'), url(data:image/png;base64,AAAA) }",
            "@media print { a { color: red } } .md\\:flex { width: calc((1px + 2px) * 2) }",
            "a { background: url(",
            "/*",
            "'",
            "\\",
            "@",
        ] {
            assert!(check(css).is_ok(), "{css}");
        }
    }
}
