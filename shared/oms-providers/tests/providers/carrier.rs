//! The `standard` carrier.

use http::StatusCode;
use oms_providers::callback::{CallbackProvider, receive};
use oms_providers::carriers::standard::StandardCarrier;
use oms_providers::carriers::{CarrierCallback, CarrierCallbackProvider};
use oms_providers::error::ProviderError;
use oms_providers::secret::{Secret, StandardCarrierSecrets};
use oms_providers::standard_webhooks::SigningKey;
use serde_json::{Value, json};

use crate::support::{headers, now, with};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn carrier() -> StandardCarrier {
    StandardCarrier::new(&StandardCarrierSecrets::new(&[SECRET]).unwrap()).unwrap()
}

fn said(body: &str) -> Result<CarrierCallback, ProviderError> {
    let key = SigningKey::new("test", &Secret::parse("test", SECRET).unwrap()).unwrap();
    let signature = key.sign("msg_1", now(), body.as_bytes());
    let t = now().as_second().to_string();
    let headers = headers(&[("webhook-id", "msg_1"), ("webhook-timestamp", &t), ("webhook-signature", &signature)]);
    let carrier: Box<CarrierCallbackProvider> = Box::new(carrier());
    receive(carrier.as_ref(), &headers, body.as_bytes(), now())
}

fn scan(over: Value) -> String {
    let base = json!({"event_id": "e-1", "tracking_number": "SF1234567890", "status": "in_transit",
        "occurred_at": "2026-11-11T19:00:00+08:00", "hub": "深圳"});
    with(base, over).to_string()
}

#[test]
fn every_status_of_the_contract() {
    for name in ["in_transit", "out_for_delivery", "delivered", "exception", "lost", "returned_to_sender"] {
        let CarrierCallback::Scan(scan) = said(&scan(json!({"status": name}))).unwrap() else { panic!("{name}") };
        assert_eq!(scan.status, name);
        assert_eq!(scan.event_id.as_str(), "standard:e-1");
        assert_eq!(scan.carrier.as_str(), "standard");
        assert_eq!(scan.tracking_number.as_str(), "SF1234567890");
        assert_eq!(scan.occurred_at, "2026-11-11T11:00:00Z".parse().unwrap());
    }
    let unknown = said(&scan(json!({"status": "eaten_by_a_dog"}))).unwrap();
    let CarrierCallback::Unhandled { key, kind } = unknown else { panic!("{unknown:?}") };
    assert_eq!((key.as_str(), kind.as_str()), ("standard:e-1", "eaten_by_a_dog"));
}

#[test]
fn what_is_not_readable_is_the_senders_fault() {
    for body in [
        "".to_owned(),
        "[]".to_owned(),
        scan(json!({"event_id": null})),
        scan(json!({"event_id": ""})),
        scan(json!({"event_id": "a\u{0}"})),
        scan(json!({"tracking_number": ""})),
        scan(json!({"tracking_number": "SF 1/../2"})),
        scan(json!({"status": 7})),
        scan(json!({"occurred_at": "yesterday"})),
        scan(json!({"occurred_at": "2026-11-11T19:00:00"})),
        scan(json!({"occurred_at": 1_794_395_471})),
    ] {
        let error = said(&body).unwrap_err();
        assert_eq!(error.name(), "NotAnEvent", "{body}");
        assert_eq!(carrier().refused(&error).status, StatusCode::BAD_REQUEST, "{body}");
    }
}

#[test]
fn answers() {
    let carrier = carrier();
    let error = receive(&carrier, &headers(&[]), b"{}", now()).unwrap_err();
    assert_eq!(carrier.refused(&error).status, StatusCode::UNAUTHORIZED);
    assert_eq!(carrier.accepted().status, StatusCode::OK);
    assert_eq!(carrier.unavailable().status, StatusCode::SERVICE_UNAVAILABLE);
}
