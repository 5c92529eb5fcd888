//! Looking an order up: at once, by version, in lists, and only one's own.

use serde_json::{Value, json};

use crate::stack::shared::beside_others;
use crate::world::{Answer, Basket};

#[test]
fn right_after_the_202_it_is_there() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        for _ in 0..5 {
            let placed = w.place(&Basket::of(&[(&tee, 1)])).await;
            let answer = w.get("storefront", &format!("/v1/orders/{}", placed.order_id)).await;
            let etag = answer.header("etag").to_owned();
            let order = answer.expect(200);
            assert_eq!(etag, format!("\"{}\"", order["version"]));
            assert_eq!(order["timeline"][0]["event"], "order_received");
            assert_eq!(order["payments"][0]["payment_reference"], placed.reference.as_str());
        }
    });
}

#[test]
fn an_unchanged_order_is_304_and_a_changed_one_is_not() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 1)]);
        let placed = w.payable(&basket).await;
        let path = format!("/v1/orders/{}", placed.order_id);
        let etag = w.get("support", &path).await.header("etag").to_owned();
        let ask = async || Answer::to(w.request_by("support", "GET", &path).header("if-none-match", &etag)).await;
        assert_eq!(ask().await.status, 304);
        w.pay(&placed, basket.total()).await;
        let changed = ask().await;
        assert_ne!(changed.header("etag"), etag);
        changed.expect(200);
    });
}

#[test]
fn an_id_that_was_never_issued_is_404() {
    beside_others(async |w| {
        for id in ["0123456789abcdefghjkmnpqrs", "x", "0123456789ABCDEFGHJKMNPQRSTVWXYZ0123", "a%20b"] {
            w.get("support", &format!("/v1/orders/{id}")).await.expect_problem(404, "not-found");
        }
        // Nor does a path that nobody serves.
        w.get("support", "/v1/nothing").await.expect_problem(404, "not-found");
    });
}

#[test]
fn everything_that_was_sent_is_shown() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let mut body = Basket::of(&[(&tee, 1)]).body(&w.number("T"));
        let more = json!({
            "placed_at": "2026-11-11T00:00:01Z", "ship_by": "2026-11-13T16:00:00Z", "locale": "zh-CN",
            "buyer_note": "周末送", "seller_note": "VIP", "gift": { "message": "生日快乐", "hide_prices": true },
            "billing_address": { "name": "王芳", "country": "CN", "city": "深圳市" },
            "metadata": { "utm": "双11" },
            "invoice": { "type": "general", "title_kind": "company", "title": "某公司", "tax_id": "91440300X" },
            "delivery": { "type": "ship", "window": { "from": "2026-11-14T01:00:00Z", "to": "2026-11-14T04:00:00Z" } },
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body["lines"][0]["attributes"] = json!({ "颜色": "红" });
        let placed = w.place_body("storefront", &body).await;
        let order = w.until_status(&placed.order_id, "awaiting_payment").await.0;
        for (name, sent) in more.as_object().unwrap() {
            assert_shown(name, sent, &order[name]);
        }
        assert_shown("attributes", &body["lines"][0]["attributes"], &order["lines"][0]["attributes"]);
        assert_shown("customer", &body["customer"], &order["customer"]);
        assert_shown("shipping_address", &body["shipping_address"], &order["shipping_address"]);
    });
}

/// Whatever was sent is there; more may be.
fn assert_shown(name: &str, sent: &Value, shown: &Value) {
    match sent {
        Value::Object(members) => {
            for (member, value) in members {
                assert_shown(&format!("{name}.{member}"), value, &shown[member]);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            assert_eq!(sent, shown, "{name}");
        }
    }
}

#[test]
fn another_channels_orders_do_not_exist() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let web = w.payable(&Basket::of(&[(&tee, 1)])).await.order_id;
        let body = Basket::of(&[(&tee, 1)]).tmall().collected_body(&w.number("T"));
        let tmall = w.place_body("channel_tmall", &body).await.order_id;
        for (who, foreign) in [("channel_tmall", &web), ("storefront", &tmall)] {
            let path = format!("/v1/orders/{foreign}");
            w.get(who, &path).await.expect_problem(404, "not-found");
            let cancel = w.post(who, &format!("{path}/cancellation"), &json!({ "reason": "x" })).await;
            cancel.expect_problem(404, "not-found");
            let known = json!({ "provider": "stripe", "amount": { "amount": "107.00", "currency": "CNY" }, "provider_payment_id": "pi_x" });
            w.post(who, &format!("{path}/payments"), &known).await.expect_problem(404, "not-found");
        }
        w.get("storefront", &format!("/v1/orders/{web}")).await.expect(200);
        w.get("channel_tmall", &format!("/v1/orders/{tmall}")).await.expect(200);
        w.get("support", &format!("/v1/orders/{tmall}")).await.expect(200);
    });
}

#[test]
fn lists_by_customer_and_by_day_newest_first_in_pages() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 50)]).await;
        let customer = w.number("c");
        let mut ids = Vec::new();
        for _ in 0..5 {
            ids.push(w.place(&Basket::of(&[(&tee, 1)]).customer(&customer)).await.order_id);
        }
        let theirs = Basket::of(&[(&tee, 1)]).tmall().customer(&customer).body(&w.number("T"));
        let mut theirs = theirs;
        theirs["payment"] = json!({ "provider": "cod" });
        let foreign = w.place_body("channel_tmall", &theirs).await.order_id;
        ids.reverse();

        let mut seen = Vec::new();
        let mut query = format!("/v1/orders?customer_id={customer}&limit=2");
        loop {
            let page = w.get("storefront", &query).await.expect(200);
            seen.extend(page["items"].as_array().unwrap().iter().map(|o| o["order_id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            query = format!("/v1/orders?customer_id={customer}&limit=2&cursor={next}");
        }
        assert_eq!(seen, ids, "a storefront sees its own channels' orders");
        let all = w.get("support", &format!("/v1/orders?customer_id={customer}&limit=100")).await.expect(200);
        assert_eq!(all["items"][0]["order_id"], foreign.as_str(), "the newest first, of every channel");
        assert_eq!(all["items"].as_array().unwrap().len(), 6);

        let day = &w.order(&ids[0]).await.text("/created_at")[..10].to_owned();
        let page = w.get("support", &format!("/v1/orders?placed_on={day}&channel=web&limit=100")).await.expect(200);
        assert!(page["items"].as_array().unwrap().iter().all(|order| order["channel"] == "web"));
        w.get("support", "/v1/orders").await.expect_problem(400, "invalid-field");
        let other = w.get("storefront", &format!("/v1/orders?placed_on={day}&channel=tmall")).await;
        other.expect_problem(403, "forbidden");
        w.get("support", &format!("/v1/orders?customer_id={customer}&page=2"))
            .await
            .expect_problem(400, "invalid-field");
    });
}
