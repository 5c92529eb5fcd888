//! An order that is to be paid through a provider, and the function that hears of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use data_encoding::BASE64;
use lambda_runtime::{Context, Error, LambdaEvent};
use oms_app::ports::Clock;
use oms_domain::body::Provider;
use oms_domain::id::PaymentReference;
use oms_domain::money::Money;
use oms_domain::order::Order;
use oms_lambda::http::{answer, finish};
use oms_providers::callback::Answer;
use oms_providers::connected::Connected;
use oms_testkit::build::an_order;
use oms_testkit::faults::{FaultPlan, Run};
use oms_testkit::shop::Shop;
use oms_testkit::shop::acts::Act;
use oms_testkit::shop::work::Way;
use payment_callback::{Deps, providers, router};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::subjects::{Delivery, Event, SUBJECTS, Subject};

/// How the body is written in the gateway's event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// As it is: only a text can be.
    Plain,
    /// In base64, as the gateway does with what it does not take for a text.
    Base64,
}

/// The desk of a provider.
pub struct Desk {
    pub subject: &'static dyn Subject,
    pub shop: Shop,
    reference: PaymentReference,
    router: Router,
}

impl Desk {
    /// With an order of 186.00 yuan that waits for its payment.
    pub async fn of(subject: &'static dyn Subject) -> Self {
        let mut shop = Shop::new().await;
        shop.policy.live = true;
        shop.policy.providers = SUBJECTS.iter().map(|each| each.provider()).collect();
        shop.live(&Act::place(an_order().paid_by(subject.provider()))).await;
        Self::at(subject, shop)
    }

    /// The same at the same moment, for a request that must not be seen by the next one.
    pub fn again(&self) -> Self {
        Self::at(self.subject, self.shop.fork(Way::Message))
    }

    fn at(subject: &'static dyn Subject, shop: Shop) -> Self {
        // All are switched on, so that one could be taken for another.
        let secrets: BTreeMap<Provider, String> =
            SUBJECTS.iter().map(|each| (each.provider(), each.secret())).collect();
        let tasks = shop.sweep().tasks;
        let deps = Deps {
            engine: shop.engine(),
            tasks,
            providers: Arc::new(providers(&secrets).unwrap()),
            stage: "test".to_owned(),
        };
        let reference = PaymentReference::of(&shop.id(), 1);
        Self { subject, router: finish(router(deps)), reference, shop }
    }

    pub fn plan(&self) -> &FaultPlan {
        &self.shop.plan
    }

    /// The whole order is paid, right now.
    pub fn paid(&self) -> Event {
        Event::paid(&self.reference, self.shop.clock.now())
    }

    pub fn says(&self, event: &Event) -> Delivery {
        self.subject.says(event)
    }

    pub async fn order(&self) -> Order {
        self.shop.order(&self.shop.id()).await
    }

    /// How often money is said to have been taken in the order's history.
    pub async fn times_captured(&self) -> usize {
        let records = self.shop.records(&self.shop.id()).await;
        let events = records.iter().flat_map(|record| &record.events);
        events.filter(|event| event.name() == "payment_captured").count()
    }

    /// Paid, once, and nothing else.
    pub async fn is_paid(&self, what: &str) {
        let provider = self.subject.provider();
        assert_eq!(self.order().await.captured().unwrap(), yuan("186.00"), "{provider:?}: {what}");
        assert_eq!(self.times_captured().await, 1, "{provider:?}: {what}");
    }

    /// As it was before anything came.
    pub async fn is_untouched(&self, before: &Order, what: &str) {
        assert_eq!(&self.order().await, before, "{:?}: {what}", self.subject.provider());
    }

    /// Delivers to the provider's own address; its answer as far as it counts.
    pub async fn hears(&self, delivery: &Delivery, written: Written) -> Answered {
        self.hears_at(self.subject.provider().name(), delivery, written).await.unwrap()
    }

    /// The same where the function may die; none when it did.
    pub async fn hears_or_dies(&self, delivery: &Delivery) -> Option<Answered> {
        match self.shop.plan.run(self.hears(delivery, Written::Base64)).await {
            Run::Done(answered) => Some(answered),
            Run::Crashed => None,
        }
    }

    /// Delivers to the address of a name.
    pub async fn hears_at(&self, name: &str, delivery: &Delivery, written: Written) -> Result<Answered, Error> {
        let path = format!("/v1/payments/{name}/callbacks");
        let headers: BTreeMap<&str, &str> =
            delivery.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        let body = match written {
            Written::Plain => String::from_utf8(delivery.body.clone()).unwrap(),
            Written::Base64 => BASE64.encode(&delivery.body),
        };
        self.event(&path, &headers, &body, written == Written::Base64).await
    }

    /// Sends an event as the gateway does.
    pub async fn event(
        &self,
        path: &str,
        headers: &BTreeMap<&str, &str>,
        body: &str,
        is_base64: bool,
    ) -> Result<Answered, Error> {
        let event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": headers,
            "requestContext": {
                "accountId": "1", "apiId": "a", "domainName": "h", "domainPrefix": "a", "requestId": "req-1",
                "http": {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "t"},
                "routeKey": "$default", "stage": "$default", "time": "11/Nov/2026:00:00:00 +0000", "timeEpoch": 1_794_355_200_000_i64,
            },
            "body": body, "isBase64Encoded": is_base64,
        });
        let event = LambdaEvent::new(RawValue::from_string(event.to_string()).unwrap(), Context::default());
        answer(self.router.clone(), event).await.map(|answer| Answered::read(&answer))
    }

    /// The provider's own answers.
    pub fn accepted(&self) -> Answered {
        Answered::of(&self.listener().accepted())
    }

    /// The answer after which the provider tries again.
    pub fn unavailable(&self) -> Answered {
        Answered::of(&self.listener().unavailable())
    }

    fn listener(&self) -> Box<oms_providers::PaymentCallbackProvider> {
        Connected::of(self.subject.provider()).unwrap().callbacks(&self.subject.secret()).unwrap()
    }
}

/// What the provider reads of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    pub status: StatusCode,
    pub body: String,
}

impl Answered {
    fn of(answer: &Answer) -> Self {
        Self { status: answer.status, body: answer.body.clone().into_owned() }
    }

    fn read(answer: &Value) -> Self {
        let status = u16::try_from(answer["statusCode"].as_u64().unwrap()).unwrap();
        assert_eq!(answer["isBase64Encoded"], false);
        let body = answer["body"].as_str().unwrap_or_default().to_owned();
        Self { status: StatusCode::from_u16(status).unwrap(), body }
    }
}

pub fn yuan(amount: &str) -> Money {
    oms_testkit::build::cny(amount)
}
