//! Alipay's notifications: its form and signature, what they mean, and the exact answers. What every provider has to refuse
//! is in `refusals.rs`.

use http::{HeaderMap, StatusCode};
use oms_domain::payment::{PaymentFactKind, RefundFactStatus};
use oms_providers::callback::{Callback, CallbackProvider, WhyUnhandled, receive};
use oms_providers::error::ProviderError;

use crate::alipay_support::{TRADE, alipay, fields, signer};
use crate::support::{REFERENCE, REFUND, money, now, only, order};

fn said(over: &[(&str, &str)]) -> Result<Callback, ProviderError> {
    let body = signer().form(&fields(over)).unwrap();
    receive(&alipay(), &HeaderMap::new(), body.as_bytes(), now()).map(only)
}

fn kind(over: &[(&str, &str)]) -> Result<PaymentFactKind, &'static str> {
    match said(over) {
        Ok(Callback::Fact { fact, .. }) => Ok(fact.kind),
        Ok(Callback::Unhandled { why, .. }) => Err(why.name()),
        Err(error) => Err(error.name()),
    }
}

fn name(body: &str) -> &'static str {
    receive(&alipay(), &HeaderMap::new(), body.as_bytes(), now()).map_or_else(|error| error.name(), |_| "ok")
}

#[test]
fn what_belongs_to_the_signature() {
    let body = signer().form(&fields(&[])).unwrap();
    assert_eq!(name(&body), "ok");
    for (body, expected) in [
        (body.replace("&sign=", "&sing="), "SignatureMissing"),
        (body.replace("sign_type=RSA2", "sign_type=RSA"), "SignatureMalformed"),
        (body.replace("sign_type=RSA2", "sign_type=rsa2"), "SignatureMalformed"),
        (body.replace("&sign_type=RSA2", ""), "SignatureMalformed"),
        (body.replace("charset=utf-8", "charset=GBK"), "SignatureMalformed"),
        (body.replace("charset=utf-8&", ""), "SignatureMismatch"),
        (body.replace("total_amount=186.00", "total_amount=186.0"), "SignatureMismatch"),
        (format!("{body}&total_amount=1.00"), "SignatureMalformed"),
        (format!("total_amount=186.00&{body}"), "SignatureMalformed"),
        (format!("{body}&sign_type=RSA2"), "SignatureMalformed"),
        (format!("{body}&more="), "SignatureMismatch"),
        (body.replace("passback_params=&", ""), "SignatureMismatch"),
    ] {
        assert_eq!(name(&body), expected, "{body}");
    }
}

/// The signature is over what the form means, so another way of writing it is the same notification.
#[test]
fn another_encoding_of_the_same_form() {
    let body = signer().form(&fields(&[])).unwrap();
    let spaces = body.replace('+', "%20");
    assert_ne!(spaces, body);
    assert_eq!(name(&spaces), "ok");
    let mut pairs: Vec<&str> = body.split('&').collect();
    pairs.reverse();
    assert_eq!(name(&pairs.join("&")), "ok", "in any order");
    // The first of them is in the subject, others are in the signature.
    assert_eq!(name(&body.replacen("%2B", "+", 1)), "SignatureMismatch", "a plus is not a space");
}

#[test]
fn payments() {
    let captured = Ok(PaymentFactKind::Captured { amount: money("186.00", "CNY") });
    for (over, expected) in [
        (vec![], captured.clone()),
        (vec![("trade_status", "TRADE_FINISHED")], captured.clone()),
        (vec![("refund_fee", "0.00")], captured.clone()),
        (vec![("total_amount", "186")], captured.clone()),
        (vec![("trade_status", "TRADE_FINISHED"), ("refund_fee", "20.00")], captured),
        (vec![("trade_status", "TRADE_CLOSED")], Ok(PaymentFactKind::Cancelled)),
        (vec![("trade_status", "WAIT_BUYER_PAY")], Ok(PaymentFactKind::Pending)),
        (vec![("trade_status", "A_STATUS_OF_NEXT_YEAR")], Ok(PaymentFactKind::Pending)),
        (vec![("trade_status", "-")], Ok(PaymentFactKind::Pending)),
        (vec![("notify_type", "dut_user_sign")], Err("unknown_type")),
        (vec![("notify_type", "-")], Err("unknown_type")),
        (vec![("trade_no", "-")], Err("no_payment")),
        (vec![("trade_no", "")], Err("no_payment")),
        (vec![("notify_id", "-")], Err("NotAnEvent")),
        (vec![("notify_id", "")], Err("NotAnEvent")),
        (vec![("total_amount", "-")], Err("EventUnreadable")),
        (vec![("total_amount", "186.001")], Err("EventUnreadable")),
        (vec![("total_amount", "-186.00")], Err("EventUnreadable")),
        (vec![("total_amount", "1e3")], Err("EventUnreadable")),
        (vec![("refund_fee", "x")], Err("EventUnreadable")),
        (vec![("app_id", "2014072300007149")], Err("EventUnreadable")),
        (vec![("app_id", "-")], Err("EventUnreadable")),
        (vec![("seller_id", "2088101106499365")], Err("EventUnreadable")),
        (vec![("seller_id", "-")], Err("EventUnreadable")),
        (vec![("trans_currency", "USD")], Err("CurrencyUnsupported")),
        (vec![("trans_currency", "CNY"), ("trade_status", "WAIT_BUYER_PAY")], Ok(PaymentFactKind::Pending)),
    ] {
        assert_eq!(kind(&over), expected, "{over:?}");
    }
}

#[test]
fn the_fact_in_full() {
    let Callback::Fact { order_id, fact } = said(&[]).unwrap() else { panic!() };
    assert_eq!(order_id, Some(order()));
    assert_eq!(fact.key.as_str(), "alipay:ac05099524730693a8b330c5ecf72da9786");
    assert_eq!(fact.provider_payment_id, TRADE);
    assert_eq!(fact.reference.unwrap().as_str(), REFERENCE);
    assert!(fact.live);
    let Callback::Fact { order_id, fact } = said(&[("out_trade_no", "somebody-elses-1")]).unwrap() else { panic!() };
    assert_eq!((order_id, fact.reference), (None, None), "looked up by Alipay's id");
    let Callback::Unhandled { key, kind, why } = said(&[("notify_type", "dut_user_sign")]).unwrap() else { panic!() };
    assert_eq!((key.as_str(), kind.as_str()), ("alipay:ac05099524730693a8b330c5ecf72da9786", "dut_user_sign"));
    assert_eq!(why, WhyUnhandled::UnknownType);
}

#[test]
fn refunds() {
    use RefundFactStatus::{Pending, Succeeded};
    for (over, ours, reference, sum, status) in [
        (vec![("refund_fee", "20.00"), ("out_biz_no", REFUND)], Some(REFUND), REFUND, "20.00", Succeeded),
        // The sum of two refunds, of which this is ours.
        (vec![("refund_fee", "50.00"), ("out_biz_no", REFUND)], Some(REFUND), REFUND, "50.00", Succeeded),
        (
            vec![("trade_status", "TRADE_CLOSED"), ("refund_fee", "186.00"), ("out_biz_no", REFUND)],
            Some(REFUND),
            REFUND,
            "186.00",
            Succeeded,
        ),
        // Made in the console: counted when everything is back, else only noted.
        (vec![("refund_fee", "186.00"), ("out_biz_no", "B1")], None, "B1", "186.00", Succeeded),
        (vec![("refund_fee", "20.00"), ("out_biz_no", "B1")], None, "B1", "20.00", Pending),
        (vec![("refund_fee", "20.00")], None, "2013112011001004330000121536-20.00", "20.00", Pending),
    ] {
        let told = kind(&over).unwrap();
        let PaymentFactKind::Refund { refund_id, provider_refund_id, amount, status: said } = told else {
            panic!("{told:?}")
        };
        assert_eq!(refund_id.as_ref().map(|id| id.as_str()), ours, "{over:?}");
        assert_eq!(provider_refund_id, reference, "{over:?}");
        assert_eq!((amount, said), (money(sum, "CNY"), status), "{over:?}");
    }
}

#[test]
fn the_answers_to_the_byte() {
    let provider = alipay();
    let accepted = provider.accepted();
    assert_eq!((accepted.status, accepted.body.as_ref()), (StatusCode::OK, "success"));
    assert_eq!(accepted.content_type, "text/plain; charset=utf-8");
    let refused = provider.refused(&ProviderError::SignatureMismatch);
    assert_eq!((refused.status, refused.body.as_ref()), (StatusCode::UNAUTHORIZED, "fail"));
    let unreadable = ProviderError::EventUnreadable { kind: "x".to_owned(), detail: "y".to_owned() };
    assert_eq!(provider.refused(&unreadable).status, StatusCode::INTERNAL_SERVER_ERROR);
    let unavailable = provider.unavailable();
    assert_eq!((unavailable.status, unavailable.body.as_ref()), (StatusCode::SERVICE_UNAVAILABLE, "fail"));
}
