//! Outbound webhooks to warehouses.

use std::time::Duration;

use oms_app::ports::WebhookSender;
use oms_providers::secret::{Secret, WarehouseSecrets};
use oms_providers::standard_webhooks::VerifyingKeys;
use oms_providers::warehouse::{LARGEST_BODY, WarehouseConfig, WarehouseWebhooks, check_address};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::now;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY: &[u8] = r#"{"type":"waybill.shipment.released.v1","note":"周末送"}"#.as_bytes();

fn sender(allow_loopback: bool) -> WarehouseWebhooks {
    let config = WarehouseConfig { allow_loopback, timeout: Duration::from_millis(500), ..WarehouseConfig::default() };
    WarehouseWebhooks::new(&WarehouseSecrets::new(SECRET).unwrap(), &config).unwrap()
}

async fn post(answer: ResponseTemplate) -> (Result<(), String>, MockServer) {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path("/hook")).respond_with(answer).expect(1).mount(&server).await;
    let url = format!("{}/hook?token=of-the-receiver", server.uri());
    let outcome = sender(true).post(&url, "evt-1", now(), BODY).await;
    (outcome.map_err(|error| error.to_string()), server)
}

#[tokio::test]
async fn the_receiver_can_verify_what_it_gets() {
    let (outcome, server) = post(ResponseTemplate::new(204)).await;
    outcome.unwrap();
    let requests = server.received_requests().await.unwrap();
    let request = &requests[0];
    assert_eq!(request.body, BODY);
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(request.headers["webhook-id"], "evt-1");
    assert_eq!(request.headers["webhook-timestamp"], now().as_second().to_string());
    let keys = VerifyingKeys::new("test", &[Secret::parse("test", SECRET).unwrap()]).unwrap();
    keys.verify(&request.headers, &request.body, now()).unwrap();
}

#[tokio::test]
async fn only_2xx_is_success_and_redirects_are_not_followed() {
    let redirect = ResponseTemplate::new(307).insert_header("location", "http://169.254.169.254/latest/meta-data");
    for (answer, expected) in [
        (ResponseTemplate::new(200), Ok(())),
        (ResponseTemplate::new(202).set_body_string("x".repeat(3_000_000)), Ok(())),
        (redirect, Err("webhook: answered 307".to_owned())),
        (ResponseTemplate::new(410), Err("webhook: answered 410".to_owned())),
        (ResponseTemplate::new(503), Err("webhook: answered 503".to_owned())),
    ] {
        assert_eq!(post(answer).await.0, expected);
    }
}

#[tokio::test]
async fn a_slow_or_absent_receiver_is_an_error_that_keeps_its_address_secret() {
    let slow = post(ResponseTemplate::new(200).set_delay(Duration::from_secs(2))).await.0.unwrap_err();
    assert!(slow.contains("timed out") && !slow.contains("token"), "{slow}");
    let absent = sender(true).post("http://127.0.0.1:9/hook?token=x", "evt-1", now(), BODY).await.unwrap_err();
    assert!(absent.detail.contains("onnect") && !absent.detail.contains("token"), "{absent}");
}

#[tokio::test]
async fn what_is_not_sent_at_all() {
    for url in
        ["http://127.0.0.1:9/hook", "http://example.com/hook", "file:///etc/passwd", "https://a:b@example.com", ""]
    {
        let error = sender(false).post(url, "evt-1", now(), BODY).await.unwrap_err();
        assert!(error.detail.starts_with("its address "), "{url}: {error}");
    }
    let error =
        sender(true).post("http://127.0.0.1:9", "evt-1", now(), &vec![b' '; LARGEST_BODY + 1]).await.unwrap_err();
    assert!(error.detail.contains("too large"), "{error}");
    let error = sender(true).post("http://127.0.0.1:9", "evt\n1", now(), BODY).await.unwrap_err();
    assert_eq!(error.port, "webhook", "an id that is no header value is an error and not a panic");
}

#[test]
fn addresses_are_checked_before_they_are_stored() {
    for (url, allow_loopback, expected) in [
        ("https://wms.example.com/hook", false, true),
        ("http://wms.example.com/hook", false, false),
        ("http://wms.example.com/hook", true, false),
        ("http://localhost:8080/hook", true, true),
        ("http://localhost:8080/hook", false, false),
        ("http://127.0.0.1@example.com/", true, false),
        ("nonsense", true, false),
    ] {
        assert_eq!(check_address(url, allow_loopback).is_ok(), expected, "{url}");
    }
}
