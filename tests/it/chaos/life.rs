//! The lives that orders are walked through, and how each must end.

use oms_testkit::seeded::Seeded;
use serde_json::json;

use super::client::Client;
use crate::stack::shared::Local;
use crate::world::{Basket, Intent, Order, Placed, Product, decimal, shipped, yuan};

/// A course of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Course {
    /// Paid when asked, delivered.
    Paid,
    /// Paid at once, so that the callback may come before the order is looked at; delivered.
    PaidAtOnce,
    /// Paid at the door.
    Cod,
    /// Delivered, and a part of the money sent back by finance.
    Refunded,
    /// Paid, then cancelled before anything was shipped.
    CancelledPaid,
    /// Cancelled before it was paid.
    CancelledUnpaid,
    /// Never paid.
    Unpaid,
}

/// How often each comes, of a hundred.
const MIX: [(Course, u64); 7] = [
    (Course::Paid, 25),
    (Course::PaidAtOnce, 15),
    (Course::Cod, 20),
    (Course::Refunded, 15),
    (Course::CancelledPaid, 15),
    (Course::CancelledUnpaid, 5),
    (Course::Unpaid, 5),
];

impl Course {
    /// One of them.
    pub fn draw(chance: &Seeded) -> Self {
        let mut drawn = chance.below(MIX.iter().map(|(_, share)| share).sum());
        for (course, share) in MIX {
            match drawn.checked_sub(share) {
                Some(left) => drawn = left,
                None => return course,
            }
        }
        Self::Paid
    }
}

/// An order that was walked to its end.
pub struct Walked {
    pub course: Course,
    pub placed: Placed,
    pub intent: Option<Intent>,
    /// Units by SKU, as ordered.
    pub lines: Vec<(String, u32)>,
    /// As it rests.
    pub order: Order,
}

/// Walks one order through its life.
pub async fn walk(local: &Local, client: &Client<'_>, shelf: &[Product], customer: &str, chance: &Seeded) -> Walked {
    let course = Course::draw(chance);
    let (basket, lines) = basket(shelf, customer, chance);
    let basket = if course == Course::Cod { basket.cod() } else { basket };
    let body = basket.body(&local.number("C"));
    let answer = client.must("storefront", "/v1/orders", &body).await;
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    let placed = Placed { order_id: text("order_id"), reference: text("payment_reference") };
    let mut walk = Walk { local, client, chance, id: placed.order_id.clone(), intent: None };
    let order = match course {
        Course::Paid => {
            walk.payable().await;
            walk.pay(&placed, basket.total()).await;
            walk.deliver().await
        }
        Course::PaidAtOnce => {
            walk.pay(&placed, basket.total()).await;
            walk.deliver().await
        }
        Course::Cod => {
            let order = walk.deliver().await;
            let collected = json!({ "event": "collected", "amount": yuan(basket.total()) });
            client.reports(&order.shipments()[0], &collected).await;
            walk.until("paid at the door", |o| o.payment_status() == "paid").await
        }
        Course::Refunded => {
            walk.payable().await;
            walk.pay(&placed, basket.total()).await;
            let order = walk.deliver().await;
            if order.status() == "completed" { walk.refund(basket.total()).await } else { order }
        }
        Course::CancelledPaid => {
            walk.payable().await;
            walk.pay(&placed, basket.total()).await;
            if chance.per_mille(500) {
                walk.released().await;
            }
            walk.cancel().await
        }
        Course::CancelledUnpaid => {
            walk.payable().await;
            walk.cancel().await
        }
        Course::Unpaid => {
            walk.payable().await;
            walk.until("expired", |o| o.status() == "expired").await
        }
    };
    Walked { course, intent: walk.intent, lines, placed, order }
}

fn basket(shelf: &[Product], customer: &str, chance: &Seeded) -> (Basket, Vec<(String, u32)>) {
    let first = usize::try_from(chance.below(shelf.len() as u64)).unwrap();
    let mut chosen = vec![(&shelf[first], 1 + u32::try_from(chance.below(2)).unwrap())];
    if chance.per_mille(400) {
        chosen.push((&shelf[(first + 1) % shelf.len()], 1));
    }
    let lines = chosen.iter().map(|(product, quantity)| (product.sku.clone(), *quantity)).collect();
    (Basket::of(&chosen).customer(customer), lines)
}

struct Walk<'a> {
    local: &'a Local,
    client: &'a Client<'a>,
    chance: &'a Seeded,
    id: String,
    intent: Option<Intent>,
}

impl Walk<'_> {
    async fn until(&self, what: &str, is_so: impl Fn(&Order) -> bool) -> Order {
        self.client.until(&self.id, what, is_so).await
    }

    /// Once, twice or three times: what the outside world says comes at least once.
    fn times(&self) -> u64 {
        1 + self.chance.below(3)
    }

    async fn payable(&self) {
        self.until("to be paid", |o| !["received", "validated"].contains(&o.status())).await;
    }

    async fn pay(&mut self, placed: &Placed, cents: i64) {
        let intent = self.local.buyer_pays(placed, cents);
        self.client.paid(&intent, self.times()).await;
        self.intent = Some(intent);
    }

    /// With its location, or too late: then it is expired, and the money goes back.
    async fn released(&self) -> Order {
        self.until("released", |o| is_expired(o) || o.status() == "in_fulfilment" && o.is_released(1)).await
    }

    async fn deliver(&self) -> Order {
        let order = self.released().await;
        if is_expired(&order) {
            return order;
        }
        let shipment = &order.shipments()[0];
        let tracking = self.local.tracking_number();
        self.client.reports(shipment, &json!({ "event": "accepted" })).await;
        self.client.reports(shipment, &json!({ "event": "packed" })).await;
        self.client.reports(shipment, &shipped(&tracking)).await;
        for status in ["in_transit", "out_for_delivery", "delivered"] {
            self.client.scans(&tracking, status, self.times()).await;
        }
        self.until("completed", |o| o.status() == "completed").await
    }

    async fn cancel(&self) -> Order {
        let path = format!("/v1/orders/{}/cancellation", self.id);
        let settled = self.client.post("support", &path, &json!({ "reason": "chaos" })).await;
        // It may have expired a moment before.
        assert!([202, 409].contains(&settled.status), "{} {}", settled.status, settled.body);
        self.until("cancelled", |o| o.status() == "cancelled" || is_expired(o)).await
    }

    async fn refund(&self, total: i64) -> Order {
        let body = json!({ "amount": { "amount": decimal(total / 3), "currency": "CNY" }, "reason": "chaos" });
        self.client.must("finance", &format!("/v1/orders/{}/refunds", self.id), &body).await;
        self.until("refunded in part", |o| o.refunded_as() == ["succeeded"]).await
    }
}

/// Over without goods, and everything that was paid is back.
fn is_expired(order: &Order) -> bool {
    order.status() == "expired" && order.refunded_as().iter().all(|status| *status == "succeeded") && {
        let totals = |name: &str| order.text(&format!("/totals/{name}/amount")).to_owned();
        totals("captured") == totals("refunded")
    }
}
