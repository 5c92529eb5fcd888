//! Stripe's signature header, as far as it is Stripe's own: what every provider has to refuse is in `refusals.rs`.

use http::{HeaderMap, HeaderValue, StatusCode};
use oms_providers::callback::{CallbackProvider, receive};
use oms_providers::stripe::signature::{HEADER, header};
use serde_json::json;

use crate::support::{OLD_SECRET, SECRET, event, headers, intent, now, stripe};

fn body() -> Vec<u8> {
    event("payment_intent.processing", intent(json!({}))).to_string().into_bytes()
}

/// The error's name for a header over the usual body, or "ok".
fn check_header(header: &str) -> &'static str {
    check(&headers(&[("stripe-signature", header)]), &body())
}

fn check(headers: &HeaderMap, body: &[u8]) -> &'static str {
    receive(&stripe(), headers, body, now()).map_or_else(|error| error.name(), |_| "ok")
}

fn good() -> String {
    header(SECRET, now(), &body()).unwrap()
}

fn tag(secret: &str) -> String {
    header(secret, now(), &body()).unwrap().split_once("v1=").unwrap().1.to_owned()
}

#[test]
fn any_v1_may_fit_any_secret() {
    let t = now().as_second();
    let (current, old, foreign) = (tag(SECRET), tag(OLD_SECRET), tag("whsec_somebody_else"));
    for (header, expected) in [
        (format!("t={t},v1={current}"), "ok"),
        (format!("t={t},v1={old}"), "ok"),
        (format!("t={t},v1={foreign},v1={old}"), "ok"),
        (format!("v1={current},t={t}"), "ok"),
        (format!("t={t},v0={foreign},v1={current},v2=whatever"), "ok"),
        (format!("t={t},v1=,v1={current}"), "ok"),
        (format!("t={t},v1={foreign}"), "SignatureMismatch"),
        (format!("t={t},v0={current}"), "SignatureMalformed"),
    ] {
        assert_eq!(check_header(&header), expected, "{header}");
    }
}

#[test]
fn broken_headers_are_refused() {
    let t = now().as_second();
    let tag = tag(SECRET);
    let upper = tag.to_uppercase();
    for header in [
        String::new(),
        "nonsense".to_owned(),
        ",,,,".to_owned(),
        "t=,v1=".to_owned(),
        format!("v1={tag}"),
        format!("t={t}"),
        format!("t={t},v1="),
        format!("t={t},v1={upper}"),
        format!("t={t},V1={tag}"),
        format!("T={t},v1={tag}"),
        format!("t={t}, v1={tag}"),
        format!("t= {t},v1={tag}"),
        format!("t={t};v1={tag}"),
        format!("t={t},v1=0x{tag}"),
        // Twice the time: which one was signed?
        format!("t={t},t={t},v1={tag}"),
        format!("t={t},v1={tag},t=1"),
    ] {
        let name = check_header(&header);
        assert!(matches!(name, "SignatureMalformed" | "SignatureMissing" | "SignatureMismatch"), "{header}: {name}");
    }
    assert_eq!(check(&HeaderMap::new(), &body()), "SignatureMissing");
}

#[test]
fn an_unprintable_header_is_refused() {
    let bytes = HeaderMap::from_iter([(HEADER, HeaderValue::from_bytes(b"t=1,v1=\xff\xfe").unwrap())]);
    assert_eq!(check(&bytes, &body()), "SignatureMalformed");
}

#[test]
fn answers_in_stripes_manner() {
    let provider = stripe();
    let status = |headers: &HeaderMap, body: &[u8]| {
        provider.refused(&receive(&provider, headers, body, now()).unwrap_err()).status
    };
    let signed = |body: &[u8]| headers(&[("stripe-signature", &header(SECRET, now(), body).unwrap())]);
    assert_eq!(status(&HeaderMap::new(), b"{}"), StatusCode::UNAUTHORIZED);
    assert_eq!(status(&headers(&[("stripe-signature", &good())]), b"{}"), StatusCode::UNAUTHORIZED);
    assert_eq!(status(&signed(b"not json"), b"not json"), StatusCode::BAD_REQUEST);
    let unreadable = event("payment_intent.succeeded", json!({"id": "pi_1"})).to_string();
    assert_eq!(status(&signed(unreadable.as_bytes()), unreadable.as_bytes()), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(provider.accepted().status, StatusCode::OK);
    assert_eq!(provider.unavailable().status, StatusCode::SERVICE_UNAVAILABLE);
    let refused = provider.refused(&receive(&provider, &HeaderMap::new(), b"", now()).unwrap_err());
    assert_eq!(refused.body, r#"{"error":"SignatureMissing"}"#);
    assert_eq!(refused.content_type, "application/json");
}
