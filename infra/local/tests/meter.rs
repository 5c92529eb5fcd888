//! The meter against a real engine: that its counting rules are AWS's, and that the reference order stays below its ceiling.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use local_stack::layout::Layout;
use local_stack::meter::counting::{self, Exchange};
use local_stack::meter::engine_api::EngineApi;
use local_stack::meter::proxy::Proxy;
use local_stack::meter::{self, Options, Path};
use local_stack::progress::Progress;
use local_stack::python::{self, Purpose};
use local_stack::stack::Functions;
use local_stack::testing;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

/// What the reference order may cost at most. Lower it when a change has lowered the cost; raise it only with a reason.
#[derive(Deserialize)]
struct Ceiling {
    write_units: Decimal,
    read_units: Decimal,
    aws_calls: Decimal,
    invocations: Decimal,
    queue_requests: Decimal,
    events: Decimal,
    log_bytes: Decimal,
    dollars_per_million: Decimal,
}

/// A table with one index that carries its keys alone.
struct Table<'a> {
    engine: &'a EngineApi,
    name: String,
}

impl Table<'_> {
    async fn create(&self) {
        let key = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
        let text = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
        let request = json!({
            "TableName": self.name, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [text("pk"), text("sk"), text("g")],
            "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
            "GlobalSecondaryIndexes": [{
                "IndexName": "due", "KeySchema": [key("g", "HASH")], "Projection": { "ProjectionType": "KEYS_ONLY" },
            }],
        });
        self.engine.call("DynamoDB_20120810.CreateTable", &request).await.unwrap();
    }

    /// Write units of the table and of its index, as the meter counts a call.
    async fn costs(&self, operation: &str, mut request: Value) -> [String; 2] {
        if operation != "TransactWriteItems" {
            request["TableName"] = json!(self.name);
        }
        request["ReturnConsumedCapacity"] = json!("INDEXES");
        let answer = self.engine.call(&format!("DynamoDB_20120810.{operation}"), &request).await.unwrap();
        let exchange = Exchange { operation, request: &request, succeeded: true, answer: &answer, whole: None };
        let units = counting::count(exchange);
        let of = |wanted: Option<&str>| -> String {
            let sum: Decimal = units
                .writes
                .iter()
                .filter(|(place, _)| place.index.as_deref() == wanted)
                .map(|(_, units)| *units)
                .sum();
            sum.normalize().to_string()
        };
        [of(None), of(Some("due"))]
    }

    fn row(sk: &str, g: Option<&str>, bytes: usize) -> Value {
        let mut item = json!({ "pk": { "S": "a" }, "sk": { "S": sk }, "b": { "S": "x".repeat(bytes) } });
        if let Some(g) = g {
            item["g"] = json!({ "S": g });
        }
        item
    }

    fn set(&self, sk: &str, name: &str, value: &str) -> Value {
        json!({
            "TableName": self.name,
            "Key": { "pk": { "S": "a" }, "sk": { "S": sk } }, "UpdateExpression": "SET #n = :v",
            "ExpressionAttributeNames": { "#n": name }, "ExpressionAttributeValues": { ":v": { "S": value } },
        })
    }
}

/// The rules are AWS's: "Read and write capacity unit consumption" and "Global secondary indexes" of the developer guide.
#[tokio::test]
async fn the_engine_counts_writes_as_aws_documents_it() {
    let Ok(url) = std::env::var(testing::MINISTACK) else {
        return testing::skip("meter::the_engine_counts_writes", "no engine; `cargo local test` starts one").unwrap();
    };
    let engine = EngineApi::new(&url).unwrap();
    let table = Table { engine: &engine, name: format!("meter-{}", std::process::id()) };
    table.create().await;
    let put = |item: Value| json!({ "Item": item });
    let key = |sk: &str| json!({ "Key": { "pk": { "S": "a" }, "sk": { "S": sk } } });
    for (what, operation, request, expected) in [
        ("a row outside the index", "PutItem", put(Table::row("1", None, 100)), ["1", "0"]),
        ("a row of 2.5 KB", "PutItem", put(Table::row("2", None, 2_560)), ["3", "0"]),
        ("a row that enters the index", "PutItem", put(Table::row("3", Some("x"), 2_560)), ["3", "1"]),
        ("an update that the index does not show", "UpdateItem", table.set("3", "c", "y"), ["3", "0"]),
        ("an entry whose key changes", "UpdateItem", table.set("3", "g", "z"), ["3", "2"]),
        ("a row that shrinks is paid by its former size", "PutItem", put(Table::row("3", Some("z"), 10)), ["3", "0"]),
        ("an entry that leaves", "PutItem", put(Table::row("3", None, 10)), ["1", "1"]),
        ("a deletion", "DeleteItem", key("2"), ["3", "0"]),
        ("a deletion of nothing", "DeleteItem", key("none"), ["1", "0"]),
    ] {
        assert_eq!(table.costs(operation, request).await, expected, "{what}");
    }
    let name = &table.name;
    let row = |sk: &str, g| json!({ "Put": { "TableName": name, "Item": Table::row(sk, g, 1_500) } });
    let check = json!({ "ConditionCheck": { "TableName": name, "Key": { "pk": { "S": "a" }, "sk": { "S": "none" } },
        "ConditionExpression": "attribute_not_exists(pk)" } });
    // Two rows of two units, twice; a check, twice; one entry, once.
    let request = json!({ "TransactItems": [row("5", None), row("6", Some("x")), check] });
    assert_eq!(table.costs("TransactWriteItems", request).await, ["10", "1"]);
    let update = json!({ "TransactItems": [{ "Update": table.set("6", "g", "y") }] });
    assert_eq!(table.costs("TransactWriteItems", update).await, ["4", "2"]);
}

/// A client that goes through the proxy gets the engine's own answers, and the proxy knows what they cost.
#[tokio::test]
async fn the_proxy_changes_nothing_and_misses_nothing() {
    let Ok(url) = std::env::var(testing::MINISTACK) else {
        return testing::skip("meter::the_proxy_changes_nothing", "no engine; `cargo local test` starts one").unwrap();
    };
    let engine = EngineApi::new(&url).unwrap();
    let table = Table { engine: &engine, name: format!("proxied-{}", std::process::id()) };
    table.create().await;
    let proxy = Proxy::start(&url).await.unwrap();
    let through = EngineApi::new(&proxy.url()).unwrap();
    let put = json!({ "TableName": table.name, "Item": Table::row("1", Some("x"), 5_000) });
    through.call("DynamoDB_20120810.PutItem", &put).await.unwrap();
    let get = json!({
        "TableName": table.name, "Key": { "pk": { "S": "a" }, "sk": { "S": "1" } }, "ConsistentRead": true,
        "ProjectionExpression": "#p", "ExpressionAttributeNames": { "#p": "pk" },
    });
    let got = through.call("DynamoDB_20120810.GetItem", &get).await.unwrap();
    assert_eq!(got["Item"], json!({ "pk": { "S": "a" } }), "only what was asked for comes back");
    let calls = proxy.ledger.take();
    let units: Vec<(String, String)> = calls
        .iter()
        .map(|call| (call.units.written().normalize().to_string(), call.units.read_units().normalize().to_string()))
        .collect();
    let expected = [("6", "0"), ("0", "2")].map(|(writes, reads)| (writes.to_owned(), reads.to_owned()));
    assert_eq!(units, expected, "five kilobytes and an index entry; the whole row is read");
    assert_eq!(calls[0].rows.len(), 1);
    assert!(proxy.ledger.quiet_for().is_some());
}

/// The whole stack once. What fails here is a change that makes every order dearer.
#[tokio::test]
async fn the_reference_order_stays_below_its_ceiling() {
    let layout = Layout::named("meter-test");
    if python::ready(&layout, Purpose::Engine).is_none() {
        let reason = "the local engine is not installed; `cargo local test` installs it";
        return testing::skip("meter::the_reference_order_stays_below_its_ceiling", reason).unwrap();
    }
    let options = Options {
        home: "meter-test".to_owned(),
        orders: 1,
        stored: 0,
        patience: std::time::Duration::from_secs(1),
        paths: vec![Path::Delivered],
        functions: if std::env::var_os(testing::STAGED).is_some() { Functions::Staged } else { Functions::Dev },
        sweep: false,
    };
    let report = meter::run(&options, Progress::silent()).await.unwrap();
    let ceiling: Ceiling = serde_json::from_str(include_str!("meter_ceiling.json")).unwrap();
    let total = &report.paths[0].total;
    assert_eq!(total.http, Decimal::TEN, "the reference order is ten requests");
    assert!(total.writes > Decimal::TEN && total.executions >= Decimal::ONE, "it was metered: {total:?}");
    assert!(!report.paths[0].calls.keys().any(|call| call.starts_with("unknown")), "every caller is known");
    for (what, found, most) in [
        ("write units", total.writes, ceiling.write_units),
        ("read units", total.reads, ceiling.read_units),
        ("AWS calls", total.calls, ceiling.aws_calls),
        ("invocations", total.invocations, ceiling.invocations),
        ("queue requests", total.queue_requests, ceiling.queue_requests),
        ("events", total.events, ceiling.events),
        ("log bytes", total.log_bytes, ceiling.log_bytes),
        ("dollars per million", total.dollars_per_million, ceiling.dollars_per_million),
    ] {
        assert!(found <= most, "{what}: {found}, and the ceiling is {most}\n{}", meter::table::render(&report));
    }
}
