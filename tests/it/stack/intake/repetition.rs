//! The same request again, the same order again, the same key again.

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::Value;

use crate::stack::shared::beside_others;
use crate::world::{Answer, Basket};

/// The same JSON with its members the other way round and generously spaced.
fn rewritten(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members = members
                .iter()
                .rev()
                .map(|(name, value)| format!("{} :\t{}", Value::String(name.clone()), rewritten(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(" ,\n"))
        }
        Value::Array(items) => format!("[ {} ]", items.iter().map(rewritten).collect::<Vec<_>>().join(" , ")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

#[test]
fn the_same_key_and_body_give_the_same_answer_and_no_second_order() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let (number, key) = (w.number("T"), w.number("key"));
        let body = Basket::of(&[(&tee, 2)]).body(&number);
        let first = w.post_as("storefront", "/v1/orders", &body, &key).await;
        let location = first.header("location").to_owned();
        let first = first.expect(202);
        let id = first["order_id"].as_str().unwrap();
        assert_eq!(location, format!("/v1/orders/{id}"));
        assert_eq!(first["status"], "received");
        assert!(id.len() >= 20 && id.len() <= 32 && id.bytes().all(|b| b.is_ascii_alphanumeric()), "{id}");
        assert!(first["payment_reference"].as_str().unwrap().len() <= 32, "a provider's number has 32 at most");

        let text = rewritten(&body);
        assert_ne!(text, body.to_string());
        for _ in 0..3 {
            let request = w.request_by("storefront", "POST", "/v1/orders").header("idempotency-key", &key);
            let again = Answer::to(request.body(text.clone())).await;
            assert_eq!(again.header("location"), location);
            assert_eq!(again.expect(202), first);
        }
        let order = w.until_status(id, "awaiting_payment").await;
        assert_eq!((order.times("order_received"), order.times("stock_reserved")), (1, 1), "{}", order.story());
        assert_eq!(w.shelf(&tee, "sz-1").await.held, 2);
        // Also when the order has moved on meanwhile.
        assert_eq!(w.post_as("storefront", "/v1/orders", &body, &key).await.expect(202), first);
    });
}

#[test]
fn the_key_with_another_body_is_422() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let key = w.number("key");
        let basket = Basket::of(&[(&tee, 1)]);
        w.post_as("storefront", "/v1/orders", &basket.body(&w.number("T")), &key).await.expect(202);
        let other = basket.body(&w.number("T"));
        w.post_as("storefront", "/v1/orders", &other, &key).await.expect_problem(422, "key-reused");
        // Keys belong to a credential: the marketplace may use the same text.
        let theirs = basket.tmall().collected_body(&w.number("T"));
        w.post_as("channel_tmall", "/v1/orders", &theirs, &key).await.expect(202);
    });
}

#[test]
fn the_same_order_under_another_key_is_409_with_its_id() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let number = w.number("T");
        let basket = Basket::of(&[(&tee, 1)]);
        let first = w.post("storefront", "/v1/orders", &basket.body(&number)).await.expect(202);
        for body in [basket.body(&number), Basket::of(&[(&tee, 3)]).body(&number)] {
            let problem = w.post("storefront", "/v1/orders", &body).await.expect_problem(409, "duplicate-order");
            assert_eq!(problem["order_id"], first["order_id"]);
        }
        // The number names an order together with its channel.
        let app = w.post("storefront", "/v1/orders", &basket.clone().app().body(&number)).await.expect(202);
        assert_ne!(app["order_id"], first["order_id"]);
    });
}

#[test]
fn the_same_request_many_times_at_once_is_one_order() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 50)]).await;
        let (key, body) = (w.number("key"), Basket::of(&[(&tee, 1)]).body(&w.number("T")));
        let answers = join_all((0..12).map(|_| w.post_as("storefront", "/v1/orders", &body, &key))).await;
        let mut ids = BTreeSet::new();
        for answer in answers {
            match answer.status {
                202 => drop(ids.insert(answer.expect(202)["order_id"].to_string())),
                _ => drop(answer.expect_problem(409, "request-in-flight")),
            }
        }
        assert_eq!(ids.len(), 1, "{ids:?}");
        let id = ids.first().unwrap().trim_matches('"').to_owned();
        let order = w.until_status(&id, "awaiting_payment").await;
        assert_eq!(order.times("order_received"), 1, "{}", order.story());
        assert_eq!(w.shelf(&tee, "sz-1").await.held, 1);
    });
}

#[test]
fn the_same_order_by_push_and_by_poll_is_one_order() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 50)]).await;
        let body = Basket::of(&[(&tee, 1)]).tmall().collected_body(&w.number("T"));
        let answers = join_all((0..6).map(|_| w.post("channel_tmall", "/v1/orders", &body))).await;
        let taken: Vec<_> = answers.iter().filter(|answer| answer.status == 202).collect();
        assert_eq!(taken.len(), 1, "{answers:?}");
        let id = taken[0].body["order_id"].as_str().unwrap();
        let refused = answers.iter().filter(|answer| answer.status != 202);
        for answer in refused.cloned() {
            assert_eq!(answer.expect_problem(409, "duplicate-order")["order_id"], id);
        }
        w.released(id, 1).await;
        assert_eq!(w.shelf(&tee, "sz-1").await.committed, 1);
    });
}
