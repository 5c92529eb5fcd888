//! The service that keeps count of coupons and points: what it is told, and what its answers mean.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use oms_app::error::PortError;
use oms_app::ports::{BenefitRequest, BenefitReturn, BenefitService, SecretStore};
use oms_domain::benefit::{Spent, SpentKind};
use oms_domain::command::BenefitAnswered;
use oms_domain::id::{Channel, OrderId, ReturnId};
use oms_domain::money::{Currency, Money};
use oms_providers::benefits::{Benefits, BenefitsConfig};
use oms_providers::secret::Secret;
use oms_providers::standard_webhooks::VerifyingKeys;
use oms_testkit::time::FixedClock;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::now;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ORDER: &str = "2p3sfr678ht6km31za2r2vq01e";

struct Drawer(Option<String>);

#[async_trait]
impl SecretStore for Drawer {
    async fn secret(&self, _: &str) -> Result<String, PortError> {
        self.0.clone().ok_or(PortError { port: "secrets", detail: "is not there".into() })
    }
}

fn service(url: &str, secret: Option<String>) -> Benefits {
    let config = BenefitsConfig {
        timeout: Duration::from_millis(500),
        ..BenefitsConfig::at(url.to_owned(), "arn:benefits".to_owned())
    };
    Benefits::new(config, Arc::new(Drawer(secret)), Arc::new(FixedClock(now()))).unwrap()
}

fn stored() -> Option<String> {
    Some(json!({ "webhook_secret": SECRET }).to_string())
}

fn cny(amount: &str) -> Money {
    Money::parse(amount, Currency::parse("CNY").unwrap()).unwrap()
}

fn request() -> BenefitRequest {
    BenefitRequest {
        order_id: OrderId::parse(ORDER).unwrap(),
        channel: Channel::parse("web").unwrap(),
        customer_id: "c-1".into(),
        items: vec![Spent { kind: SpentKind::Coupon, code: "SUMMER".into(), amount: cny("20.00") }],
    }
}

#[tokio::test]
async fn each_is_said_in_its_place_and_signed() {
    let order = OrderId::parse(ORDER).unwrap();
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let service = service(&server.uri(), stored());
    let back = BenefitReturn {
        order_id: order.clone(),
        return_id: ReturnId::parse(format!("{ORDER}-r1")).unwrap(),
        items: vec![Spent { kind: SpentKind::GiftCard, code: "GC-1".into(), amount: cny("7.50") }],
    };
    for answer in [
        service.reserve(&request()).await,
        service.commit(&order).await,
        service.release(&order, &[]).await,
        service.release(&order, &[SpentKind::GiftCard]).await,
        service.give_back(&back).await,
        service.give_back(&back).await,
    ] {
        assert_eq!(answer.unwrap(), BenefitAnswered::Done);
    }
    let keys = VerifyingKeys::new("test", &[Secret::parse("test", SECRET).unwrap()]).unwrap();
    let told = server.received_requests().await.unwrap();
    let amount = json!({"amount": "20.00", "currency": "CNY"});
    let items = json!([{"kind": "coupon", "code": "SUMMER", "amount": amount}]);
    let whole = json!({"order_id": ORDER, "channel": "web", "customer_id": "c-1", "items": items});
    let card = json!([{"kind": "gift_card", "code": "GC-1", "amount": {"amount": "7.50", "currency": "CNY"}}]);
    let back = json!({"order_id": ORDER, "return_id": format!("{ORDER}-r1"), "items": card});
    let (first, returned) = (format!("{ORDER}-r1"), "/returns");
    for (request, (place, id, body)) in told.iter().zip([
        ("", "reserve", whole),
        ("/commit", "commit", json!({ "order_id": ORDER })),
        ("/release", "release", json!({ "order_id": ORDER })),
        ("/release", "release", json!({ "order_id": ORDER, "keep": ["gift_card"] })),
        (returned, first.as_str(), back.clone()),
        (returned, first.as_str(), back),
    ]) {
        assert_eq!(request.url.path(), format!("/reservations/{ORDER}{place}"));
        assert_eq!(request.headers["webhook-id"], format!("{ORDER}-{id}"));
        keys.verify(&request.headers, &request.body, now()).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&request.body).unwrap(), body);
    }
    assert_eq!(told.len(), 6);
}

#[tokio::test]
async fn only_a_no_with_a_reason_is_a_no() {
    let no = |status| ResponseTemplate::new(status).set_body_json(json!({"reason": "SUMMER was used\n before"}));
    let refused = Some("SUMMER was used before");
    for (answer, expected) in [(ResponseTemplate::new(204), None), (no(409), refused), (no(422), refused)] {
        let server = MockServer::start().await;
        Mock::given(path(format!("/reservations/{ORDER}"))).respond_with(answer).mount(&server).await;
        let expected = expected.map_or(BenefitAnswered::Done, |r| BenefitAnswered::Refused { reason: r.to_owned() });
        assert_eq!(service(&server.uri(), stored()).reserve(&request()).await.unwrap(), expected);
    }
    for answer in [
        no(400),
        no(401),
        no(404),
        no(500),
        ResponseTemplate::new(307).insert_header("location", "http://169.254.169.254/"),
        ResponseTemplate::new(409),
        ResponseTemplate::new(409).set_body_string("x".repeat(20_000)),
        ResponseTemplate::new(200).set_delay(Duration::from_secs(2)),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("POST")).respond_with(answer).mount(&server).await;
        let error = service(&server.uri(), stored()).reserve(&request()).await.unwrap_err();
        assert_eq!(error.port, "benefits", "{error}");
    }
}

#[tokio::test]
async fn without_a_usable_secret_or_address_nothing_is_sent() {
    let server = MockServer::start().await;
    for secret in [None, Some("{}".to_owned()), Some(json!({"webhook_secret": ""}).to_string())] {
        service(&server.uri(), secret).reserve(&request()).await.unwrap_err();
    }
    assert!(server.received_requests().await.unwrap().is_empty());
    for url in [
        "http://points.example.com",
        "nonsense",
        "https://a:b@example.com",
        "https://points.example.com/v1?shop=1",
        "https://points.example.com/v1#shop",
        "https://points.example.com/v1?",
    ] {
        let config = BenefitsConfig::at(url.to_owned(), "arn".to_owned());
        assert!(Benefits::new(config, Arc::new(Drawer(None)), Arc::new(FixedClock(now()))).is_err(), "{url}");
    }
}
