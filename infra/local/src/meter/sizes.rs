//! How large DynamoDB takes an item to be. Source: "DynamoDB item sizes and formats", Amazon DynamoDB Developer Guide.

use serde_json::{Map, Value};

/// A block of a write unit.
pub const WRITE_BLOCK: u64 = 1024;
/// A block of a read unit.
pub const READ_BLOCK: u64 = 4096;

/// The bytes of an item: its attributes' names and values.
pub fn item(item: &Value) -> u64 {
    item.as_object().map_or(0, map)
}

/// How many blocks of this size something fills: one at least, as an empty answer costs as much as a small one.
pub fn blocks(bytes: u64, block: u64) -> u64 {
    bytes.div_ceil(block).max(1)
}

fn map(attributes: &Map<String, Value>) -> u64 {
    attributes.iter().map(|(name, value)| length(name) + attribute(value)).sum()
}

/// A value as the wire has it: one member that names the type.
fn attribute(value: &Value) -> u64 {
    let Some((kind, content)) = value.as_object().and_then(|object| object.iter().next()) else { return 0 };
    let texts = || content.as_array().into_iter().flatten().filter_map(Value::as_str);
    match kind.as_str() {
        "S" => content.as_str().map_or(0, length),
        "N" => content.as_str().map_or(0, number),
        "B" => content.as_str().map_or(0, binary),
        "SS" => texts().map(length).sum(),
        "NS" => texts().map(number).sum(),
        "BS" => texts().map(binary).sum(),
        // Three bytes for the list or map itself and one for each member.
        "L" => 3 + content.as_array().into_iter().flatten().map(|member| 1 + attribute(member)).sum::<u64>(),
        "M" => {
            let members = content.as_object();
            3 + members.map_or(0, |members| map(members) + u64::try_from(members.len()).unwrap_or(0))
        }
        // BOOL and NULL.
        _ => 1,
    }
}

fn length(text: &str) -> u64 {
    u64::try_from(text.len()).unwrap_or(u64::MAX)
}

/// Two significant digits a byte and one more; leading and trailing zeroes are not kept. A sign takes another.
fn number(text: &str) -> u64 {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let significant = length(digits.trim_matches('0'));
    significant.div_ceil(2) + 1 + u64::from(text.starts_with('-'))
}

/// Base64 on the wire, three bytes in four characters.
fn binary(text: &str) -> u64 {
    let padding = length(text) - length(text.trim_end_matches('='));
    (length(text) / 4 * 3).saturating_sub(padding)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{blocks, item};

    #[test]
    fn sizes_are_those_of_the_guide() {
        for (value, bytes) in [
            (json!({ "pk": { "S": "O#1" } }), 5),
            (json!({ "名": { "S": "王" } }), 6),
            (json!({ "n": { "N": "27" } }), 3),
            (json!({ "n": { "N": "-27" } }), 4),
            (json!({ "n": { "N": "1762800000123" } }), 9),
            (json!({ "n": { "N": "100" } }), 3),
            (json!({ "flag": { "BOOL": true } }), 5),
            (json!({ "b": { "B": "AAEC" } }), 4),
            (json!({ "b": { "B": "AAE=" } }), 3),
            (json!({ "l": { "L": [{ "S": "ab" }, { "N": "1" }] } }), 10),
            (json!({ "m": { "M": { "k": { "S": "v" } } } }), 7),
            (json!({}), 0),
        ] {
            assert_eq!(item(&value), bytes, "{value}");
        }
    }

    #[test]
    fn a_started_block_is_a_block() {
        for (bytes, expected) in [(0, 1), (1, 1), (1024, 1), (1025, 2), (4097, 5)] {
            assert_eq!(blocks(bytes, 1024), expected, "{bytes}");
        }
    }
}
