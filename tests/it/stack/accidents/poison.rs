//! Messages that cannot be worked on end in the dead-letter queue, and go back from there once the cause is repaired.

use serde_json::{Value, json};

use crate::stack::shared::{Local, beside_others, restoring};
use crate::world::{Basket, eventually};

/// Waits until all of these are in the dead-letter queue: about half a minute, since what cannot succeed is tried five times,
/// each after twice the time.
async fn given_up(w: &Local, bodies: &[Value]) {
    eventually("all of it is in the dead-letter queue", async || {
        let there = w.engine.peek(w.engine.dead_letters()).await;
        let there: Vec<Value> =
            there.into_iter().map(|body| serde_json::from_str(&body).unwrap_or(json!(body))).collect();
        let missing: Vec<_> = bodies.iter().filter(|body| !there.contains(body)).collect();
        if missing.is_empty() { Ok(()) } else { Err(format!("missing {missing:?}, there {there:?}")) }
    })
    .await;
}

/// The workflow with a step in front that fails for one order, as a bad release might.
fn broken_for(order_id: &str, definition: &str) -> String {
    let mut machine: Value = serde_json::from_str(definition).unwrap();
    let first = machine["StartAt"].take();
    machine["StartAt"] = json!("IsItTheOne");
    machine["States"]["IsItTheOne"] = json!({
        "Type": "Choice", "Default": first,
        "Choices": [{ "Condition": format!("{{% $states.input.order_id = '{order_id}' %}}"), "Next": "BadRelease" }],
    });
    machine["States"]["BadRelease"] = json!({ "Type": "Fail", "Error": "Malformed", "Cause": "a bad release" });
    machine.to_string()
}

#[test]
fn poison_stops_nobody_and_what_a_bad_release_gave_up_is_redriven_with_success() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 1)]);
        let engine = &w.engine;
        let number = w.number("T");
        let unlucky = w.to_be(&number).await;
        let nobody = w.to_be(&w.number("never")).await.order_id;
        let poison = [
            json!(format!("not json {nobody}")),
            json!({ "order_id": nobody }),
            json!({ "order_id": nobody, "work": "gardening" }),
            json!({ "order_id": nobody, "work": "placement" }),
        ];
        let good = engine.definition("placement").await;
        let broken = async {
            engine.define("placement", &broken_for(&unlucky.order_id, &good)).await;
            for message in &poison {
                let body = message.as_str().map_or_else(|| message.to_string(), str::to_owned);
                engine.send(engine.stimuli(), &body).await;
            }
            w.place_body("storefront", &basket.body(&number)).await;
            // Whoever comes behind them is served.
            w.payable(&basket).await;
            given_up(w, &poison).await;
            given_up(w, &[json!({ "order_id": unlucky.order_id, "work": "placement" })]).await;
        };
        restoring(broken, engine.define("placement", &good)).await;
        let order = w.order(&unlucky.order_id).await;
        assert_eq!(order.times("order_received"), 1, "accepted, and not lost\n{}", order.story());

        assert!(engine.redrive().await > poison.len() as u32, "the poison and the good one go back");
        let order = w.until_status(&unlucky.order_id, "awaiting_payment").await;
        assert_eq!(order.times("stock_reserved"), 1, "{}", order.story());
        w.pay(&unlucky, basket.total()).await;
        w.released(&unlucky.order_id, 1).await;
    });
}
