//! Standard Webhooks, both ways.

use http::{HeaderMap, HeaderValue};
use jiff::{Timestamp, ToSpan};
use oms_providers::secret::Secret;
use oms_providers::standard_webhooks::{ID_HEADER, SigningKey, VerifyingKeys};

use crate::support::{headers, now};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const BODY: &[u8] = br#"{"test": 2432232314}"#;

fn key(secret: &str) -> SigningKey {
    SigningKey::new("test", &Secret::parse("test", secret).unwrap()).unwrap()
}

fn keys(secrets: &[&str]) -> VerifyingKeys {
    let secrets: Vec<Secret> = secrets.iter().map(|s| Secret::parse("test", *s).unwrap()).collect();
    VerifyingKeys::new("test", &secrets).unwrap()
}

fn verify(headers: &HeaderMap, body: &[u8], now: Timestamp) -> &'static str {
    keys(&[OTHER, SECRET]).verify(headers, body, now).map_or_else(|error| error.name(), |_| "ok")
}

fn check(id: &str, timestamp: &str, signature: &str) -> &'static str {
    let headers = headers(&[("webhook-id", id), ("webhook-timestamp", timestamp), ("webhook-signature", signature)]);
    verify(&headers, BODY, now())
}

/// The vector of the specification's own reference implementations.
#[test]
fn the_published_vector() {
    let at = Timestamp::from_second(1_614_265_330).unwrap();
    let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    assert_eq!(key(SECRET).sign(id, at, BODY), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn what_is_taken_and_what_is_not() {
    let t = now().as_second().to_string();
    let good = key(SECRET).sign("msg_1", now(), BODY);
    let bare = good.strip_prefix("v1,").unwrap();
    let foreign = key("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").sign("msg_1", now(), BODY);
    let unpadded = good.trim_end_matches('=');
    for (id, timestamp, signature, expected) in [
        ("msg_1", t.as_str(), good.clone(), "ok"),
        ("msg_1", &t, format!("{foreign} {good}"), "ok"),
        ("msg_1", &t, format!("v1a,xyz v2,{bare} nonsense v1, {good}"), "ok"),
        ("msg_1", &t, key(OTHER).sign("msg_1", now(), BODY), "ok"),
        ("msg_2", &t, good.clone(), "SignatureMismatch"),
        ("msg_1", &t, foreign, "SignatureMismatch"),
        ("msg_1", &t, bare.to_owned(), "SignatureMismatch"),
        ("msg_1", &t, format!("v2,{bare}"), "SignatureMismatch"),
        ("msg_1", &t, format!("V1,{bare}"), "SignatureMismatch"),
        ("msg_1", &t, format!("v1,{}", bare.to_lowercase()), "SignatureMismatch"),
        ("msg_1", &t, format!("v1,{}", &bare[..20]), "SignatureMismatch"),
        ("msg_1", &t, unpadded.to_owned(), "SignatureMismatch"),
        ("msg_1", &t, "v1,".to_owned(), "SignatureMismatch"),
        ("msg_1", &t, "v1".to_owned(), "SignatureMismatch"),
        ("msg_1", &t, " ".to_owned(), "SignatureMismatch"),
        ("msg_1", &t, String::new(), "SignatureMissing"),
        ("", &t, good.clone(), "SignatureMissing"),
        ("msg_1", "", good.clone(), "SignatureMissing"),
        ("msg_1", "-9223372036854775808", good.clone(), "SignatureMalformed"),
        ("msg_1", "9223372036854775807", good.clone(), "SignatureMalformed"),
        ("msg_1", "1.5", good.clone(), "SignatureMalformed"),
        ("msg_1", "nan", good.clone(), "SignatureMalformed"),
        ("msg_1", "0", good.clone(), "TimestampOutside"),
        ("msg_1", "999999999999", good, "TimestampOutside"),
    ] {
        assert_eq!(check(id, timestamp, &signature), expected, "{id} {timestamp} {signature}");
    }
}

#[test]
fn five_minutes_both_ways() {
    for (offset, expected) in [(-300, "ok"), (300, "ok"), (-301, "TimestampOutside"), (301, "TimestampOutside")] {
        let at = now().checked_add(offset.seconds()).unwrap();
        let signature = key(SECRET).sign("msg_1", at, BODY);
        assert_eq!(check("msg_1", &at.as_second().to_string(), &signature), expected, "{offset} s");
    }
}

#[test]
fn headers_must_be_there_once() {
    let t = now().as_second().to_string();
    let signature = key(SECRET).sign("msg_1", now(), BODY);
    let good = headers(&[("webhook-id", "msg_1"), ("webhook-timestamp", &t), ("webhook-signature", &signature)]);
    assert_eq!(verify(&good, BODY, now()), "ok");
    assert_eq!(verify(&good, b"{}", now()), "SignatureMismatch");
    let names: Vec<_> = good.keys().cloned().collect();
    for name in names {
        let mut without = good.clone();
        without.remove(&name);
        assert_eq!(verify(&without, BODY, now()), "SignatureMissing", "{name}");
        let mut twice = good.clone();
        twice.append(&name, good[&name].clone());
        assert_eq!(verify(&twice, BODY, now()), "SignatureMalformed", "{name}");
    }
    let mut bytes = good;
    bytes.insert(ID_HEADER, HeaderValue::from_bytes(b"\xff").unwrap());
    assert_eq!(verify(&bytes, BODY, now()), "SignatureMalformed");
}

#[test]
fn secrets() {
    let check = |text: &str| {
        let key = Secret::parse("test", text).and_then(|secret| SigningKey::new("test", &secret));
        key.map_or_else(|error| error.name(), |_| "ok")
    };
    for (secret, expected) in [
        (SECRET, "ok"),
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "ok"),
        ("whsec_YWJj", "ok"),
        ("whsec_YWI", "ok"),
        ("whsec_YWI=", "ok"),
        ("whsec_", "SecretEmpty"),
        ("whsec_====", "SecretEmpty"),
        ("", "SecretEmpty"),
        ("  ", "SecretEmpty"),
        ("whsec_not base64", "SecretMalformed"),
        ("whsec_not_base64!", "SecretMalformed"),
        ("whsec_YWJj\n", "SecretMalformed"),
    ] {
        assert_eq!(check(secret), expected, "{secret:?}");
    }
    assert_eq!(VerifyingKeys::new("test", &[]).unwrap_err().name(), "SecretEmpty");
}
