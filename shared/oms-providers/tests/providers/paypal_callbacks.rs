//! PayPal's webhooks: its headers, what they mean, and the exact answers. What every provider has to refuse is in
//! `refusals.rs`.

use http::{HeaderMap, HeaderValue, StatusCode};
use oms_domain::id::RefundId;
use oms_domain::payment::{PaymentFactKind, RefundFactStatus};
use oms_providers::callback::{Callback, CallbackProvider, WhyUnhandled, receive};
use oms_providers::error::ProviderError;
use oms_providers::paypal::PaypalCallbacks;
use oms_providers::paypal::signature::PaypalSigner;
use serde_json::{Value, json};

use crate::paypal_support::{
    CAPTURE, MERCHANT, REFUND_ID, THEIRS, all_said, capture, dispute, event, paypal, refund, secrets, signed,
};
use crate::support::{ORDER, REFERENCE, REFUND, money, now, only, order, with};

const ID: &str = "paypal:WH-58D329510W468432D-8HN650336L201105X";

fn said(body: &Value) -> Result<Callback, ProviderError> {
    all_said(body).map(only)
}

fn kind(body: &Value) -> Result<PaymentFactKind, &'static str> {
    match said(body) {
        Ok(Callback::Fact { fact, .. }) => Ok(fact.kind),
        Ok(Callback::Unhandled { why, .. }) => Err(why.name()),
        Err(error) => Err(error.name()),
    }
}

fn paid(over: Value) -> Value {
    event("PAYMENT.CAPTURE.COMPLETED", capture(over))
}

#[test]
fn headers_that_are_signed_and_headers_that_must_not_mislead() {
    let body = paid(json!({})).to_string();
    let check = |headers: &HeaderMap| {
        receive(&paypal(), headers, body.as_bytes(), now()).map_or_else(|error| error.name(), |_| "ok")
    };
    let good = signed(body.as_bytes());
    assert_eq!(check(&good), "ok");
    for (header, value, expected) in [
        ("paypal-transmission-id", "", "SignatureMissing"),
        ("paypal-transmission-id", "another", "SignatureMismatch"),
        ("paypal-transmission-time", "2026-11-11T11:11:12Z", "SignatureMismatch"),
        ("paypal-transmission-time", "2026-11-11T11:11:11+00:00", "SignatureMismatch"),
        ("paypal-auth-algo", "SHA1withRSA", "SignatureMalformed"),
        ("paypal-auth-algo", "none", "SignatureMalformed"),
        ("paypal-cert-url", "https://paypal.com.evil.example/cert", "SignatureMalformed"),
        ("paypal-cert-url", "https://evilpaypal.com/cert", "SignatureMalformed"),
        ("paypal-cert-url", "https://paypal.com@evil.example/cert", "SignatureMalformed"),
        ("paypal-cert-url", "http://api.paypal.com/cert", "SignatureMalformed"),
        ("paypal-cert-url", "https://127.0.0.1/cert", "SignatureMalformed"),
        ("paypal-cert-url", "file:///etc/passwd", "SignatureMalformed"),
        ("paypal-cert-url", "cert", "SignatureMalformed"),
        ("paypal-cert-url", "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1", "ok"),
    ] {
        let mut headers = good.clone();
        headers.insert(header, HeaderValue::from_str(value).unwrap());
        assert_eq!(check(&headers), expected, "{header}: {value}");
    }
    let mut headers = good.clone();
    headers.append("paypal-transmission-id", good["paypal-transmission-id"].clone());
    assert_eq!(check(&headers), "SignatureMalformed", "which of two ids?");
    headers.remove("paypal-transmission-id");
    assert_eq!(check(&headers), "SignatureMissing");
    for header in ["paypal-auth-algo", "paypal-cert-url"] {
        let mut headers = good.clone();
        headers.append(header, good[header].clone());
        assert_eq!(check(&headers), "SignatureMalformed", "{header} twice");
        headers.remove(header);
        assert_eq!(check(&headers), "ok", "{header} says nothing that the configuration does not");
    }
    // Another shop's webhook, of the same key of PayPal's.
    let theirs = PaypalSigner::new("8GN12345AB678901C", THEIRS).unwrap().headers(now(), "1", body.as_bytes()).unwrap();
    let mut headers = good;
    for (name, value) in theirs {
        headers.insert(name, HeaderValue::from_str(&value).unwrap());
    }
    assert_eq!(check(&headers), "SignatureMismatch");
}

#[test]
fn payments() {
    let captured = || Ok(PaymentFactKind::Captured { amount: money("186.00", "CNY") });
    let failed = |reason: &str| Ok(PaymentFactKind::Failed { reason: reason.to_owned() });
    let because = || json!({"status": "DECLINED", "status_details": {"reason": "DECLINED_BY_RISK_FRAUD_FILTERS"}});
    for (kind_of, over, expected) in [
        ("PAYMENT.CAPTURE.COMPLETED", json!({}), captured()),
        ("PAYMENT.CAPTURE.COMPLETED", json!({"payee": null}), captured()),
        ("PAYMENT.CAPTURE.PENDING", json!({"status": "PENDING"}), Ok(PaymentFactKind::Pending)),
        ("PAYMENT.CAPTURE.DENIED", because(), failed("DECLINED_BY_RISK_FRAUD_FILTERS")),
        ("PAYMENT.CAPTURE.DECLINED", json!({}), failed("declined")),
        ("PAYMENT.CAPTURE.COMPLETED", json!({"id": ""}), Err("no_payment")),
        ("PAYMENT.CAPTURE.COMPLETED", json!({"amount": null}), Err("EventUnreadable")),
        (
            "PAYMENT.CAPTURE.COMPLETED",
            json!({"amount": {"value": 186, "currency_code": "CNY"}}),
            Err("EventUnreadable"),
        ),
        ("PAYMENT.CAPTURE.COMPLETED", json!({"payee": {"merchant_id": "8LTPLLDPVNTCC"}}), Err("EventUnreadable")),
        ("PAYMENT.CAPTURE.COMPLETED", json!({"id": 5}), Err("EventUnreadable")),
        ("AN.EVENT.OF.NEXT.YEAR", json!({}), Err("unknown_type")),
    ] {
        let label = format!("{kind_of} {over}");
        assert_eq!(kind(&event(kind_of, capture(over))), expected, "{label}");
    }
    let order = json!({"id": "5O190127TN364715T", "purchase_units": [{"custom_id": REFERENCE}], "status": "APPROVED"});
    let Callback::Fact { order_id, fact } = said(&event("CHECKOUT.ORDER.APPROVED", order)).unwrap() else { panic!() };
    assert_eq!(order_id.unwrap().as_str(), ORDER);
    assert_eq!(fact.kind, PaymentFactKind::Other { name: "CHECKOUT.ORDER.APPROVED".to_owned() });
}

#[test]
fn amounts() {
    for (value, currency, expected) in [
        ("10.99", "USD", Ok("10.99 USD")),
        ("10.9", "USD", Ok("10.90 USD")),
        ("500", "JPY", Ok("500 JPY")),
        ("500.00", "JPY", Ok("500 JPY")),
        ("1000", "HUF", Ok("1000.00 HUF")),
        ("1000.00", "TWD", Ok("1000.00 TWD")),
        ("1000.50", "HUF", Err("AmountUnsupported")),
        ("10.999", "USD", Err("AmountUnsupported")),
        ("0.00", "USD", Err("AmountUnsupported")),
        ("-1.00", "USD", Err("AmountUnsupported")),
        ("1e3", "USD", Err("AmountUnsupported")),
        ("1,000.00", "USD", Err("AmountUnsupported")),
        ("", "USD", Err("AmountUnsupported")),
        ("99999999999999", "USD", Err("AmountUnsupported")),
        ("10.000", "KWD", Err("CurrencyUnsupported")),
        ("10.00", "usd", Err("CurrencyUnsupported")),
        ("10.00", "BTC", Err("CurrencyUnsupported")),
    ] {
        let said = kind(&paid(json!({"amount": {"value": value, "currency_code": currency}})));
        let said = said.map(|kind| {
            let PaymentFactKind::Captured { amount } = kind else { panic!("{kind:?}") };
            amount.to_string()
        });
        assert_eq!(said, expected.map(str::to_owned), "{value} {currency}");
    }
}

#[test]
fn the_fact_in_full() {
    let Callback::Fact { order_id, fact } = said(&paid(json!({}))).unwrap() else { panic!() };
    assert_eq!(order_id, Some(order()));
    assert_eq!(fact.key.as_str(), ID);
    assert_eq!(fact.provider_payment_id, CAPTURE);
    assert_eq!(fact.reference.unwrap().as_str(), REFERENCE);
    assert!(fact.live);
    for (custom, invoice, found) in [
        (json!(null), json!(REFERENCE), true),
        (json!("cart 17"), json!(REFERENCE), true),
        (json!(REFERENCE), json!("INV-1"), true),
        (json!("cart 17"), json!("INV-1"), false),
        (json!(null), json!(null), false),
    ] {
        let label = format!("{custom} {invoice}");
        let body = paid(json!({"custom_id": custom, "invoice_id": invoice}));
        let Callback::Fact { order_id, .. } = said(&body).unwrap() else { panic!() };
        assert_eq!(order_id.is_some(), found, "{label}");
    }
}

#[test]
fn refunds() {
    let without_up = json!({"links": [{"href": "https://api.paypal.com/v2/payments/refunds/1", "rel": "self"}]});
    let odd_up = json!({"links": [{"href": "https://api.paypal.com/v2/payments/captures/../x?y", "rel": "up"}]});
    for (over, refund_id, payment, status) in [
        (json!({}), Some(REFUND), CAPTURE, RefundFactStatus::Succeeded),
        (json!({"status": null}), Some(REFUND), CAPTURE, RefundFactStatus::Succeeded),
        (json!({"status": "PENDING"}), Some(REFUND), CAPTURE, RefundFactStatus::Pending),
        (json!({"status": "A_STATE_OF_NEXT_YEAR"}), Some(REFUND), CAPTURE, RefundFactStatus::Pending),
        (json!({"status": "FAILED"}), Some(REFUND), CAPTURE, RefundFactStatus::Failed),
        (json!({"status": "CANCELLED"}), Some(REFUND), CAPTURE, RefundFactStatus::Failed),
        (json!({"custom_id": null}), Some(REFUND), CAPTURE, RefundFactStatus::Succeeded),
        (json!({"custom_id": REFERENCE, "invoice_id": null}), None, CAPTURE, RefundFactStatus::Succeeded),
        (json!({"custom_id": null, "invoice_id": "INV-1"}), None, CAPTURE, RefundFactStatus::Succeeded),
        (without_up, Some(REFUND), REFUND_ID, RefundFactStatus::Succeeded),
        (odd_up, Some(REFUND), REFUND_ID, RefundFactStatus::Succeeded),
    ] {
        let label = over.to_string();
        let body = event("PAYMENT.CAPTURE.REFUNDED", refund(over));
        let Callback::Fact { fact, .. } = said(&body).unwrap() else { panic!("{label}") };
        assert_eq!(fact.provider_payment_id, payment, "{label}");
        let expected = PaymentFactKind::Refund {
            refund_id: refund_id.map(|id| RefundId::parse(id).unwrap()),
            provider_refund_id: REFUND_ID.to_owned(),
            amount: money("20.00", "CNY"),
            status,
        };
        assert_eq!(fact.kind, expected, "{label}");
    }
    assert_eq!(kind(&event("PAYMENT.CAPTURE.REFUNDED", refund(json!({"id": ""})))), Err("EventUnreadable"));
    let reversed = event("PAYMENT.CAPTURE.REVERSED", refund(json!({"custom_id": REFERENCE})));
    let Callback::Fact { order_id, fact } = said(&reversed).unwrap() else { panic!() };
    assert_eq!((order_id, fact.provider_payment_id.as_str()), (Some(order()), CAPTURE));
    assert_eq!(fact.kind, PaymentFactKind::Disputed { amount: money("20.00", "CNY") });
    let Callback::Fact { fact, .. } = said(&event("PAYMENT.CAPTURE.REVERSED", capture(json!({})))).unwrap() else {
        panic!()
    };
    assert_eq!(fact.provider_payment_id, CAPTURE, "a capture leads up to its order, which is no payment");
}

/// What PayPal keeps of a capture and gives back with a refund; what cannot be read is not told, and hides nothing else.
#[test]
fn fees() {
    let told = |body: &Value| {
        let Callback::Fact { fact, .. } = said(body).unwrap() else { panic!("{body}") };
        let fees = fact.fees.iter().map(|fee| {
            let sign = if fee.is_returned { "-" } else { "" };
            format!("{} {sign}{}", fee.reference, fee.amount)
        });
        fees.collect::<Vec<_>>()
    };
    let amount = |value: &str, currency: &str| json!({"value": value, "currency_code": currency});
    let parts = |fee: Value| json!({"gross_amount": amount("186.00", "CNY"), "paypal_fee": fee});
    let none: Vec<String> = Vec::new();
    for (fee, expected) in [
        (amount("7.03", "CNY"), vec![format!("{CAPTURE} 7.03 CNY")]),
        (amount("0.98", "USD"), vec![format!("{CAPTURE} 0.98 USD")]),
        (amount("0.00", "CNY"), none.clone()),
        (amount("-7.03", "CNY"), none.clone()),
        (amount("7.033", "CNY"), none.clone()),
        (amount("7.03", "BTC"), none.clone()),
        (json!({"value": 7.03}), none.clone()),
        (json!("7.03"), none.clone()),
        (json!(null), none.clone()),
    ] {
        let label = fee.to_string();
        assert_eq!(told(&paid(json!({"seller_receivable_breakdown": parts(fee)}))), expected, "{label}");
    }
    for odd in [json!(null), json!([]), json!("x"), json!({})] {
        assert_eq!(told(&paid(json!({"seller_receivable_breakdown": odd}))), none, "{odd}");
    }
    let pending = json!({"status": "PENDING", "seller_receivable_breakdown": parts(amount("7.03", "CNY"))});
    assert_eq!(told(&event("PAYMENT.CAPTURE.PENDING", capture(pending))), none, "nothing is taken yet");
    for (status, expected) in [("COMPLETED", vec![format!("{REFUND_ID} -0.70 CNY")]), ("PENDING", none.clone())] {
        let over = json!({"status": status, "seller_payable_breakdown": parts(amount("0.70", "CNY"))});
        assert_eq!(told(&event("PAYMENT.CAPTURE.REFUNDED", refund(over))), expected, "{status}");
    }
}

#[test]
fn disputes() {
    let disputed = || Ok(PaymentFactKind::Disputed { amount: money("186.00", "CNY") });
    let ended = |code: &str| json!({"status": "RESOLVED", "dispute_outcome": {"outcome_code": code}});
    let updated = || Ok(PaymentFactKind::Other { name: "CUSTOMER.DISPUTE.UPDATED".to_owned() });
    for (kind_of, over, expected) in [
        ("CUSTOMER.DISPUTE.CREATED", json!({}), disputed()),
        ("CUSTOMER.DISPUTE.UPDATED", json!({}), updated()),
        ("CUSTOMER.DISPUTE.RESOLVED", ended("RESOLVED_SELLER_FAVOUR"), Ok(PaymentFactKind::DisputeWon)),
        ("CUSTOMER.DISPUTE.RESOLVED", ended("CANCELED_BY_BUYER"), Ok(PaymentFactKind::DisputeWon)),
        ("CUSTOMER.DISPUTE.RESOLVED", ended("RESOLVED_BUYER_FAVOUR"), disputed()),
        ("CUSTOMER.DISPUTE.RESOLVED", ended("RESOLVED_WITH_PAYOUT"), disputed()),
        ("CUSTOMER.DISPUTE.RESOLVED", json!({}), disputed()),
        ("CUSTOMER.DISPUTE.CREATED", json!({"disputed_transactions": []}), Err("no_payment")),
        ("CUSTOMER.DISPUTE.CREATED", json!({"dispute_amount": null}), Err("EventUnreadable")),
    ] {
        let label = format!("{kind_of} {over}");
        assert_eq!(kind(&event(kind_of, dispute(over))), expected, "{label}");
    }
    let transaction = |id: &str, gross: &str| {
        json!({"seller_transaction_id": id, "custom": REFERENCE, "seller": {"merchant_id": MERCHANT},
            "gross_amount": {"currency_code": "CNY", "value": gross}})
    };
    let several = json!({"disputed_transactions": [transaction("C1", "100.00"), transaction("C2", "86.00")]});
    let facts = all_said(&event("CUSTOMER.DISPUTE.CREATED", dispute(several))).unwrap();
    let facts: Vec<(String, PaymentFactKind)> = facts
        .into_iter()
        .map(|callback| match callback {
            Callback::Fact { fact, .. } => (fact.key.as_str().to_owned(), fact.kind),
            Callback::Unhandled { .. } => panic!("{callback:?}"),
        })
        .collect();
    let of = |amount: &str| PaymentFactKind::Disputed { amount: money(amount, "CNY") };
    assert_eq!(facts, [(format!("{ID}:C1"), of("100.00")), (format!("{ID}:C2"), of("86.00"))]);
}

#[test]
fn play_money_pays_for_nothing() {
    let host = "https://api.sandbox.paypal.com/v1/notifications/webhooks-events/WH-1";
    let of_sandbox = with(paid(json!({})), json!({"links": [{"href": host, "rel": "self"}]}));
    assert_eq!(kind(&of_sandbox), Err("EventUnreadable"));
    let body = of_sandbox.to_string();
    let sandbox = PaypalCallbacks::new(&secrets(json!({"live": false})));
    let said = receive(&sandbox, &signed(body.as_bytes()), body.as_bytes(), now()).map(only);
    let Ok(Callback::Fact { fact, .. }) = said else { panic!() };
    assert!(!fact.live);
}

#[test]
fn what_is_no_event_or_of_an_unknown_type() {
    for body in [json!({}), json!([])] {
        assert_eq!(kind(&body), Err("NotAnEvent"), "{body}");
    }
    for resource in [json!(null), json!([]), json!("x"), json!({"links": 1})] {
        let body = event("PAYMENT.CAPTURE.COMPLETED", resource);
        assert!(kind(&body).is_err(), "{body}");
    }
    let body = event("BILLING.SUBSCRIPTION.CREATED", json!(1));
    let Callback::Unhandled { key, kind, why } = said(&body).unwrap() else { panic!() };
    assert_eq!((key.as_str(), kind.as_str()), (ID, "BILLING.SUBSCRIPTION.CREATED"));
    assert_eq!(why, WhyUnhandled::UnknownType);
}

#[test]
fn the_answers_to_the_byte() {
    let provider = paypal();
    let accepted = provider.accepted();
    assert_eq!((accepted.status, accepted.body.as_ref()), (StatusCode::OK, r#"{"received":true}"#));
    let refused = provider.refused(&ProviderError::SignatureMismatch);
    assert_eq!((refused.status, refused.body.as_ref()), (StatusCode::UNAUTHORIZED, r#"{"error":"SignatureMismatch"}"#));
    let unreadable = ProviderError::EventUnreadable { kind: "x".to_owned(), detail: "\"quoted\"".to_owned() };
    assert_eq!(provider.refused(&unreadable).status, StatusCode::INTERNAL_SERVER_ERROR);
    let unavailable = provider.unavailable();
    assert_eq!(unavailable.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(unavailable.body, r#"{"error":"Unavailable"}"#);
}
