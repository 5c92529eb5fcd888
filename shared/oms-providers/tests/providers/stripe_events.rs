//! What Stripe's events mean.

use jiff::Timestamp;
use oms_domain::body::Provider;
use oms_domain::id::RefundId;
use oms_domain::payment::{FeeFact, PaymentFact, PaymentFactKind, RefundFactStatus};
use oms_providers::callback::{Callback, WhyUnhandled, receive};
use oms_providers::error::ProviderError;
use oms_providers::stripe::signature::header;
use serde_json::{Value, json};

use crate::support::{
    ORDER, REFERENCE, REFUND, SECRET, event, headers, intent, money, now, only, order, refund, stripe, with,
};

/// Signs the event as Stripe does and says what it means.
fn said(event: &Value) -> Result<Callback, ProviderError> {
    let body = event.to_string();
    let at: Timestamp = now();
    let signature = header(SECRET, at, body.as_bytes()).unwrap();
    receive(&stripe(), &headers(&[("stripe-signature", &signature)]), body.as_bytes(), at).map(only)
}

fn fact(event: &Value) -> PaymentFact {
    match said(event).unwrap() {
        Callback::Fact { fact, .. } => fact,
        Callback::Unhandled { kind, why, .. } => panic!("{kind} unhandled: {why:?}"),
    }
}

#[test]
fn payment_intents() {
    let captured = |amount, currency| PaymentFactKind::Captured { amount: money(amount, currency) };
    let failed = |reason: &str| PaymentFactKind::Failed { reason: reason.to_owned() };
    let declined = json!({"last_payment_error": {"code": "card_declined", "decline_code": "insufficient_funds",
        "message": "Your card has insufficient funds.", "type": "card_error"}});
    for (kind, over, expected) in [
        ("created", json!({}), PaymentFactKind::Pending),
        ("processing", json!({}), PaymentFactKind::Pending),
        ("requires_action", json!({}), PaymentFactKind::Pending),
        ("succeeded", json!({"amount_received": 18_600}), captured("186.00", "CNY")),
        // What was taken counts, not what was to be taken.
        ("succeeded", json!({"amount_received": 9_900}), captured("99.00", "CNY")),
        ("succeeded", json!({"amount_received": 500, "currency": "jpy"}), captured("500", "JPY")),
        ("succeeded", json!({"amount_received": null}), captured("186.00", "CNY")),
        (
            "amount_capturable_updated",
            json!({"amount_capturable": 18_600}),
            PaymentFactKind::Authorized { amount: money("186.00", "CNY"), expires_at: None },
        ),
        (
            "amount_capturable_updated",
            json!({"amount_capturable": 0}),
            PaymentFactKind::Other { name: "payment_intent.amount_capturable_updated".to_owned() },
        ),
        ("payment_failed", declined, failed("card_declined: insufficient_funds")),
        (
            "payment_failed",
            json!({"last_payment_error": {"code": "expired_card", "decline_code": "expired_card"}}),
            failed("expired_card"),
        ),
        ("payment_failed", json!({"last_payment_error": null}), failed("payment_failed")),
        ("canceled", json!({"status": "canceled"}), PaymentFactKind::Cancelled),
    ] {
        let event = event(&format!("payment_intent.{kind}"), intent(over.clone()));
        let Callback::Fact { order_id, fact } = said(&event).unwrap() else { panic!("{kind} unhandled") };
        assert_eq!(fact.kind, expected, "{kind} {over}");
        assert_eq!(order_id, Some(order()));
        assert_eq!(fact.key.as_str(), "stripe:evt_1");
        assert_eq!(fact.provider, Provider::Stripe);
        assert_eq!(fact.provider_payment_id, "pi_1");
        assert_eq!(fact.reference.unwrap().as_str(), REFERENCE);
        assert!(fact.live);
    }
}

/// Stripe says until when a card's promise is good in its charge. What cannot be read there spoils nothing.
#[test]
fn until_when_a_promise_is_good() {
    let end: Timestamp = "2026-11-18T11:11:11Z".parse().unwrap();
    let authorized = |expires_at| PaymentFactKind::Authorized { amount: money("186.00", "CNY"), expires_at };
    let card = |value: &Value| json!({"type": "card", "card": {"brand": "visa", "capture_before": value}});
    for (value, expected) in [
        (json!(end.as_second()), Some(end)),
        (json!(0), Some(Timestamp::UNIX_EPOCH)),
        (json!(null), None),
        (json!("2026-11-18T11:11:11Z"), None),
        (json!(i64::MAX), None),
        (json!(i64::MIN), None),
        (json!(1.5e300), None),
        (json!({"at": 1}), None),
    ] {
        let expanded = json!({"id": "ch_1", "payment_method_details": card(&value)});
        let over = json!({"amount_capturable": 18_600, "latest_charge": expanded});
        let told = fact(&event("payment_intent.amount_capturable_updated", intent(over)));
        assert_eq!(told.kind, authorized(expected), "{value}");
    }
    for latest in [json!("ch_1"), json!(null), json!({"id": "ch_1"}), json!(7), json!({"payment_method_details": []})] {
        let over = json!({"amount_capturable": 18_600, "latest_charge": latest});
        let told = fact(&event("payment_intent.amount_capturable_updated", intent(over)));
        assert_eq!(told.kind, authorized(None), "{latest}");
    }
    let charge = |over| {
        let base = json!({"id": "ch_1", "object": "charge", "amount": 18_600, "captured": false, "currency": "cny",
            "payment_intent": "pi_1", "metadata": {"order_id": ORDER, "payment_reference": REFERENCE},
            "payment_method_details": card(&json!(end.as_second()))});
        with(base, over)
    };
    for kind in ["charge.succeeded", "charge.updated"] {
        let told = fact(&event(kind, charge(json!({}))));
        assert_eq!((told.kind, told.provider_payment_id.as_str()), (authorized(Some(end)), "pi_1"), "{kind}");
        assert_eq!(told.reference.unwrap().as_str(), REFERENCE);
        // Its payment intent has said the rest, and a charge of another kind is not ours to read.
        for over in [
            json!({"captured": true}),
            json!({"captured": null}),
            json!({"refunded": true}),
            json!({"status": "failed"}),
            json!({"payment_intent": null}),
            json!({"payment_method_details": null}),
            json!({"payment_method_details": card(&json!(null))}),
            json!({"payment_method_details": {"type": "alipay", "alipay": {}}}),
        ] {
            let said = said(&event(kind, charge(over.clone()))).unwrap();
            assert!(matches!(said, Callback::Unhandled { why: WhyUnhandled::UnknownType, .. }), "{over}: {said:?}");
        }
    }
}

#[test]
fn refunds() {
    use RefundFactStatus::{Failed, Pending, Succeeded};
    for (kind, status, expected) in [
        ("refund.created", json!("pending"), Pending),
        ("refund.created", json!("succeeded"), Succeeded),
        ("refund.updated", json!("requires_action"), Pending),
        ("refund.updated", json!("succeeded"), Succeeded),
        ("refund.updated", json!("canceled"), Failed),
        ("refund.updated", json!("a status of next year"), Pending),
        ("refund.updated", json!(null), Pending),
        ("refund.failed", json!("failed"), Failed),
        ("refund.failed", json!("a status of next year"), Failed),
        ("charge.refund.updated", json!("failed"), Failed),
    ] {
        let fact = fact(&event(kind, refund(json!({"status": status}))));
        let expected = PaymentFactKind::Refund {
            refund_id: Some(RefundId::parse(REFUND).unwrap()),
            provider_refund_id: "re_1".to_owned(),
            amount: money("20.00", "CNY"),
            status: expected,
        };
        assert_eq!(fact.kind, expected, "{kind} {status}");
        assert_eq!(fact.provider_payment_id, "pi_1");
    }
}

#[test]
fn a_refund_from_the_console_names_no_order_and_no_refund_of_ours() {
    let callback = said(&event("refund.created", refund(json!({"metadata": {}})))).unwrap();
    let Callback::Fact { order_id: None, fact } = callback else { panic!("{callback:?}") };
    assert_eq!(fact.provider_payment_id, "pi_1", "by this its order can be found");
    assert!(matches!(fact.kind, PaymentFactKind::Refund { refund_id: None, .. }));
}

#[test]
fn charge_refunded_counts_only_with_its_refunds() {
    let charge = |over| {
        let base = json!({"id": "ch_1", "object": "charge", "amount": 18_600, "amount_refunded": 2_000, "currency": "cny",
            "payment_intent": "pi_1", "metadata": {"order_id": ORDER}});
        event("charge.refunded", with(base, over))
    };
    let other = PaymentFactKind::Other { name: "charge.refunded".to_owned() };
    assert_eq!(fact(&charge(json!({}))).kind, other);
    assert_eq!(fact(&charge(json!({"refunds": {"data": []}}))).kind, other);
    // A promise that is let go: nothing was taken.
    let let_go = json!({"captured": false, "refunds": {"data": [refund(json!({"id": "re_1", "created": 1}))]}});
    assert_eq!(fact(&charge(let_go)).kind, other);
    // What a partial capture leaves of a promise is let go as well, and counts as refunded at Stripe.
    let partly = |back: i64, refunds: Value| {
        let sums = json!({"amount": 20_675, "amount_captured": 20_300, "amount_refunded": back, "captured": true});
        fact(&charge(with(sums, json!({"refunds": {"data": refunds}})))).kind
    };
    let rest = || refund(json!({"id": "re_rest", "amount": 375, "created": 1, "metadata": {}}));
    let console = || refund(json!({"id": "re_console", "amount": 375, "created": 2, "metadata": {}}));
    assert_eq!(partly(375, json!([rest()])), other);
    assert_eq!(
        partly(750, json!([console(), rest()])),
        PaymentFactKind::Refund {
            refund_id: None,
            provider_refund_id: "re_console".to_owned(),
            amount: money("3.75", "CNY"),
            status: RefundFactStatus::Succeeded,
        },
        "375 of what was taken has gone back"
    );
    let list = json!({"refunds": {"object": "list", "has_more": false, "data": [
        refund(json!({"id": "re_old", "created": 1})), refund(json!({"id": "re_new", "created": 3})),
        refund(json!({"id": "re_mid", "created": 2})),
    ]}});
    let fact = fact(&charge(list));
    let PaymentFactKind::Refund { provider_refund_id, .. } = fact.kind else { panic!("{fact:?}") };
    assert_eq!(provider_refund_id, "re_new", "the newest set the event off");
    assert_eq!(fact.provider_payment_id, "pi_1");
}

#[test]
fn disputes() {
    let disputed = PaymentFactKind::Disputed { amount: money("186.00", "CNY") };
    let other = |kind: &str| PaymentFactKind::Other { name: kind.to_owned() };
    for (kind, status, expected) in [
        ("charge.dispute.created", "needs_response", disputed.clone()),
        ("charge.dispute.created", "warning_needs_response", disputed.clone()),
        ("charge.dispute.closed", "won", PaymentFactKind::DisputeWon),
        ("charge.dispute.closed", "warning_closed", PaymentFactKind::DisputeWon),
        ("charge.dispute.closed", "lost", PaymentFactKind::DisputeLost { amount: money("186.00", "CNY") }),
        ("charge.dispute.closed", "a status of next year", disputed),
        ("charge.dispute.funds_reinstated", "won", PaymentFactKind::DisputeWon),
        ("charge.dispute.funds_reinstated", "under_review", other("charge.dispute.funds_reinstated")),
        ("charge.dispute.funds_withdrawn", "needs_response", other("charge.dispute.funds_withdrawn")),
        ("charge.dispute.updated", "under_review", other("charge.dispute.updated")),
    ] {
        let object = json!({"id": "dp_1", "object": "dispute", "amount": 18_600, "currency": "cny", "status": status,
            "payment_intent": {"id": "pi_1", "object": "payment_intent"}, "charge": "ch_1", "metadata": {}});
        let callback = said(&event(kind, object)).unwrap();
        let Callback::Fact { order_id, fact } = callback else { panic!("{kind} unhandled") };
        assert_eq!(fact.kind, expected, "{kind} {status}");
        assert_eq!((order_id, fact.provider_payment_id.as_str()), (None, "pi_1"));
    }
}

/// What moved on the shop's balance says what Stripe keeps: with a dispute always, else only where it is expanded.
#[test]
fn fees() {
    let told = |event: &Value| {
        let fees = fact(event).fees;
        let text =
            |fee: &FeeFact| format!("{} {}{}", fee.reference, if fee.is_returned { "-" } else { "" }, fee.amount);
        fees.iter().map(text).collect::<Vec<_>>()
    };
    let moved = |id: &str, fee: i64, currency: &str| json!({"id": id, "object": "balance_transaction", "amount": -18_600, "fee": fee, "currency": currency});
    let dispute = |moves: Value| {
        event(
            "charge.dispute.funds_withdrawn",
            json!({"id": "dp_1", "object": "dispute", "amount": 18_600, "currency": "cny", "status": "needs_response",
                "payment_intent": "pi_1", "balance_transactions": moves}),
        )
    };
    let none: [&str; 0] = [];
    assert_eq!(told(&dispute(json!([moved("txn_1", 1_500, "cny")]))), ["txn_1 15.00 CNY"]);
    let both = json!([moved("txn_1", 1_500, "usd"), moved("txn_2", -1_500, "usd"), moved("txn_3", 0, "usd")]);
    assert_eq!(told(&dispute(both)), ["txn_1 15.00 USD", "txn_2 -15.00 USD"]);
    for odd in [
        json!([]),
        json!(null),
        json!("txn_1"),
        json!([{"id": "txn_1", "fee": "1"}]),
        json!([moved("txn_1", i64::MIN, "cny")]),
    ] {
        assert_eq!(told(&dispute(odd.clone())), none, "{odd}");
    }
    let taken = |charge: Value| {
        event("payment_intent.succeeded", intent(json!({"amount_received": 18_600, "latest_charge": charge})))
    };
    let charge = |moved: Value| json!({"id": "ch_1", "object": "charge", "balance_transaction": moved});
    assert_eq!(told(&taken(json!("ch_1"))), none);
    assert_eq!(told(&taken(charge(json!("txn_1")))), none);
    assert_eq!(told(&taken(charge(moved("txn_1", 570, "cny")))), ["txn_1 5.70 CNY"]);
    let charge = |moved: Value| {
        event(
            "charge.refunded",
            json!({"id": "ch_1", "payment_intent": "pi_1", "currency": "cny", "balance_transaction": moved}),
        )
    };
    assert_eq!(told(&charge(json!("txn_1"))), none);
    assert_eq!(told(&charge(moved("txn_1", 570, "cny"))), ["txn_1 5.70 CNY"]);
}

#[test]
fn how_an_order_is_found() {
    let succeeded = |metadata: Value| {
        said(&event("payment_intent.succeeded", intent(json!({"amount_received": 1, "metadata": metadata})))).unwrap()
    };
    let order_of = |metadata: Value| match succeeded(metadata) {
        Callback::Fact { order_id, fact } => (order_id, fact.reference.map(|r| r.to_string())),
        Callback::Unhandled { why, .. } => panic!("{why:?}"),
    };
    assert_eq!(order_of(json!({"order_id": ORDER})), (Some(order()), None));
    assert_eq!(order_of(json!({"payment_reference": REFERENCE})), (Some(order()), Some(REFERENCE.to_owned())));
    assert_eq!(order_of(json!({"order_id": ORDER, "payment_reference": "?"})), (Some(order()), None));
    assert_eq!(order_of(json!({})), (None, None));
    assert_eq!(order_of(json!(null)), (None, None));
    for malformed in
        ["", "short", "not/an/order/id/of/ours", "01JD0000000000000000000001 ", "01JD000000000000000000000100000000000"]
    {
        let callback = succeeded(json!({"order_id": malformed}));
        let Callback::Unhandled { key, kind, why } = callback else { panic!("{malformed:?}: {callback:?}") };
        assert_eq!((key.as_str(), kind.as_str()), ("stripe:evt_1", "payment_intent.succeeded"));
        assert_eq!(why, WhyUnhandled::MalformedOrderId);
    }
}

#[test]
fn types_that_are_not_used_are_acknowledged_whatever_they_hold() {
    for (kind, data) in [
        ("customer.created", json!({"object": {"id": "cus_1"}})),
        ("charge.succeeded", json!({"object": {"amount": "no number"}})),
        ("a.type.of.next.year", json!({"object": {}})),
        ("v1.billing.meter.error_report_triggered", json!(null)),
    ] {
        let event = json!({"id": "evt_7", "type": kind, "livemode": false, "data": data});
        let Callback::Unhandled { key, kind: named, why } = said(&event).unwrap() else { panic!("{kind}") };
        assert_eq!((key.as_str(), named.as_str(), why), ("stripe:evt_7", kind, WhyUnhandled::UnknownType));
    }
    let without_payment = refund(json!({"payment_intent": null, "charge": null}));
    let callback = said(&event("refund.created", without_payment)).unwrap();
    assert!(matches!(callback, Callback::Unhandled { why: WhyUnhandled::NoPayment, .. }), "{callback:?}");
}

#[test]
fn what_does_not_say_that_it_is_real_money_is_not() {
    for (livemode, live) in [(json!(true), true), (json!(false), false), (json!(null), false)] {
        let event = with(event("payment_intent.processing", intent(json!({}))), json!({"livemode": livemode}));
        assert_eq!(fact(&event).live, live);
    }
}

#[test]
fn a_used_event_that_cannot_be_read_is_an_error_and_not_lost() {
    let succeeded = |over| event("payment_intent.succeeded", intent(over));
    for (event, name) in [
        (succeeded(json!({"amount_received": -1})), "AmountUnsupported"),
        (succeeded(json!({"amount_received": 0})), "AmountUnsupported"),
        (succeeded(json!({"amount_received": i64::MAX})), "AmountUnsupported"),
        (succeeded(json!({"amount_received": i64::MIN})), "AmountUnsupported"),
        (succeeded(json!({"amount_received": 18_600.5})), "EventUnreadable"),
        (succeeded(json!({"amount_received": "18600"})), "EventUnreadable"),
        (succeeded(json!({"amount_received": null, "amount": null})), "EventUnreadable"),
        (succeeded(json!({"amount_received": 1, "currency": "xxx"})), "CurrencyUnsupported"),
        (succeeded(json!({"amount_received": 1, "currency": ""})), "CurrencyUnsupported"),
        (succeeded(json!({"amount_received": 1, "currency": "iqd"})), "CurrencyUnsupported"),
        (succeeded(json!({"amount_received": 1, "metadata": {"order_id": 7}})), "EventUnreadable"),
        (event("payment_intent.succeeded", json!([])), "EventUnreadable"),
        (event("refund.created", refund(json!({"amount": null}))), "EventUnreadable"),
        (event("refund.created", refund(json!({"amount": -5}))), "AmountUnsupported"),
        (event("refund.created", refund(json!({"id": ""}))), "EventUnreadable"),
        (json!({"id": "evt_1", "type": "payment_intent.succeeded"}), "EventUnreadable"),
        (json!({"id": "", "type": "payment_intent.succeeded"}), "NotAnEvent"),
        (json!({"id": "evt_\u{7}", "type": "payment_intent.succeeded"}), "NotAnEvent"),
        (json!({"type": "payment_intent.succeeded"}), "NotAnEvent"),
        (json!({"id": "evt_1"}), "NotAnEvent"),
        (json!("evt_1"), "NotAnEvent"),
    ] {
        assert_eq!(said(&event).unwrap_err().name(), name, "{event}");
    }
}
