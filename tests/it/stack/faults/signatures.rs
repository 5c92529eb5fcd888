//! Callbacks that are not from whom they say they are change nothing.

use local_stack::{clock, signing};
use serde_json::json;

use crate::stack::shared::beside_others;
use crate::world::Basket;

#[test]
fn a_payment_that_stripe_has_not_signed() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let basket = Basket::of(&[(&tee, 1)]);
        let placed = w.payable(&basket).await;
        let before = w.order(&placed.order_id).await.version();
        let intent = w.buyer_pays(&placed, basket.total());
        let body = w.event("payment_intent.succeeded", &intent).to_string();
        let secret = &w.stack.providers.stripe.webhook_secret;
        let now = clock::now().as_second();
        let good = w.stripe_signature(&body);
        let signed = |at: i64| signing::stripe(secret, at, body.as_bytes());
        let forged = [
            ("none".to_owned(), String::new()),
            ("of another secret".to_owned(), signing::stripe("whsec_other", now, body.as_bytes())),
            ("of another body".to_owned(), signing::stripe(secret, now, b"{}")),
            ("too old".to_owned(), signed(now - 301)),
            ("from the future".to_owned(), signed(now + 360)),
            ("cut".to_owned(), good[..good.len() - 2].to_owned()),
            ("of an unknown scheme".to_owned(), good.replace("v1=", "v0=")),
            ("no signature at all".to_owned(), "nonsense".to_owned()),
        ];
        for (what, signature) in forged {
            let answer = w.stripe_delivers(&signature, body.clone()).await;
            assert_eq!(answer.status, 401, "{what}: {}", answer.body);
        }
        let altered = body.replacen("10700", "10701", 1);
        assert_ne!(altered, body);
        assert_eq!(w.stripe_delivers(&good, altered).await.status, 401, "the bytes are signed, not their meaning");
        assert_eq!(w.stripe_delivers(&good, format!("{body} ")).await.status, 401);
        let order = w.order(&placed.order_id).await;
        assert_eq!((order.status(), order.version()), ("awaiting_payment", before), "{}", order.story());

        // Several signatures, of which one fits, as during a change of secrets.
        let (at, tag) = good.split_once(',').unwrap();
        let several = format!("{at},v1={},{tag},v0=ignored", "0".repeat(64));
        w.stripe_delivers(&several, body).await.expect(200);
        w.released(&placed.order_id, 1).await;
    });
}

#[test]
fn a_scan_that_the_carrier_has_not_signed() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let placed = w.place(&Basket::of(&[(&tee, 1)]).cod()).await;
        let order = w.released(&placed.order_id, 1).await;
        let tracking = w.ship(&order.shipments()[0]).await;
        let before = w.order(&placed.order_id).await.version();
        let id = w.number("scan");
        let body = json!({
            "event_id": id, "tracking_number": tracking, "status": "delivered", "occurred_at": clock::now().to_string(),
        })
        .to_string();
        let now = clock::now().as_second();
        let secret = w.stack.carriers.standard.webhook_secret.clone();
        let other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let sign =
            |secret: &str, id: &str, at: i64| signing::standard_webhook(secret, id, at, body.as_bytes()).unwrap();
        let [message_id, timestamp, _] = sign(&secret, &id, now);
        let forged = [
            sign(other, &id, now).to_vec(),
            sign(&secret, &id, now - 3600).to_vec(),
            vec![message_id.clone(), timestamp.clone()],
            vec![message_id, timestamp, ("webhook-signature", "v1,AAAA".to_owned())],
            Vec::new(),
        ];
        for headers in forged {
            let answer = w.carrier_delivers(&headers, body.clone()).await;
            assert_eq!(answer.status, 401, "{headers:?}: {}", answer.body);
        }
        assert_eq!(w.order(&placed.order_id).await.version(), before);
        w.scans(&id, &tracking, "delivered").await.expect(200);
        w.until_status(&placed.order_id, "completed").await;
    });
}

#[test]
fn providers_and_carriers_that_are_not_configured_are_404() {
    beside_others(async |w| {
        for path in [
            "/v1/payments/channel/callbacks",
            "/v1/payments/cod/callbacks",
            "/v1/payments/nobody/callbacks",
            "/v1/carriers/ups/callbacks",
        ] {
            let answer = crate::world::Answer::to(w.request("POST", path).body("{}")).await;
            answer.expect_problem(404, "not-found");
        }
    });
}

#[test]
fn signed_and_without_a_meaning_it_is_acknowledged() {
    beside_others(async |w| {
        let event = w.event_about("customer.created", json!({ "id": "cus_1", "object": "customer" }));
        for _ in 0..3 {
            assert_eq!(w.stripe_says(&event).await.expect(200), json!({ "received": true }));
        }
        // Signed, and no event: a mistake that a repetition does not mend.
        let body = "{\"not\":\"an event\"}".to_owned();
        let signature = w.stripe_signature(&body);
        assert_eq!(w.stripe_delivers(&signature, body).await.status, 400);
    });
}
