//! At the end everybody's books must agree: the clients', the shop's, the provider's and the shelves'.

use std::collections::{BTreeMap, BTreeSet};

use super::client::Client;
use super::life::{Course, Walked};
use crate::stack::shared::Local;
use crate::world::{Order, Product};

/// Units that every shelf had at first.
pub const FILLED: u32 = 5000;

/// None lost and none doubled: what the clients were promised is what the shop has, and no more.
pub async fn orders_agree(client: &Client<'_>, customer: &str, walked: &[Walked]) {
    let promised: BTreeSet<&str> = walked.iter().map(|w| w.placed.order_id.as_str()).collect();
    assert_eq!(promised.len(), walked.len(), "two orders were given one id");
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = client.get("support", &format!("/v1/orders?customer_id={customer}&limit=100{cursor}")).await;
        found.extend(page["items"].as_array().unwrap().iter().map(|o| o["order_id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(found.len(), walked.len(), "an order was lost or doubled");
    assert!(found.iter().all(|id| promised.contains(id.as_str())), "an order that nobody was promised");
    for Walked { order, .. } in walked {
        for once in ["order_received", "order_validated", "order_confirmed", "shipment_released", "shipment_delivered"]
        {
            assert!(order.times(once) <= 1, "{once} more than once\n{}", order.story());
        }
        assert_eq!(order.times("anomaly_raised"), 0, "{}", order.story());
    }
}

/// Every order ended as its course must end, or expired because the chaos held its payment up for too long; how many.
pub fn ends_agree(walked: &[Walked]) -> usize {
    let mut late = 0;
    for Walked { course, order, .. } in walked {
        let ended = (order.status(), order.payment_status());
        let right = match course {
            Course::Paid | Course::PaidAtOnce | Course::Cod => ended == ("completed", "paid"),
            Course::Refunded => ended == ("completed", "partially_refunded"),
            Course::CancelledPaid => ended == ("cancelled", "refunded"),
            Course::CancelledUnpaid => order.status() == "cancelled",
            Course::Unpaid => order.status() == "expired",
        };
        late += usize::from(!right);
        assert!(right || order.status() == "expired", "{course:?} ended otherwise\n{}", order.story());
    }
    late
}

/// The provider's books: what it took and sent back is what the orders say, each refund once and under its own key.
pub fn provider_agrees(local: &Local, walked: &[Walked]) -> usize {
    let mut sent = 0;
    for Walked { order, intent, .. } in walked {
        let Some(intent) = intent else { continue };
        local.stripe_is_content_with(intent);
        let refunds = local.refunds_of(intent);
        let ids: BTreeSet<&str> = refunds.iter().map(|refund| refund.metadata["refund_id"].as_str()).collect();
        assert_eq!(ids.len(), refunds.len(), "a refund was made twice\n{}", order.story());
        let back: i64 = refunds.iter().map(|refund| refund.amount).sum();
        assert_eq!(back, cents(order, "refunded"), "{}", order.story());
        assert_eq!(intent.amount, cents(order, "captured"), "{}", order.story());
        sent += refunds.len();
    }
    sent
}

/// The shelves: what is missing from them is what completed orders carried away, and nothing is still promised.
pub async fn shelves_agree(client: &Client<'_>, shelf: &[Product], walked: &[Walked]) {
    let mut gone: BTreeMap<&str, i64> = BTreeMap::new();
    for Walked { order, lines, .. } in walked.iter().filter(|w| w.order.status() == "completed") {
        assert!(!order.shipments().is_empty());
        for (sku, quantity) in lines {
            *gone.entry(sku.as_str()).or_default() += i64::from(*quantity);
        }
    }
    for product in shelf {
        let stock = client.get("warehouse", &format!("/v1/stock/{}", product.sku)).await;
        let count = |name: &str| -> i64 {
            stock["locations"].as_array().unwrap().iter().map(|level| level[name].as_i64().unwrap()).sum()
        };
        let gone = gone.get(product.sku.as_str()).copied().unwrap_or_default();
        let left = i64::from(FILLED) - gone;
        let counted = (count("on_hand"), count("held"), count("committed"), count("available"));
        assert_eq!(counted, (left, 0, 0, left), "{}", product.sku);
    }
}

fn cents(order: &Order, sum: &str) -> i64 {
    order.text(&format!("/totals/{sum}/amount")).replace('.', "").parse().unwrap()
}
