//! One hash for one JSON value: spacing and the order of keys do not count.

use std::fmt::Write;

use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// SHA-256 over the value with sorted keys and no spaces, in lower-case hexadecimal. Numbers count by their written
/// value as parsed (`1` and `1.0` differ); money is text anyway.
#[must_use]
pub fn canonical_hash(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    HEXLOWER.encode(&Sha256::digest(text.as_bytes()))
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let _never_fails_for_a_string = write!(out, "{value}");
        }
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            // The map may keep the order of insertion when some other crate asks serde_json for it.
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(key, _)| key.as_str());
            out.push('{');
            for (i, (key, member)) in members.into_iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(&Value::String(key.clone()), out);
                out.push(':');
                write(member, out);
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;

    fn hash(text: &str) -> String {
        canonical_hash(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn spacing_and_key_order_do_not_count() {
        assert_eq!(
            hash(r#"{"a":1,"b":{"d":[1,2],"c":"é\n"}}"#),
            hash("{ \"b\": {\"c\":\"\\u00e9\\u000a\", \"d\":[ 1,2 ]}, \"a\":1 }")
        );
        assert_eq!(hash("{}"), "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
        // Hashes are stored, and compared by the next version.
        assert_eq!(hash(r#"{"a": [1, 2]}"#), "01530d164d479cf08e26d3b1ad9bdba927120d97e2d057a6d792db778780d720");
    }

    #[test]
    fn anything_else_counts() {
        let base = hash(r#"{"a":[1,2],"b":null}"#);
        for other in [
            r#"{"a":[2,1],"b":null}"#,
            r#"{"a":[1,2]}"#,
            r#"{"a":[1,2],"c":null}"#,
            r#"{"a":["1",2],"b":null}"#,
            r#"{"a":[1.0,2],"b":null}"#,
        ] {
            assert_ne!(hash(other), base, "{other}");
        }
    }
}
