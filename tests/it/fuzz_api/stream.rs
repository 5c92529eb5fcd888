//! The publisher under spoilt records of the table's stream: it publishes, puts off or gives the batch back, and never panics.

use aws_lambda_events::event::dynamodb::Event;
use oms_testkit::build::an_order;
use oms_testkit::shop::acts::request;
use oms_testkit::shop::{Shop, order_id};
use oms_testkit::spoil;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::runtime::Builder;

/// A record of the stream, with the body as a text or as bytes.
fn record(id: &str, body: &Value, name: &str) -> Value {
    json!({
        "eventID": "e1", "eventName": name, "eventVersion": "1.1", "eventSource": "aws:dynamodb", "awsRegion": "us-east-1",
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:1:table/orders/stream/x",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_794_395_471, "SequenceNumber": "1", "SizeBytes": 9, "StreamViewType": "NEW_IMAGE",
            "Keys": {"pk": {"S": format!("O#{id}")}, "sk": {"S": "E#00000001"}},
            "NewImage": {"pk": {"S": format!("O#{id}")}, "sk": {"S": "E#00000001"}, "w": {"B": "AAAA"}, "body": body},
        },
    })
}

#[test]
fn a_spoilt_stream_is_published_put_off_or_given_back() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let shop = runtime.block_on(Shop::new());
    let id = order_id("web", "W-1");
    runtime.block_on(shop.intake().place(&request(&an_order(), "web", "W-1", "key"))).unwrap();
    let commit = serde_json::to_value(&runtime.block_on(shop.records(&id))[0]).unwrap();
    let right = record(id.as_str(), &json!({"S": commit.to_string()}), "INSERT");
    let batches = vec![
        json!({"Records": [right]}),
        json!({"Records": [record(id.as_str(), &json!({"B": "eyJhIjoxfQ=="}), "INSERT"), right]}),
        json!({"Records": [record(id.as_str(), &json!({"N": "1"}), "MODIFY")]}),
    ];
    let commits = spoil::spoiled(vec![commit])
        .prop_map(move |commit| json!({"Records": [record(id.as_str(), &json!({"S": commit.to_string()}), "INSERT")]}));
    let spoilt = prop_oneof![spoil::spoiled(batches), commits];
    let mut published = 0;
    proptest::test_runner::TestRunner::new(spoil::cases(800))
        .run(&spoilt, |batch| {
            let Ok(event) = serde_json::from_value::<Event>(batch) else { return Ok(()) };
            let _published_or_given_back = runtime.block_on(publisher::handle(event, &shop.publisher(), "test"));
            Ok(())
        })
        .unwrap();
    published += shop.bus.events().len();
    assert!(published > 20, "only {published} entries got through");
}
