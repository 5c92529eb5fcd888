//! What an order's rows weigh: DynamoDB charges by started kilobytes, and postings must not start one.

use aws_sdk_dynamodb::types::AttributeValue;
use oms_app::ports::Commit;
use oms_domain::body::Provider;
use oms_domain::command::{Command, Report};
use oms_domain::event::{CommitRecord, OrderEvent};
use oms_testkit::build::{an_order, cny};
use oms_testkit::shop::acts::Act;
use oms_testkit::shop::facts::captured;
use oms_testkit::shop::{Shop, order_id};

use crate::commit::order_row;
use crate::rows::Item;

/// As long as Stripe's own.
const PAYMENT: &str = "pi_3PxYzABcdEFghIJk1a2B3c4D";
/// Where the next write unit begins, in bytes.
const KILOBYTE: usize = 1024;

/// A row by AWS's rule: names and values, a number by its pairs of digits.
fn weight(row: &Item) -> usize {
    let value = |value: &AttributeValue| {
        let text = value.as_s().map(String::len);
        let bytes = value.as_b().map(|bytes| bytes.as_ref().len());
        let number = value.as_n().map(|digits| digits.len().div_ceil(2) + 1);
        text.or(bytes).or(number).unwrap_or_else(|other| panic!("no row has {other:?}"))
    };
    row.iter().map(|(name, of)| name.len() + value(of)).sum()
}

/// The row of a stored commit, as it was written.
fn row(record: &CommitRecord) -> Item {
    let known = record.events.iter().any(|e| matches!(e, OrderEvent::PaymentIdentified { .. }));
    let commit = Commit {
        record: record.clone(),
        stock: Vec::new(),
        rows: Vec::new(),
        points: Vec::new(),
        stale: Vec::new(),
        work_at: None,
        timer: None,
        payment: known.then(|| (Provider::Stripe, PAYMENT.to_owned())),
    };
    order_row(&commit, &[0; 8]).unwrap()
}

async fn lived(provider: Provider, acts: Vec<Act>) -> Vec<CommitRecord> {
    let mut shop = Shop::new().await;
    let order = an_order().line("HAT", 1, "59.90").paid_by(provider);
    shop.live(&Act::place(order)).await;
    for act in acts {
        shop.live(&act).await;
    }
    shop.settle().await;
    shop.store.stream(0)
}

#[tokio::test]
async fn postings_start_no_kilobyte() {
    let id = order_id("web", "W-1");
    let total = "245.90";
    let paid = || Act::told(captured(&id, "evt_3PxYzABcdEFghIJk1a2B3c4D", PAYMENT, total));
    let lives = [
        ("paid and refunded in part", Provider::Stripe, vec![paid(), Act::Refund { amount: "6.00", key: "r-1" }]),
        (
            "paid and cancelled in part",
            Provider::Stripe,
            vec![paid(), Act::CancelLines { line: 1, quantity: 1, key: "c-1" }],
        ),
        ("paid and cancelled", Provider::Stripe, vec![paid(), Act::ask(Command::Cancel { reason: "no".into() })]),
        (
            "cash on delivery",
            Provider::Cod,
            vec![
                Act::shipped(1, "SF1234567890", "s-1"),
                Act::Report { shipment: 1, report: Report::Collected { amount: cny(total) }, key: "c-1" },
            ],
        ),
    ];
    for (name, provider, acts) in lives {
        let records = lived(provider, acts).await;
        let mut written = 0;
        for record in records.iter().filter(|record| !record.postings.is_empty()) {
            let without = CommitRecord { postings: Vec::new(), ..record.clone() };
            let (with, without) = (weight(&row(record)), weight(&row(&without)));
            println!("{name}: commit {} weighs {with} bytes, {without} without postings", record.seq);
            assert_eq!(with.div_ceil(KILOBYTE), without.div_ceil(KILOBYTE), "{name}: commit {}", record.seq);
            written += 1;
        }
        assert!(written >= 2, "{name}: {written} commits with postings");
    }
}
