//! Canaries: every personal field of an order holds a value that stands nowhere else in the world. Orders live whole lives, and are
//! refused in every way; then everything that can be read is read, and a canary may sit in the orders' first rows and nowhere else.

mod birds;
mod places;

use serde_json::{Value, json};

use self::birds::Birds;
use crate::stack::shared::{Local, beside_others};
use crate::world::{Basket, Order, Placed, eventually};

#[test]
fn personal_data_stays_in_the_orders_first_rows() {
    beside_others(async |local: &Local| {
        let birds = Birds::hatch(&local.number("canary"));
        let product = local.product(9_900, &[("sz-1", 200)]).await;
        let basket = || Basket::of(&[(&product, 1)]);
        let since = local_stack::clock::now().as_millisecond();

        let lives = [
            delivered(local, &birds, &basket()).await,
            paid_at_the_door(local, &birds, &basket().cod()).await,
            cancelled(local, &birds, &basket()).await,
            collected_elsewhere(local, &birds, &basket().tmall()).await,
            refused_by_a_person(local, &birds, &Basket::of(&[(&product, 60)])).await,
            unknown_goods(local, &birds, &basket()).await,
        ];
        refused_at_the_door(local, &birds, &basket()).await;

        for order in &lives {
            let row = places::first_row(local, order).await;
            assert_eq!(birds.missing_from(&row), Vec::<&str>::new(), "the first row of {} has all of it", order.id());
        }
        // The last lines of the functions' logs are written after their answers.
        let last = lives.last().unwrap().id().to_owned();
        eventually("the last life is in the logs", async || {
            let logs = places::logs(local, since).await;
            if logs.iter().any(|(_, line)| line.contains(&last)) {
                Ok(())
            } else {
                Err(format!("{} lines", logs.len()))
            }
        })
        .await;
        let mut everything = places::logs(local, since).await;
        everything.extend(places::said_by_functions(&lives));
        everything.extend(places::dead_letters(local).await);
        everything.extend(places::rows_but_the_first(local).await);
        for (place, text) in &everything {
            assert_eq!(birds.found_in(text), None, "{place}: {text}");
        }
    });
}

async fn place(local: &Local, birds: &Birds, basket: &Basket) -> Placed {
    let body = birds.put_into(basket.body(&local.number("C")));
    local.place_body(basket.credential(), &body).await
}

/// Paid, shipped, scanned, delivered, and a part of the money sent back.
async fn delivered(local: &Local, birds: &Birds, basket: &Basket) -> Order {
    let placed = place(local, birds, basket).await;
    local.until_status(&placed.order_id, "awaiting_payment").await;
    local.pay(&placed, basket.total()).await;
    let order = local.released(&placed.order_id, 1).await;
    local.deliver(&order.shipments()[0]).await;
    let order = local.completed(&placed.order_id).await;
    let refund = json!({ "amount": { "amount": "1.00", "currency": "CNY" }, "reason": "a late parcel" });
    local.post("finance", &format!("/v1/orders/{}/refunds", order.id()), &refund).await.expect(202);
    local.until(order.id(), "should be refunded in part", |order| order.refunded_as() == ["succeeded"]).await
}

async fn paid_at_the_door(local: &Local, birds: &Birds, basket: &Basket) -> Order {
    let placed = place(local, birds, basket).await;
    let order = local.released(&placed.order_id, 1).await;
    let shipment = &order.shipments()[0];
    local.deliver(shipment).await;
    let amount = json!({ "amount": crate::world::decimal(basket.total()), "currency": "CNY" });
    local.report(shipment, &json!({ "event": "collected", "amount": amount })).await;
    local.completed(&placed.order_id).await
}

/// Paid, called off, paid back.
async fn cancelled(local: &Local, birds: &Birds, basket: &Basket) -> Order {
    let placed = place(local, birds, basket).await;
    local.until_status(&placed.order_id, "awaiting_payment").await;
    local.pay(&placed, basket.total()).await;
    local.released(&placed.order_id, 1).await;
    let path = format!("/v1/orders/{}/cancellation", placed.order_id);
    local.post("storefront", &path, &json!({ "reason": "ordered twice" })).await.expect(202);
    local.until_status(&placed.order_id, "cancelled").await
}

/// A marketplace's order: masked, and with its token for the address.
async fn collected_elsewhere(local: &Local, birds: &Birds, basket: &Basket) -> Order {
    let body = birds.put_into(basket.collected_body(&local.number("C")));
    let placed = local.place_body("channel_tmall", &body).await;
    local.released(&placed.order_id, 1).await
}

/// Above what is let through, looked at, and undone.
async fn refused_by_a_person(local: &Local, birds: &Birds, basket: &Basket) -> Order {
    let placed = place(local, birds, basket).await;
    let task = local.task("support", "hold", &placed.order_id).await;
    local.follow("support", &task, "reject", &json!({ "reason": "not plausible" })).await.expect(200);
    local.until(&placed.order_id, "should be undone", |order| ["cancelled", "rejected"].contains(&order.status())).await
}

/// Nothing that the shop sells.
async fn unknown_goods(local: &Local, birds: &Birds, basket: &Basket) -> Order {
    let mut body = birds.put_into(basket.body(&local.number("C")));
    body["lines"][0]["sku"] = json!("NO-SUCH-THING");
    let placed = local.place_body("storefront", &body).await;
    local.until_status(&placed.order_id, "rejected").await
}

/// What is refused is logged as well, and may not be repeated there: each field in turn is one that cannot be taken.
async fn refused_at_the_door(local: &Local, birds: &Birds, basket: &Basket) {
    let right = birds.put_into(basket.body(&local.number("C")));
    for place in birds.nests(&right) {
        for spoil in [
            json!(format!("{}\u{7}{}", birds.any(), "x".repeat(3_000))),
            json!([birds.any()]),
            json!({ birds.any(): 1 }),
        ] {
            let mut body = right.clone();
            *body.pointer_mut(&place).unwrap() = spoil;
            assert_eq!(local.post("storefront", "/v1/orders", &body).await.status, 400, "{place}");
        }
    }
    for name in ["customer", "shipping_address", "client"] {
        let mut body = right.clone();
        body[name] = Value::String(birds.any().to_owned());
        assert_eq!(local.post("storefront", "/v1/orders", &body).await.status, 400, "{name}");
    }
    // A wrong total: everything else is right, and is refused whole.
    let mut body = right;
    body["total"]["amount"] = json!("1.00");
    assert_eq!(local.post("storefront", "/v1/orders", &body).await.status, 400);
}
