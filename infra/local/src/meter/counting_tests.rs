//! The counting, against the rules that AWS documents, case by case.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use serde_json::{Value, json};

use super::{Exchange, count};

/// An item of this many bytes.
fn item(bytes: usize) -> Value {
    json!({ "pk": { "S": "k" }, "b": { "S": "x".repeat(bytes - 4) } })
}

/// Write units and read units as texts, of a call that was answered with 200 or, where `__type` is, was not.
fn check(operation: &str, request: Value, answer: Value, writes: &[(&str, &str)], reads: &[(&str, &str)]) {
    let succeeded = answer.get("__type").is_none();
    let units =
        count(Exchange { operation, request: &request, succeeded, answer: &answer, whole: answer.get("whole") });
    let shown = |units: std::collections::BTreeMap<super::Place, super::Decimal>| -> Vec<(String, String)> {
        units.into_iter().map(|(place, units)| (place.to_string(), units.normalize().to_string())).collect()
    };
    let wanted = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        list.iter().map(|(place, units)| ((*place).to_owned(), (*units).to_owned())).collect()
    };
    assert_eq!(shown(units.writes), wanted(writes), "write units of {operation} {request}");
    assert_eq!(shown(units.reads), wanted(reads), "read units of {operation} {request}");
}

#[test]
fn reads_are_paid_by_what_was_read() {
    let request = |consistent: bool| json!({ "TableName": "t", "ConsistentRead": consistent });
    for (bytes, consistent, units) in [
        (100, true, "1"),
        (100, false, "0.5"),
        (4096, true, "1"),
        (4097, true, "2"),
        (4097, false, "1"),
        (12_288, false, "1.5"),
    ] {
        check("GetItem", request(consistent), json!({ "Item": item(bytes) }), &[], &[("t", units)]);
    }
    check("GetItem", request(true), json!({}), &[], &[("t", "1")]);
    // Shown is a part; paid for is the whole item.
    check("GetItem", request(true), json!({ "Item": item(10), "whole": { "Item": item(9000) } }), &[], &[("t", "3")]);
    // A query adds its items up before it rounds; a batch rounds each.
    let four = json!([item(1500), item(1500), item(1500), item(1500)]);
    check("Query", request(true), json!({ "Items": four }), &[], &[("t", "2")]);
    check("Query", request(false), json!({ "Items": [] }), &[], &[("t", "0.5")]);
    check(
        "Query",
        json!({ "TableName": "t", "IndexName": "due" }),
        json!({ "Items": [item(100)] }),
        &[],
        &[("t / due", "0.5")],
    );
    let batch = json!({ "RequestItems": { "t": { "ConsistentRead": true, "Keys": [1, 2, 3] } } });
    check("BatchGetItem", batch, json!({ "Responses": { "t": [item(100), item(5000)] } }), &[], &[("t", "4")]);
}

#[test]
fn writes_are_what_the_engine_states_by_index() {
    let answer = json!({ "ConsumedCapacity": {
        "TableName": "t", "CapacityUnits": 5.0, "Table": { "CapacityUnits": 2.0 },
        "GlobalSecondaryIndexes": { "due": { "CapacityUnits": 2.0 }, "day": { "CapacityUnits": 1.0 } },
    } });
    for operation in ["PutItem", "UpdateItem", "DeleteItem"] {
        let places = [("t", "2"), ("t / day", "1"), ("t / due", "2")];
        check(operation, json!({ "TableName": "t" }), answer.clone(), &places, &[]);
    }
}

#[test]
fn a_condition_that_fails_is_paid_by_what_was_there() {
    let request = json!({ "TableName": "t", "Item": item(9000) });
    let failed = |extra: Value| {
        let mut answer = json!({ "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException" });
        answer.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        answer
    };
    check("PutItem", request.clone(), failed(json!({})), &[("t", "1")], &[]);
    check("PutItem", request.clone(), failed(json!({ "Item": item(3000) })), &[("t", "3")], &[]);
    check("PutItem", request, json!({ "__type": "ValidationException" }), &[], &[]);
}

#[test]
fn a_transaction_is_paid_also_when_it_is_cancelled() {
    let request = json!({ "TransactItems": [
        { "Put": { "TableName": "t", "Item": item(1500) } },
        { "Update": { "TableName": "s" } },
        { "ConditionCheck": { "TableName": "t" } },
    ] });
    let done = json!({ "ConsumedCapacity": [
        { "TableName": "s", "CapacityUnits": 2.0, "WriteCapacityUnits": 2.0 },
        { "TableName": "t", "CapacityUnits": 7.0, "WriteCapacityUnits": 6.0,
          "GlobalSecondaryIndexes": { "due": { "CapacityUnits": 1.0, "WriteCapacityUnits": 1.0 } } },
    ] });
    check("TransactWriteItems", request.clone(), done, &[("s", "2"), ("t", "6"), ("t / due", "1")], &[]);
    let cancelled = json!({ "__type": "TransactionCanceledException" });
    check("TransactWriteItems", request.clone(), cancelled, &[("s", "2"), ("t", "6")], &[]);
    check("TransactWriteItems", request, json!({ "__type": "ThrottlingException" }), &[], &[]);
}

#[test]
fn index_entries_of_transactions_are_told_apart() {
    let answer = json!({ "ConsumedCapacity": [{ "TableName": "t", "CapacityUnits": 3.0,
        "GlobalSecondaryIndexes": { "due": { "CapacityUnits": 1.0 } } }] });
    let request = json!({ "TransactItems": [] });
    let units = count(Exchange {
        operation: "TransactWriteItems",
        request: &request,
        succeeded: true,
        answer: &answer,
        whole: None,
    });
    assert_eq!(units.written().to_string().trim_end_matches(".0"), "3");
    assert_eq!(units.index_writes_of_transactions.normalize().to_string(), "1");
}
