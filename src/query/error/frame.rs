//! Stack frames: which function of which file.

use super::words::WORDS;

/// A function on the stack, or a place that a compiler points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    /// Its name, with its class where there is one.
    pub(super) function: Option<String>,
    /// The base name of its file.
    pub(super) file: Option<String>,
    /// Whether it is of a library.
    pub(super) library: bool,
    /// Whether the frames of this language come with the innermost one last.
    pub(super) innermost_last: bool,
}

/// Reads a line, without its prefix, as a frame.
pub(super) fn frame(line: &str) -> Option<Frame> {
    let line = line.trim();
    python(line).or_else(|| at(line)).or_else(|| rustc(line)).or_else(|| rust(line)).or_else(|| go(line))
}

/// The base name of a path, without line and column.
pub(super) fn base_name(path: &str) -> Option<String> {
    let name = path.rsplit(['/', '\\']).next()?;
    let end = name.find([':', '(', '?']).unwrap_or(name.len());
    let name = &name[..end];
    let named = name.contains('.') && name.contains(|c: char| c.is_alphabetic()) && name.len() <= 128;
    named.then(|| name.to_owned())
}

fn make(function: &str, path: &str, place: &str) -> Frame {
    Frame {
        function: name(function),
        file: base_name(path),
        library: WORDS.is_library(place) || WORDS.is_library(path),
        innermost_last: false,
    }
}

/// The last two parts of a qualified function: class and method.
fn name(function: &str) -> Option<String> {
    let function = function.trim_start_matches("async ").trim_start_matches("new ");
    // `Layer.handle [as handle_request]`
    let function = function.split(" [").next()?;
    let plain: String = function.chars().filter(|c| !matches!(c, '(' | ')' | '*' | '{' | '}' | '<' | '>')).collect();
    let plain = plain.replace("::", ".");
    let mut parts: Vec<&str> = plain.rsplit(['.', '/', '#', ' ']).filter(|part| is_name(part)).take(2).collect();
    parts.reverse();
    // Closures and constructors have no name of their own, `main` is in every program.
    let telling = parts.iter().any(|part| !matches!(*part, "main" | "module" | "anonymous" | "lambda" | "Object"));
    telling.then(|| parts.join("."))
}

fn is_name(part: &str) -> bool {
    let closure = part.strip_prefix("func").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    !part.is_empty()
        && part.len() <= 80
        && !closure
        && !part.contains("closure")
        && part.contains(|c: char| c.is_alphabetic())
        && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'))
}

/// `File "/app/sync.py", line 88, in pull_order`
fn python(line: &str) -> Option<Frame> {
    let rest = line.strip_prefix("File \"")?;
    let (path, rest) = rest.split_once('"')?;
    let rest = rest.strip_prefix(", line ")?;
    let function = rest.split_once(" in ").map_or("", |(_, function)| function);
    let mut frame = make(function, path, path);
    frame.innermost_last = true;
    Some(frame)
}

/// Java, Node and .NET: `at com.acme.Orders.get(Orders.java:42)`, `at async get (/app/orders.js:4:5)`, `at /app/x.js:1:2`.
fn at(line: &str) -> Option<Frame> {
    let rest = line.strip_prefix("at ")?;
    // .NET: `at Acme.Orders.Get(Int32 id) in /src/Orders.cs:line 42`
    if let Some((function, place)) = rest.split_once(") in ").filter(|(_, place)| place.contains(":line ")) {
        return Some(make(function.split('(').next()?, place, function));
    }
    if let Some((function, place)) = rest.split_once('(') {
        let place = place.trim_end_matches(|c: char| c != ')').trim_end_matches(')');
        let function = function.trim();
        // `at java.base/java.util.HashMap.get(HashMap.java)`: module, then package.
        let package = function.rsplit('/').next().unwrap_or(function);
        let place = place.trim_start_matches("file://");
        let known = place.contains([':', '.'])
            || matches!(place, "Native Method" | "Unknown Source" | "native" | "<anonymous>");
        let code =
            function.contains(' ') && !["async ", "new ", "Object.", "[as "].iter().any(|word| function.contains(word));
        let mut frame = (known && !code).then(|| make(package, place, place))?;
        frame.library |= WORDS.is_library(package) || WORDS.is_library(function);
        return Some(frame);
    }
    let path = rest.trim_start_matches("async ").trim_start_matches("file://");
    let placed =
        path.rsplit(':').take(1).all(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    (placed && !path.contains(' ')).then(|| make("", path, path))
}

/// `--> src/main.rs:4:5`
fn rustc(line: &str) -> Option<Frame> {
    let path = line.strip_prefix("--> ").or_else(|| line.strip_prefix("::: "))?;
    Some(make("", path, path))
}

/// `12: orders::api::get`, of a backtrace; its file is in an `at` line.
fn rust(line: &str) -> Option<Frame> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let function = line[digits..].strip_prefix(": ")?.trim();
    if digits > 3 || function.contains(' ') || !(function.contains("::") || function.starts_with("rust_")) {
        return None;
    }
    // `orders::api::get::h1b2c3d4e5f607182`: the compiler's hash.
    let plain = function.rsplit_once("::h").filter(|(_, hash)| hash.len() == 16).map_or(function, |(plain, _)| plain);
    Some(make(plain, "", plain.trim_start_matches('<')))
}

/// `main.(*Server).handle(0xc000010000)` and, in the next line, `/app/main.go:12 +0x1d`.
fn go(line: &str) -> Option<Frame> {
    if let Some((path, _)) = line.split_once(".go:") {
        let placed = path.starts_with('/') && !path.contains(' ');
        return placed.then(|| make("", &format!("{path}.go"), path));
    }
    let line = line.strip_prefix("created by ").unwrap_or(line);
    let line = line.split(" in goroutine ").next()?;
    let function = if line.ends_with(')') { &line[..line.rfind('(')?] } else { return None };
    let qualified = function.contains('.') && !function.contains([' ', ':', '=', '"', '\'', ',']);
    let ends = function.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    (qualified && ends && function.starts_with(|c: char| c.is_ascii_lowercase())).then(|| make(function, "", function))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<(String, String, bool)> {
        let Frame { function, file, library, .. } = frame(line)?;
        Some((function.unwrap_or_default(), file.unwrap_or_default(), library))
    }

    #[test]
    fn frames_of_every_language() {
        for (line, function, file, library) in [
            (r#"  File "/app/sync.py", line 88, in pull_order"#, "pull_order", "sync.py", false),
            (
                r#"  File "/app/.venv/lib/python3.12/site-packages/orders_sdk/http.py", line 61, in get"#,
                "get",
                "http.py",
                true,
            ),
            (r#"  File "/app/main.py", line 3, in <module>"#, "", "main.py", false),
            (
                "\tat com.acme.orders.OrderService.get(OrderService.java:42)",
                "OrderService.get",
                "OrderService.java",
                false,
            ),
            ("\tat java.base/java.util.HashMap.get(HashMap.java:55)", "HashMap.get", "HashMap.java", true),
            ("\tat jdk.internal.reflect.X.invoke0(Native Method)", "X.invoke0", "", true),
            ("    at async getOrder (file:///app/src/orders.js:42:17)", "getOrder", "orders.js", false),
            ("    at /app/src/server.js:10:3", "", "server.js", false),
            ("    at Object.<anonymous> (/app/index.js:1:2)", "", "index.js", true),
            (
                "    at Layer.handle [as handle_request] (/app/node_modules/express/lib/layer.js:95:5)",
                "Layer.handle",
                "layer.js",
                true,
            ),
            ("   at Acme.Orders.Get(Int32 id) in /src/Orders.cs:line 42", "Orders.Get", "Orders.cs", false),
            (" --> src/main.rs:4:5", "", "main.rs", false),
            ("  12: orders::api::get::h1b2c3d4e5f607182", "api.get", "", false),
            ("   3: core::panicking::panic_fmt", "panicking.panic_fmt", "", true),
            ("             at ./src/api.rs:12:5", "", "api.rs", false),
            ("main.(*Server).handleOrder(0xc000010000, 0x5)", "Server.handleOrder", "", false),
            ("\t/app/internal/orders/server.go:42 +0x1d", "", "server.go", false),
            ("net/http.(*conn).serve(0xc0001)", "conn.serve", "", true),
        ] {
            assert_eq!(read(line), Some((function.to_owned(), file.to_owned(), library)), "{line}");
        }
    }

    #[test]
    fn what_is_no_frame() {
        for line in
            ["at last it worked", "12: timed out", "ReadTimeout: x", "foo(bar)", "call foo.bar(1)", "at 3 (pm)", ""]
        {
            assert_eq!(frame(line), None, "{line}");
        }
    }
}
