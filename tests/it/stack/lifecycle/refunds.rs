//! Money back by amount and by lines: never more than what remains, and always to the last cent.

use serde_json::{Value, json};

use crate::stack::shared::{Local, beside_others};
use crate::world::{Basket, Intent, Order, yuan};

fn refund_path(order: &Order) -> String {
    format!("/v1/orders/{}/refunds", order.id())
}

/// Finance asks, and waits until Stripe has done it.
async fn refund(w: &Local, order: &Order, ask: &Value) -> Order {
    let answer = w.post("finance", &refund_path(order), ask).await.expect(202);
    let id = answer["refund_id"].as_str().unwrap().to_owned();
    let done =
        |o: &Order| o.list("/refunds").iter().any(|r| r["refund_id"] == id.as_str() && r["status"] == "succeeded");
    w.until(order.id(), &format!("should have refunded {id}"), done).await
}

fn sent_back(w: &Local, intent: &Intent) -> Vec<i64> {
    w.refunds_of(intent).iter().map(|refund| refund.amount).collect()
}

#[test]
fn by_amount_until_nothing_remains() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let (order, intent) = w.released_order(&Basket::of(&[(&tee, 2)]), 1).await;
        w.deliver(&order.shipments()[0]).await;
        w.completed(order.id()).await;
        let ask = |cents: i64| json!({ "amount": yuan(cents), "reason": "瑕疵补偿" });
        let path = refund_path(&order);

        w.post("finance", &path, &ask(20_601)).await.expect_problem(422, "exceeds-remaining");
        let order = refund(w, &order, &ask(5_000)).await;
        assert_eq!((order.payment_status(), order.text("/totals/refunded/amount")), ("partially_refunded", "50.00"));
        w.post("finance", &path, &ask(15_601)).await.expect_problem(422, "exceeds-remaining");
        let order = refund(w, &order, &ask(15_600)).await;
        assert_eq!((order.payment_status(), order.text("/totals/refunded/amount")), ("refunded", "206.00"));
        w.post("finance", &path, &ask(1)).await.expect_problem(422, "exceeds-remaining");
        assert_eq!(sent_back(w, &intent), [5_000, 15_600]);
        w.stripe_is_content_with(&intent);
    });
}

#[test]
fn by_lines_to_the_last_cent() {
    beside_others(async |w| {
        let tee = w.product(3300, &[("sz-1", 5)]).await;
        // 99.00 less 19.99, and 8.00 for shipping: 87.01 for three, which is 29.01 and twice 29.00.
        let (order, intent) = w.released_order(&Basket::of(&[(&tee, 3)]).promotion(1999), 1).await;
        w.deliver(&order.shipments()[0]).await;
        w.completed(order.id()).await;
        let units = |quantity: u32| json!({ "lines": [{ "line_id": "1", "quantity": quantity }], "reason": "少发" });
        let path = refund_path(&order);

        w.post("finance", &path, &units(4)).await.expect_problem(422, "exceeds-remaining");
        let order = refund(w, &order, &units(1)).await;
        w.post("finance", &path, &units(3)).await.expect_problem(422, "exceeds-remaining");
        let order = refund(w, &order, &units(2)).await;
        assert_eq!(sent_back(w, &intent), [2_901, 5_800], "{}", order.story());
        assert_eq!(order.text("/totals/refunded/amount"), "87.01");
        w.post("finance", &path, &units(1)).await.expect_problem(422, "exceeds-remaining");
        let missing = json!({ "lines": [{ "line_id": "9", "quantity": 1 }], "reason": "?" });
        let problem = w.post("finance", &path, &missing).await.expect_problem(400, "invalid-field");
        assert_eq!(problem["field"], "lines");
    });
}

#[test]
fn a_key_is_one_refund() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let (order, intent) = w.released_order(&Basket::of(&[(&tee, 1)]), 1).await;
        let (path, key) = (refund_path(&order), w.number("key"));
        let ask = json!({ "amount": yuan(1_000), "reason": "延误" });
        let first = w.post_as("finance", &path, &ask, &key).await.expect(202);
        for _ in 0..3 {
            assert_eq!(w.post_as("finance", &path, &ask, &key).await.expect(202), first);
        }
        let other = json!({ "amount": yuan(1_001), "reason": "延误" });
        w.post_as("finance", &path, &other, &key).await.expect_problem(422, "key-reused");
        let order = w.until(order.id(), "should be refunded", |o| o.refunded_as() == ["succeeded"]).await;
        assert_eq!(sent_back(w, &intent), [1_000], "{}", order.story());
    });
}

#[test]
fn many_at_once_never_exceed_what_remains() {
    beside_others(async |w| {
        let tee = w.product(9200, &[("sz-1", 5)]).await;
        let (order, intent) = w.released_order(&Basket::of(&[(&tee, 1)]), 1).await;
        let path = refund_path(&order);
        let ask = json!({ "amount": yuan(3_000), "reason": "并发" });
        let asked = (0..6).map(|_| w.post("finance", &path, &ask));
        let answers = futures::future::join_all(asked).await;
        let taken = answers.iter().filter(|answer| answer.status == 202).count();
        assert_eq!(taken, 3, "100.00 hold three times 30.00: {answers:?}");
        assert!(answers.iter().all(|answer| answer.status == 202 || answer.problem() == "exceeds-remaining"));
        let three = |o: &Order| o.refunded_as() == ["succeeded", "succeeded", "succeeded"];
        w.until(order.id(), "should be refunded three times", three).await;
        assert_eq!(sent_back(w, &intent), [3_000, 3_000, 3_000]);
        w.stripe_is_content_with(&intent);
    });
}

#[test]
fn what_is_no_refund_is_refused() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let (order, _) = w.released_order(&Basket::of(&[(&tee, 1)]), 1).await;
        let path = refund_path(&order);
        let dollars = json!({ "amount": { "amount": "1.00", "currency": "USD" }, "reason": "x" });
        let cases = [
            (json!({ "reason": "x" }), "amount"),
            (json!({ "amount": yuan(0), "reason": "x" }), "amount"),
            (json!({ "amount": yuan(100) }), "reason"),
            (json!({ "amount": yuan(100), "lines": [{ "line_id": "1", "quantity": 1 }], "reason": "x" }), "lines"),
            (json!({ "lines": [], "reason": "x" }), "lines"),
            (dollars, "amount.currency"),
        ];
        for (body, field) in cases {
            let problem = w.post("finance", &path, &body).await.expect_problem(400, "invalid-field");
            assert_eq!(problem["field"], field, "{body}");
        }
        let unpaid = w.payable(&Basket::of(&[(&tee, 1)])).await;
        let ask = json!({ "amount": yuan(100), "reason": "x" });
        let path = format!("/v1/orders/{}/refunds", unpaid.order_id);
        w.post("finance", &path, &ask).await.expect_problem(422, "exceeds-remaining");
    });
}
