//! Keys and tracking numbers that point to the wrong place, or to none.

use std::collections::HashMap;

use audit::{Check, Summary, Violation, neighbours};
use aws_sdk_dynamodb::types::AttributeValue;
use oms_aws::rows::{BODY, Item};
use oms_domain::id::OrderId;

use crate::Planted;
use crate::life::{Life, at, order_id, row};

fn key_row(name: &str, order_id: &str, hash: &str) -> Item {
    let mut row = row(name, "-", &[("order_id", order_id.to_owned()), ("hash", hash.to_owned())]);
    row.insert("lease_until".into(), AttributeValue::N(at(1).as_millisecond().to_string()));
    row
}

fn own_key() -> Item {
    key_row("K#storefront#key-1", order_id().as_str(), "0123456789abcdef0123")
}

fn orders() -> HashMap<OrderId, Item> {
    HashMap::from([(order_id(), Life::released().rows().remove(0))])
}

fn key(row: &Item, orders: &HashMap<OrderId, Item>) -> (Vec<Violation>, Summary) {
    let (mut found, mut summary) = (Vec::new(), Summary::default());
    neighbours::key(row, orders, at(60), &mut found, &mut summary);
    (found, summary)
}

fn tracking(shipment: &str, orders: &HashMap<OrderId, Item>) -> Vec<Violation> {
    let row = row("N#standard#SF1", "-", &[("shipment_id", shipment.to_owned())]);
    let (mut found, mut summary) = (Vec::new(), Summary::default());
    neighbours::tracking(&row, orders, &mut found, &mut summary);
    found
}

pub fn planted() -> Vec<Planted> {
    let own = order_id().to_string();
    let other = "01j9zk3w8q7rx5t2m4n6p8s0vc";
    let mut made_by_nobody = orders();
    let body = made_by_nobody[&order_id()][BODY].as_s().unwrap().replace("intake:", "stripe:");
    made_by_nobody.get_mut(&order_id()).unwrap().insert(BODY.into(), AttributeValue::S(body));
    let mut no_hash = own_key();
    no_hash.remove("hash");
    let other_body = key_row("K#storefront#key-1", &own, "fedcba9876543210");
    let shipment = |order: &str| format!("{order}-1");
    let plant = |check, what, says, found| Planted { check, what, says, found };
    vec![
        plant(
            Check::Keys,
            "a key with another body than its order",
            "its key is remembered with another body than it was made of",
            key(&other_body, &orders()).0,
        ),
        plant(
            Check::Keys,
            "a key of an order that no request made",
            "no request made it",
            key(&own_key(), &made_by_nobody).0,
        ),
        plant(
            Check::Unreadable,
            "a key that leads nowhere",
            "order_id is missing",
            key(&row("K#storefront#key-1", "-", &[]), &orders()).0,
        ),
        plant(
            Check::Unreadable,
            "a key without its body's hash",
            "its idempotency key lacks hash or lease",
            key(&no_hash, &orders()).0,
        ),
        plant(Check::Tracking, "a number of no order", "does not exist", tracking(&shipment(other), &orders())),
        plant(Check::Unreadable, "a number that leads nowhere", "shipment_id is missing", tracking("?", &orders())),
    ]
}

#[test]
fn keys_and_numbers_that_are_right() {
    assert!(key(&own_key(), &orders()).0.is_empty());
    // The same number under another key: told 409, and remembered with the body that it came with.
    let second = key_row("K#storefront#key-2", order_id().as_str(), "fedcba9876543210");
    assert!(key(&second, &orders()).0.is_empty());
    assert!(tracking(&format!("{}-1", order_id()), &orders()).is_empty());
}

#[test]
fn a_request_that_died_is_counted_once_its_lease_is_over() {
    let (found, summary) = key(&own_key(), &HashMap::new());
    assert!(found.is_empty());
    assert_eq!((summary.keys, summary.keys_without_answer), (1, 1));
    let mut at_work = own_key();
    at_work.insert("lease_until".into(), AttributeValue::N(at(61).as_millisecond().to_string()));
    assert_eq!(key(&at_work, &HashMap::new()).1.keys_without_answer, 0);
}
