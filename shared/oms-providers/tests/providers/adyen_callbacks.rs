//! Adyen's webhooks: its signed fields, what they mean, and the exact answers. What every provider has to refuse is in
//! `refusals.rs`.

use http::StatusCode;
use oms_domain::payment::{PaymentFactKind, RefundFactStatus};
use oms_providers::adyen::AdyenCallbacks;
use oms_providers::callback::{Callback, CallbackProvider, WhyUnhandled};
use oms_providers::error::ProviderError;
use serde_json::{Value, json};

use crate::adyen_support::{
    HMAC_KEY, OLD_HMAC_KEY, PSP, REFUND_PSP, adyen, item, modification, notification, receive_at, said, secrets, signed,
};
use crate::support::{ORDER, REFERENCE, REFUND, money, order, with};

fn kind(item: Value) -> Result<PaymentFactKind, &'static str> {
    match said(item) {
        Ok(Callback::Fact { fact, .. }) => Ok(fact.kind),
        Ok(Callback::Unhandled { why, .. }) => Err(why.name()),
        Err(error) => Err(error.name()),
    }
}

fn check(body: &Value) -> &'static str {
    receive_at(&adyen(), body).map_or_else(|error| error.name(), |_| "ok")
}

#[test]
fn each_signed_field_and_where_the_signature_stands() {
    let good = || signed(item("AUTHORISATION", json!({})), HMAC_KEY);
    assert_eq!(check(&notification(&[good()])), "ok");
    assert_eq!(check(&notification(&[signed(item("AUTHORISATION", json!({})), OLD_HMAC_KEY)])), "ok", "the key before");
    let signature = good()["additionalData"]["hmacSignature"].as_str().unwrap().to_owned();
    for (data, expected) in [
        (Value::Null, "SignatureMissing"),
        (json!({}), "SignatureMissing"),
        (json!({"hmacSignature": null}), "SignatureMissing"),
        (json!({"hmacSignature": 1}), "SignatureMalformed"),
        (json!({"hmacSignature": signature.trim_end_matches('=')}), "SignatureMalformed"),
    ] {
        let label = data.to_string();
        assert_eq!(check(&notification(&[with(good(), json!({"additionalData": data}))])), expected, "{label}");
    }
    // Each signed field.
    for over in [
        json!({"pspReference": "QFQTPCQ8HXSKGK83"}),
        json!({"originalReference": "QFQTPCQ8HXSKGK82"}),
        json!({"merchantAccountCode": "WaybillUS"}),
        json!({"merchantReference": "01JD0000000000000000000002P01"}),
        json!({"amount": {"currency": "CNY", "value": 18_601}}),
        json!({"amount": {"currency": "JPY", "value": 18_600}}),
        json!({"eventCode": "CAPTURE"}),
        json!({"success": "false"}),
    ] {
        assert_eq!(check(&notification(&[with(good(), over.clone())])), "SignatureMismatch", "{over}");
    }
}

#[test]
fn what_is_no_notification_has_no_signature() {
    let good = || signed(item("AUTHORISATION", json!({})), HMAC_KEY);
    let twice = notification(&[good()]).to_string().replacen(r#""success""#, r#""success":"false","success""#, 1);
    for body in ["", "{}", "[]", "null", r#"{"live":"true"}"#, twice.as_str(), "<xml/>"] {
        let headers = http::HeaderMap::new();
        let error = oms_providers::callback::receive(&adyen(), &headers, body.as_bytes(), crate::support::now());
        assert_eq!(error.unwrap_err().name(), "SignatureMalformed", "{body}");
    }
    assert_eq!(check(&notification(&[])), "SignatureMismatch", "of nothing nothing is signed");
    for over in [
        json!({"amount": null}),
        json!({"amount": {"currency": "CNY", "value": 186.5}}),
        json!({"amount": {"currency": "CNY", "value": "18600"}}),
        json!({"success": true}),
        json!({"pspReference": null}),
    ] {
        assert_eq!(check(&notification(&[with(good(), over.clone())])), "SignatureMalformed", "{over}");
    }
    // What is signed is a chain of fields: a colon could move the border between two of them.
    for field in ["pspReference", "originalReference", "merchantAccountCode", "eventCode", "success"] {
        assert_eq!(check(&notification(&[with(good(), json!({field: "a:b"}))])), "SignatureMalformed", "{field}");
    }
    assert_eq!(
        check(&notification(&[signed(item("AUTHORISATION", json!({"merchantReference": "a:b"})), HMAC_KEY)])),
        "ok"
    );
}

#[test]
fn several_items_are_several_facts_and_one_wrong_item_refuses_all() {
    let paid = || signed(item("AUTHORISATION", json!({})), HMAC_KEY);
    let refunded = || signed(modification("REFUND", json!({"merchantReference": REFUND})), OLD_HMAC_KEY);
    let said = receive_at(&adyen(), &notification(&[paid(), refunded()])).unwrap();
    let keys: Vec<String> = said
        .iter()
        .map(|callback| match callback {
            Callback::Fact { fact, order_id } => {
                assert_eq!(*order_id, Some(order()));
                fact.key.as_str().to_owned()
            }
            Callback::Unhandled { .. } => panic!("{callback:?}"),
        })
        .collect();
    assert_eq!(keys, [format!("adyen:{PSP}:AUTHORISATION:true"), format!("adyen:{REFUND_PSP}:REFUND:true")]);
    let wrong = with(refunded(), json!({"success": "false"}));
    assert_eq!(check(&notification(&[paid(), wrong.clone()])), "SignatureMismatch");
    assert_eq!(check(&notification(&[wrong, paid()])), "SignatureMismatch");
}

#[test]
fn whose_and_of_which_mode() {
    for over in [json!({"merchantAccountCode": "WaybillUS"}), json!({"merchantAccountCode": ""})] {
        assert_eq!(kind(item("AUTHORISATION", over)), Err("EventUnreadable"));
    }
    let paid = signed(item("AUTHORISATION", json!({})), HMAC_KEY);
    let of_test = with(notification(std::slice::from_ref(&paid)), json!({"live": "false"}));
    assert_eq!(check(&of_test), "EventUnreadable");
    let sandbox = AdyenCallbacks::new(&secrets(json!({"live": false, "live_prefix": null}))).unwrap();
    assert_eq!(receive_at(&sandbox, &notification(&[paid])).unwrap_err().name(), "EventUnreadable");
    let Ok(Callback::Fact { fact, .. }) = receive_at(&sandbox, &of_test).map(crate::support::only) else { panic!() };
    assert!(!fact.live);
}

#[test]
fn what_each_event_means() {
    let captured = || Ok(PaymentFactKind::Captured { amount: money("186.00", "CNY") });
    let disputed = || Ok(PaymentFactKind::Disputed { amount: money("186.00", "CNY") });
    let not_captured =
        |reason: &str| Ok(PaymentFactKind::CaptureFailed { amount: money("186.00", "CNY"), reason: reason.to_owned() });
    let failed = |reason: &str| Ok(PaymentFactKind::Failed { reason: reason.to_owned() });
    let note = |name: &str| Ok(PaymentFactKind::Other { name: name.to_owned() });
    let no = || json!({"success": "false"});
    for (item, expected) in [
        (item("AUTHORISATION", json!({})), captured()),
        (
            item("AUTHORISATION", json!({"success": "false", "reason": "Not enough balance"})),
            failed("Not enough balance"),
        ),
        (item("AUTHORISATION", no()), failed("refused")),
        (item("AUTHORISATION", json!({"amount": {"currency": "CNY", "value": 0}})), note("AUTHORISATION")),
        (item("AUTHORISATION", json!({"amount": {"currency": "CNY", "value": -1}})), Err("AmountUnsupported")),
        (item("AUTHORISATION", json!({"amount": {"currency": "XAU", "value": 1}})), Err("CurrencyUnsupported")),
        (item("AUTHORISATION", json!({"success": "perhaps"})), Err("EventUnreadable")),
        (modification("CAPTURE", json!({})), captured()),
        (modification("CAPTURE", no()), not_captured("refused")),
        (modification("CAPTURE_FAILED", json!({"reason": "Expired"})), not_captured("Expired")),
        (modification("CAPTURE_FAILED", no()), note("CAPTURE_FAILED")),
        (modification("CANCELLATION", json!({})), Ok(PaymentFactKind::Cancelled)),
        (modification("CANCELLATION", no()), note("CANCELLATION")),
        (modification("TECHNICAL_CANCEL", json!({})), Ok(PaymentFactKind::Cancelled)),
        (item("EXPIRE", json!({})), Ok(PaymentFactKind::Cancelled)),
        (modification("CANCEL_OR_REFUND", json!({})), note("CANCEL_OR_REFUND")),
        (modification("NOTIFICATION_OF_CHARGEBACK", json!({})), disputed()),
        (modification("CHARGEBACK", json!({})), disputed()),
        (modification("CHARGEBACK", no()), note("CHARGEBACK")),
        (modification("SECOND_CHARGEBACK", json!({})), disputed()),
        (modification("PREARBITRATION_LOST", json!({})), disputed()),
        (modification("CHARGEBACK_REVERSED", json!({})), Ok(PaymentFactKind::DisputeWon)),
        (modification("PREARBITRATION_WON", json!({})), Ok(PaymentFactKind::DisputeWon)),
        (modification("ISSUER_RESPONSE_TIMEFRAME_EXPIRED", json!({})), Ok(PaymentFactKind::DisputeWon)),
        (modification("REQUEST_FOR_INFORMATION", json!({})), note("REQUEST_FOR_INFORMATION")),
        (item("PENDING", json!({})), Ok(PaymentFactKind::Pending)),
        (item("OFFER_CLOSED", json!({})), note("OFFER_CLOSED")),
        (item("REPORT_AVAILABLE", json!({"merchantAccountCode": "WaybillCompany"})), Err("unknown_type")),
        (item("AN_EVENT_OF_NEXT_YEAR", json!({})), Err("unknown_type")),
        (item("AUTHORISATION", json!({"pspReference": ""})), Err("NotAnEvent")),
    ] {
        let label = item.to_string();
        assert_eq!(kind(item), expected, "{label}");
    }
    // An account that captures when it is asked to: the authorisation is a promise.
    let manual = AdyenCallbacks::new(&secrets(json!({"capture": "manual"}))).unwrap();
    let body = notification(&[signed(item("AUTHORISATION", json!({})), HMAC_KEY)]);
    let Ok(Callback::Fact { fact, .. }) = receive_at(&manual, &body).map(crate::support::only) else { panic!() };
    assert_eq!(fact.kind, PaymentFactKind::Authorized { amount: money("186.00", "CNY"), expires_at: None });
}

#[test]
fn the_fact_in_full() {
    let Callback::Fact { order_id, fact } = said(item("AUTHORISATION", json!({}))).unwrap() else { panic!() };
    assert_eq!(order_id, Some(order()));
    assert_eq!(fact.key.as_str(), format!("adyen:{PSP}:AUTHORISATION:true"));
    assert_eq!(fact.provider_payment_id, PSP);
    assert_eq!(fact.reference.unwrap().as_str(), REFERENCE);
    assert!(fact.live);
    let Callback::Fact { fact, .. } = said(modification("CAPTURE", json!({}))).unwrap() else { panic!() };
    assert_eq!(fact.provider_payment_id, PSP, "the payment, not the request");
    for reference in [json!("somebody-elses-1"), json!(""), Value::Null] {
        let item = item("AUTHORISATION", json!({"merchantReference": reference}));
        let Callback::Fact { order_id, fact } = said(item).unwrap() else { panic!() };
        assert_eq!((order_id, fact.reference), (None, None), "looked up by Adyen's id");
    }
    let Callback::Unhandled { key, kind, why } = said(item("REPORT_AVAILABLE", json!({}))).unwrap() else { panic!() };
    assert_eq!((key.as_str(), kind.as_str()), ("adyen:QFQTPCQ8HXSKGK82:REPORT_AVAILABLE:true", "REPORT_AVAILABLE"));
    assert_eq!(why, WhyUnhandled::UnknownType);
}

#[test]
fn refunds() {
    let (ours, theirs) = (json!({"merchantReference": REFUND}), json!({"merchantReference": REFERENCE}));
    let no = json!({"merchantReference": REFUND, "success": "false"});
    let console = json!({"merchantReference": format!("{ORDER}-r")});
    for (code, over, refund_id, order_id, status) in [
        ("REFUND", ours.clone(), Some(REFUND), Some(order()), RefundFactStatus::Succeeded),
        ("REFUND", theirs, None, Some(order()), RefundFactStatus::Succeeded),
        ("REFUND", console, None, None, RefundFactStatus::Succeeded),
        ("REFUND", no, Some(REFUND), Some(order()), RefundFactStatus::Failed),
        ("REFUND_FAILED", ours.clone(), Some(REFUND), Some(order()), RefundFactStatus::Failed),
        ("REFUNDED_REVERSED", ours, Some(REFUND), Some(order()), RefundFactStatus::Failed),
    ] {
        let over = with(over, json!({"amount": {"currency": "CNY", "value": 2_000}}));
        let label = format!("{code} {over}");
        let Callback::Fact { order_id: told, fact } = said(modification(code, over)).unwrap() else {
            panic!("{label}")
        };
        assert_eq!(told, order_id, "{label}");
        assert_eq!(fact.provider_payment_id, PSP);
        let expected = PaymentFactKind::Refund {
            refund_id: refund_id.map(|id| oms_domain::id::RefundId::parse(id).unwrap()),
            provider_refund_id: REFUND_PSP.to_owned(),
            amount: money("20.00", "CNY"),
            status,
        };
        assert_eq!(fact.kind, expected, "{label}");
    }
}

#[test]
fn units_to_money() {
    for (units, currency, expected) in [
        (1_099, "USD", Ok("10.99 USD")),
        (500, "JPY", Ok("500 JPY")),
        (5_123, "KWD", Ok("5.123 KWD")),
        (500, "CLP", Ok("5 CLP")),
        (550, "CLP", Err("AmountUnsupported")),
        (500, "ISK", Ok("5 ISK")),
        (500, "CVE", Ok("500.00 CVE")),
        (500, "IDR", Ok("500.00 IDR")),
        (1_045, "HUF", Ok("10.45 HUF")),
        (10_000, "CLF", Err("CurrencyUnsupported")),
        (10_000, "usd", Err("CurrencyUnsupported")),
        (100_000_000_000_001, "USD", Err("AmountUnsupported")),
        (i64::MAX, "USD", Err("AmountUnsupported")),
    ] {
        let item = item("AUTHORISATION", json!({"amount": {"currency": currency, "value": units}}));
        let said = kind(item).map(|kind| {
            let PaymentFactKind::Captured { amount } = kind else { panic!("{kind:?}") };
            amount.to_string()
        });
        assert_eq!(said, expected.map(str::to_owned), "{units} {currency}");
    }
}

#[test]
fn the_answers_to_the_byte() {
    let provider = adyen();
    let accepted = provider.accepted();
    assert_eq!((accepted.status, accepted.body.as_ref()), (StatusCode::OK, "[accepted]"));
    assert_eq!(accepted.content_type, "text/plain; charset=utf-8");
    let refused = provider.refused(&ProviderError::SignatureMismatch);
    assert_eq!((refused.status, refused.body.as_ref()), (StatusCode::UNAUTHORIZED, r#"{"error":"SignatureMismatch"}"#));
    let unreadable = ProviderError::EventUnreadable { kind: "x".to_owned(), detail: "\"quoted\"".to_owned() };
    assert_eq!(provider.refused(&unreadable).status, StatusCode::INTERNAL_SERVER_ERROR);
    let unavailable = provider.unavailable();
    assert_eq!(unavailable.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(unavailable.body, r#"{"error":"Unavailable"}"#);
}
