//! Bad input for fuzzing: texts and JSON of any kind, and documents that are right but for a place or two, which get further
//! than noise does.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

/// As many cases as are quick, the same on every run. `PROPTEST_CASES` asks for more, `PROPTEST_RNG_SEED` for others.
#[must_use]
pub fn cases(cases: u32) -> ProptestConfig {
    let set = |name| std::env::var_os(name).is_some();
    let base = ProptestConfig::default();
    ProptestConfig {
        cases: if set("PROPTEST_CASES") { base.cases } else { cases },
        rng_seed: if set("PROPTEST_RNG_SEED") { base.rng_seed } else { RngSeed::Fixed(1111) },
        failure_persistence: None,
        ..base
    }
}

/// Texts that parsers stumble over.
const ODD: &[&str] = &[
    "",
    " ",
    "\u{0}",
    "\r\n",
    "\u{202e}",
    "\u{feff}a",
    "e\u{301}",
    "𝕊",
    "null",
    "true",
    "-0",
    "+1",
    "1e999",
    "0x10",
    "NaN",
    "1_000",
    "１２",
    "99999999999999999999999999999999999999",
    "-9223372036854775809",
    "0.00000000000000000000000000000001",
    "..",
    "../../etc/passwd",
    "%00",
    "%ff",
    "a b",
    "a#b",
    "a/b",
    "a`, expected b",
    "{\"a\":1}",
    "2026-11-11T11:11:11Z",
    "+262142-01-01T00:00:00Z",
    "-009999-01-02T01:59:59Z",
    "2026-13-40",
    "01JD0000000000000000000001",
    "01JD0000000000000000000001-1",
    "01JD0000000000000000000001-99999999999",
    "CNY",
    "XAU",
];

/// A text of any kind.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(ODD).prop_map(str::to_owned),
        4 => any::<String>(),
        2 => "[ -~]{0,80}",
        1 => ("[a-zA-Z0-9\u{4e00}-\u{4fff}]", 1_usize..5_000).prop_map(|(part, times)| part.repeat(times)),
    ]
}

/// A value without parts.
fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-3_i64..100).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ]
}

/// JSON of any shape.
pub fn any_json() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 40, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(text(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// One change of a document.
#[derive(Debug, Clone)]
enum Change {
    Remove,
    Replace(Value),
    /// By what stands elsewhere in the document.
    Copy(Index),
    Rename(String),
    Add(String, Value),
    Wrap,
    Cut(Index),
    Insert(Index, char),
    Times(i64),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        2 => Just(Change::Remove),
        4 => any_json().prop_map(Change::Replace),
        3 => any::<Index>().prop_map(Change::Copy),
        1 => text().prop_map(Change::Rename),
        1 => (text(), leaf()).prop_map(|(name, value)| Change::Add(name, value)),
        1 => Just(Change::Wrap),
        2 => any::<Index>().prop_map(Change::Cut),
        3 => (any::<Index>(), any::<char>()).prop_map(|(at, c)| Change::Insert(at, c)),
        2 => prop::sample::select(vec![0, -1, 2, 1_000, i64::from(i32::MAX), i64::from(u32::MAX), i64::MAX]).prop_map(Change::Times),
    ]
}

/// One of these documents, with up to three changes at any places.
pub fn spoiled(documents: Vec<Value>) -> impl Strategy<Value = Value> {
    let changes = prop::collection::vec((any::<Index>(), change()), 0..4);
    (prop::sample::select(documents), changes).prop_map(|(mut document, changes)| {
        for (place, change) in changes {
            let places = places(&document);
            let place = place.get(&places).clone();
            apply(&mut document, &place, change);
        }
        document
    })
}

/// The JSON pointer of every place in a document, the document itself first.
#[must_use]
pub fn places(document: &Value) -> Vec<String> {
    fn walk(value: &Value, at: &str, found: &mut Vec<String>) {
        found.push(at.to_owned());
        match value {
            Value::Array(items) => {
                for (position, item) in items.iter().enumerate() {
                    walk(item, &format!("{at}/{position}"), found);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    walk(member, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = Vec::new();
    walk(document, "", &mut found);
    found
}

fn apply(document: &mut Value, place: &str, change: Change) {
    if let Change::Remove = change {
        drop(take(document, place));
    } else if let Change::Rename(name) = change {
        let Some((holder, _)) = place.rsplit_once('/') else { return };
        let taken = take(document, place);
        if let (Some(taken), Some(Value::Object(members))) = (taken, document.pointer_mut(holder)) {
            members.insert(name, taken);
        }
    } else {
        let copied = if let Change::Copy(from) = &change {
            document.pointer(from.get(&places(document)).as_str()).cloned()
        } else {
            None
        };
        if let Some(value) = document.pointer_mut(place) {
            *value = changed(value.take(), change, copied);
        }
    }
}

fn changed(value: Value, change: Change, copied: Option<Value>) -> Value {
    match (change, value) {
        (Change::Replace(new), _) => new,
        (Change::Copy(_), value) => copied.unwrap_or(value),
        (Change::Wrap, value) => json!([value]),
        (Change::Add(name, new), Value::Object(mut members)) => {
            members.insert(name, new);
            Value::Object(members)
        }
        (Change::Add(_, new), Value::Array(mut items)) => {
            items.push(new);
            Value::Array(items)
        }
        (Change::Cut(at), Value::String(text)) => {
            let end = at.index(text.chars().count() + 1);
            Value::String(text.chars().take(end).collect())
        }
        (Change::Insert(at, c), Value::String(text)) => {
            let at = at.index(text.chars().count() + 1);
            Value::String(text.chars().take(at).chain([c]).chain(text.chars().skip(at)).collect())
        }
        (Change::Times(by), Value::Number(number)) => {
            number.as_i64().map_or(Value::Null, |number| number.saturating_mul(by).into())
        }
        (_, value) => value,
    }
}

/// Takes a member or an item away; the document itself becomes nothing.
fn take(document: &mut Value, place: &str) -> Option<Value> {
    let Some((holder, name)) = place.rsplit_once('/') else { return Some(document.take()) };
    let name = name.replace("~1", "/").replace("~0", "~");
    match document.pointer_mut(holder)? {
        Value::Object(members) => members.remove(&name),
        Value::Array(items) => {
            let position = name.parse::<usize>().ok().filter(|position| *position < items.len())?;
            Some(items.remove(position))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_found_and_can_be_taken() {
        let document = json!({"a": [1, {"b/c": 2}], "d~e": null});
        let found = places(&document);
        assert_eq!(found, ["", "/a", "/a/0", "/a/1", "/a/1/b~1c", "/d~0e"]);
        for place in found {
            assert!(document.pointer(&place).is_some(), "{place}");
            assert!(take(&mut document.clone(), &place).is_some(), "{place}");
        }
    }

    #[test]
    fn changes_change() {
        let document = json!({"a": "xy", "n": 3});
        let after = |place: &str, change: Change| {
            let mut changed = document.clone();
            apply(&mut changed, place, change);
            changed
        };
        assert_eq!(after("/a", Change::Remove), json!({"n": 3}));
        assert_eq!(after("/a", Change::Rename("b".into())), json!({"b": "xy", "n": 3}));
        assert_eq!(after("/n", Change::Times(2)), json!({"a": "xy", "n": 6}));
        assert_eq!(after("/a", Change::Wrap), json!({"a": ["xy"], "n": 3}));
        assert_eq!(after("", Change::Add("z".into(), json!(1))), json!({"a": "xy", "n": 3, "z": 1}));
    }
}
