//! Callbacks in every order: five events of payments and parcels in all 120 orders, each of them sent one to ten times and
//! mixed with the others. However they come, the order ends where it ends when each comes once and in turn.

use oms_domain::command::Report;
use oms_domain::derived;
use oms_domain::order::Order;
use oms_domain::status::OrderStatus;
use oms_testkit::build::an_order;
use oms_testkit::seeded::Seeded;
use oms_testkit::shop::acts::Act;
use oms_testkit::shop::facts::{authorized, captured, failed, pending};
use oms_testkit::shop::work::Way;
use oms_testkit::shop::{Shop, checks, order_id};

/// Most copies of one event.
const MOST_COPIES: usize = 10;

/// The items in all orders, the first one being theirs.
fn permutations<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    (0..items.len())
        .flat_map(|i| {
            let mut rest = items.to_vec();
            let first = rest.remove(i);
            permutations(&rest).into_iter().map(move |others| [vec![first.clone()], others].concat())
        })
        .collect()
}

/// The events with copies, each behind its original. Over all permutations every event is sent every number of times.
fn with_copies(events: &[Act], number: usize) -> Vec<Act> {
    let chance = Seeded::new(number as u64);
    let mut copied: Vec<(usize, &Act)> = events.iter().enumerate().collect();
    for (which, event) in events.iter().enumerate() {
        let copies = (number + 3 * which) % MOST_COPIES;
        for _ in 0..copies {
            let original = copied.iter().position(|(of, _)| *of == which).unwrap();
            let behind = copied.len() - original;
            let at = original + 1 + usize::try_from(chance.below(behind as u64)).unwrap();
            copied.insert(at, (which, event));
        }
    }
    copied.into_iter().map(|(_, event)| event.clone()).collect()
}

/// What people and books see of an order.
#[derive(Debug, PartialEq)]
struct End {
    status: OrderStatus,
    payment: &'static str,
    fulfilment: &'static str,
    captured: String,
    refunded: String,
    /// On hand, held, committed.
    shelf: (i64, i64, i64),
    anomalies: usize,
}

impl End {
    fn of(shop: &Shop, order: &Order) -> Self {
        Self {
            status: order.status,
            payment: derived::payment_status(order),
            fulfilment: derived::fulfilment_status(order),
            captured: order.captured().unwrap().to_string(),
            refunded: order.refunded().unwrap().to_string(),
            shelf: shop.counts("sz-1", "TEE-M"),
            anomalies: order.anomalies.len(),
        }
    }
}

/// Two shirts at 186.00 in all, and what happened to them before.
async fn shop_with(before: &[Act]) -> Shop {
    let mut shop = Shop::new().await;
    shop.live(&Act::place(an_order())).await;
    shop.live_all(before).await;
    shop
}

/// All orders of the events end in one way.
async fn end_alike(shop: &Shop, events: [Act; 5], end: &End) {
    let all = permutations(&events);
    assert_eq!(all.len(), 120);
    for (number, permutation) in all.iter().enumerate() {
        let mut shop = shop.fork(Way::Message);
        for event in with_copies(permutation, number) {
            // Where workers are slow, the next callback finds the work of the last one still undone.
            if number % 2 == 0 {
                shop.live(&event).await;
            } else {
                shop.act(&event).await;
            }
        }
        shop.settle().await;
        checks::sound(&shop).await;
        let order = shop.order(&shop.id()).await;
        assert_eq!(End::of(&shop, &order), *end, "order {number} of the events: {permutation:#?}");
    }
}

fn report(report: Report, key: &'static str) -> Act {
    Act::Report { shipment: 1, report, key }
}

fn scan(status: &'static str, event: &'static str) -> Act {
    Act::Scan { number: "SF1", status, event }
}

fn paid(event: &str, payment: &str) -> Act {
    Act::told(captured(&order_id("web", "W-1"), event, payment, "186.00"))
}

/// A payment that waits, fails, is promised and is taken, and a second payment beside it.
#[tokio::test]
async fn five_events_of_payments() {
    let id = order_id("web", "W-1");
    let events = [
        Act::told(pending(&id, "evt_1", "pi_1")),
        Act::told(failed(&id, "evt_2", "pi_1")),
        Act::told(authorized(&id, "evt_3", "pi_1", "186.00")),
        paid("evt_4", "pi_1"),
        paid("evt_5", "pi_2"),
    ];
    let end = End {
        status: OrderStatus::InFulfilment,
        payment: "paid",
        fulfilment: "unfulfilled",
        captured: "372.00 CNY".into(),
        refunded: "186.00 CNY".into(),
        shelf: (10, 0, 2),
        anomalies: 0,
    };
    end_alike(&shop_with(&[]).await, events, &end).await;
}

/// What a warehouse and a carrier say of one parcel.
#[tokio::test]
async fn five_events_of_a_parcel() {
    let events = [
        report(Report::Accepted, "r-1"),
        report(Report::Packed, "r-2"),
        Act::shipped(1, "SF1", "r-3"),
        scan("in_transit", "s-1"),
        scan("delivered", "s-2"),
    ];
    let end = End {
        status: OrderStatus::Completed,
        payment: "paid",
        fulfilment: "delivered",
        captured: "186.00 CNY".into(),
        refunded: "0.00 CNY".into(),
        shelf: (8, 0, 0),
        anomalies: 0,
    };
    end_alike(&shop_with(&[paid("evt_1", "pi_1")]).await, events, &end).await;
}

/// An order that ships on a promise: the money is taken, a card is declined, a second payment comes, while the parcel
/// leaves and arrives.
#[tokio::test]
async fn five_events_of_both() {
    let id = order_id("web", "W-1");
    let before = [Act::told(authorized(&id, "evt_1", "pi_1", "186.00"))];
    let events = [
        paid("evt_2", "pi_1"),
        Act::told(failed(&id, "evt_3", "pi_1")),
        paid("evt_4", "pi_2"),
        Act::shipped(1, "SF1", "r-1"),
        scan("delivered", "s-1"),
    ];
    let end = End {
        status: OrderStatus::Completed,
        payment: "paid",
        fulfilment: "delivered",
        captured: "372.00 CNY".into(),
        refunded: "186.00 CNY".into(),
        shelf: (8, 0, 0),
        anomalies: 0,
    };
    end_alike(&shop_with(&before).await, events, &end).await;
}
