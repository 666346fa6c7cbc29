//! What must hold for any text.

use proptest::prelude::*;

use super::template::template;
use super::*;

#[test]
fn five_megabytes_are_read_in_bounded_memory() {
    let mut reader = ErrorReader::default();
    let mut state = 7_u64;
    let mut bytes = 0;
    while bytes < 5 << 20 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let word = letters(state >> 20);
        let line = match state >> 61 {
            0 => format!("2026-11-20 14:05:03 ERROR {word} failed to {} the {word} thing", letters(state >> 30)),
            1 => format!("com.acme.{word}Exception: {word}"),
            2 => format!("\tat com.acme.{word}.{word}({word}.java:{})", state % 100),
            3 => format!("  File \"/app/{word}.py\", line 3, in {word}"),
            4 => "x".repeat(20_000),
            _ => format!("INFO request {state} took {} ms, SQLSTATE {}", state % 1000, state % 100_000),
        };
        bytes += line.len() + 1;
        reader.line(line.as_bytes());
    }
    let ErrorText { headlines, features } = reader.finish();
    assert_eq!(headlines.len(), reader::MOST_HEADLINES);
    assert_eq!(features.len(), features::MOST_FEATURES);
    assert!(headlines.iter().all(|headline| headline.text.len() <= 600 && headline.template.len() <= 400));
}

fn letters(mut n: u64) -> String {
    let mut word = String::from("Q");
    for _ in 0..7 {
        word.push(char::from(b'a' + (n % 26) as u8));
        n /= 26;
    }
    word
}

/// What the scanners look for.
const PIECES: [&str; 65] = [
    "Error: ",
    "ReadTimeout: ",
    "'",
    "\"",
    "`",
    "\\\"",
    "<n>",
    "<s>",
    "<",
    ">",
    "Caused by: ",
    "(Caused by ",
    "0x1f",
    "1.2.3.4",
    "http://",
    "/tmp/",
    "a.py",
    ":",
    "-",
    "_",
    ".",
    "\n",
    "\t",
    "  ",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    "Traceback (most recent call last):\n",
    "  File \"a\", line 1, in f\n",
    "panicked at ",
    "panicked at '",
    "2026-11-20 14:05:03",
    "ERROR ",
    "[error] ",
    "E1120 ",
    "status ",
    "502 ",
    "HTTP/1.1 ",
    "\x1b[",
    "\x1b]",
    "é",
    "東",
    "SQLSTATE ",
    "level=error msg=\"",
    "{\"msg\":\"",
    "\\n",
    "\\n    at ",
    "user ",
    "ValueError('",
    "= ",
    "Nov 20",
    "1",
    "42 ms",
    "::",
    "@",
    "a@b.c",
    "exit code ",
    "npm ERR! ",
    "| ",
    "1 | ",
    "--> ",
    "\tat a.b(",
];

/// Text made of that and of anything else.
fn arb_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        "[ -~]{0,12}",
        proptest::sample::select(PIECES.as_slice()).prop_map(str::to_owned),
    ];
    proptest::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_read(text in arb_text()) {
        let ErrorText { headlines, features } = read_error(&text);
        prop_assert!(headlines.len() <= reader::MOST_HEADLINES && features.len() <= features::MOST_FEATURES);
        for headline in &headlines {
            prop_assert_eq!(&template(&headline.template), &headline.template);
            prop_assert!(!headline.template.is_empty());
        }
        for feature in &features {
            prop_assert!(!feature.text.trim().is_empty());
        }
    }

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        read_error_bytes(&bytes);
    }

    #[test]
    fn a_template_is_its_own_template(text in arb_text()) {
        let once = template(&text);
        prop_assert_eq!(template(&once), once);
    }

    #[test]
    fn what_varies_does_not_count(
        [hour, port, order, line] in proptest::array::uniform4(1_u32..60_000),
        address in any::<u64>(),
        id in "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        name in "[a-z]{1,8}",
    ) {
        let text = |hour: u32, port: u32, order: u32, line: u32, address: u64, id: &str, name: &str| format!(
            "2026-11-20 {:02}:05:03,{hour} ERROR [worker-{line}] orders.api: orders.errors.LookupFailure: order {order} ({id}) at \
             0x{address:x} of /home/{name}/src/a{line}.py:{line} on 10.0.{}.7:{port} took {order} ms, host='{name}'",
            hour % 24, port % 256,
        );
        let one = read_error(&text(1, 2, 3, 4, 5, "0c8e9b1e-56b8-4a3e-9a55-0f4c2a1b7d10", "ada"));
        let other = read_error(&text(hour, port, order, line, address, &id, &name));
        prop_assert_eq!(&one.headlines[0].fingerprint, &other.headlines[0].fingerprint, "{:?} {:?}", one.headlines, other.headlines);
        prop_assert_eq!(one.headlines.len(), 1);
    }
}
