//! JSON that must contain other JSON.

use serde_json::Value;

/// Where `actual` does not contain what is expected, as one line; `None` where it does. Of an object the named members
/// must be there, an array must have the same length, numbers are equal by value.
pub(super) fn differs(expected: &Value, actual: &Value) -> Option<String> {
    differs_at("$", expected, actual)
}

fn differs_at(path: &str, expected: &Value, actual: &Value) -> Option<String> {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => expected.iter().find_map(|(name, expected)| {
            let path = format!("{path}.{name}");
            match actual.get(name) {
                None => Some(format!("{path} is missing, expected {}", short(expected))),
                Some(actual) => differs_at(&path, expected, actual),
            }
        }),
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            let pairs = expected.iter().zip(actual).enumerate();
            pairs.into_iter().find_map(|(n, (expected, actual))| differs_at(&format!("{path}[{n}]"), expected, actual))
        }
        (Value::Array(expected), Value::Array(actual)) => {
            Some(format!("{path} has {} elements, expected {}", actual.len(), expected.len()))
        }
        (Value::Number(expected), Value::Number(actual)) if expected.as_f64() == actual.as_f64() => None,
        (expected, actual) if expected == actual => None,
        (expected, actual) => Some(format!("{path} is {}, expected {}", short(actual), short(expected))),
    }
}

/// A value, cut where it is long.
fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn more_may_be_there_and_nothing_else_may_differ() {
        let actual = json!({"ok": true, "db": {"up": 1, "lag": [0, 0.5]}, "version": "7"});
        for expected in [json!({}), json!({"ok": true}), json!({"db": {"lag": [0.0, 0.5]}}), json!({"db": {"up": 1.0}})]
        {
            assert_eq!(differs(&expected, &actual), None, "{expected}");
        }
        let said = |expected| differs(&expected, &actual).unwrap();
        assert_eq!(said(json!({"ok": false})), "$.ok is true, expected false");
        assert_eq!(said(json!({"db": {"down": null}})), "$.db.down is missing, expected null");
        assert_eq!(said(json!({"db": {"lag": [0]}})), "$.db.lag has 2 elements, expected 1");
        assert_eq!(said(json!({"db": {"lag": [0, 1]}})), "$.db.lag[1] is 0.5, expected 1");
        assert_eq!(said(json!([1])), format!("$ is {actual}, expected [1]"));
        let long = json!("x".repeat(100));
        assert_eq!(differs(&json!(1), &long).unwrap(), format!("$ is \"{}…, expected 1", "x".repeat(59)));
    }
}
