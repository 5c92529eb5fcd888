//! The shop's counter: every function that answers HTTP, as it is deployed, over a shop in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use oms_app::intake::OrderIds;
use oms_app::ports::Clock;
use oms_app::queries::Queries;
use oms_domain::body::Provider;
use oms_lambda::auth::Credentials;
use oms_lambda::http::finish;
use oms_providers::carriers::standard::{self, StandardCarrier};
use oms_providers::secret::{Secret, StandardCarrierSecrets, StripeSecrets};
use oms_providers::standard_webhooks::SigningKey;
use oms_providers::stripe::{StripeCallbacks, signature};
use oms_testkit::build::an_order;
use oms_testkit::shop::acts::{Act, request};
use oms_testkit::shop::facts::captured;
use oms_testkit::shop::work::Way;
use oms_testkit::shop::{Shop, order_id};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt;

const STRIPE_SECRET: &str = "whsec_for_tests_only";
const CARRIER_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Everybody who has a credential: name, role, channels.
pub const CALLERS: &[(&str, &str, &[&str])] = &[
    ("storefront", "storefront", &["web", "app"]),
    ("storefront_mini", "storefront", &["mini"]),
    ("channel_tmall", "channel", &["tmall"]),
    ("support", "support", &[]),
    ("finance", "finance", &[]),
    ("warehouse", "warehouse", &[]),
    ("manager", "manager", &[]),
];

/// Warehouses of others: name, and the location that each is bound to. The orders' goods lie at the first one's.
pub const PARTNERS: [(&str, &str); 2] = [("partner_here", "sz-1"), ("partner_elsewhere", "hz-9")];

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap());

/// The token of a caller.
pub fn token(name: &str) -> String {
    format!("token-of-{name}-0001")
}

fn credentials() -> Credentials {
    let entries: Vec<Value> = CALLERS
        .iter()
        .map(|(name, role, channels)| json!({"name": name, "token": token(name), "role": role, "channels": channels}))
        .chain(PARTNERS.iter().map(|(name, location)| {
            json!({"name": name, "token": token(name), "role": "warehouse", "locations": [location]})
        }))
        .collect();
    Credentials::parse(&json!({"credentials": entries}).to_string()).unwrap()
}

/// An order of the shop and what it has.
pub struct Subject {
    pub channel: &'static str,
    pub number: &'static str,
    pub customer: &'static str,
}

impl Subject {
    pub fn id(&self) -> String {
        order_id(self.channel, self.number).to_string()
    }
}

/// On the storefront's own channel, shipped by no one yet: a shipment with its location, a refund.
pub const WEB: Subject = Subject { channel: "web", number: "W-77001", customer: "cust-web-77001" };
/// The same at a marketplace.
pub const TMALL: Subject = Subject { channel: "tmall", number: "T-88001", customer: "cust-tmall-88001" };
/// Orders that are to be paid.
pub const WEB_OPEN: Subject = Subject { channel: "web", number: "W-77003", customer: "cust-web-77003" };
pub const TMALL_OPEN: Subject = Subject { channel: "tmall", number: "T-88003", customer: "cust-tmall-88003" };
/// Orders that a person has to look at, with a hold.
pub const WEB_HELD: Subject = Subject { channel: "web", number: "W-77002", customer: "cust-web-77002" };
pub const TMALL_HELD: Subject = Subject { channel: "tmall", number: "T-88002", customer: "cust-tmall-88002" };

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub fn content_type(&self) -> &str {
        self.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// The shop and its doors.
pub struct Counter {
    shop: Shop,
    router: Router,
}

impl Counter {
    /// With orders of two channels that have come some way.
    pub fn open() -> Self {
        RUNTIME.block_on(async {
            let mut shop = Shop::new().await;
            let orders = [(&WEB, 2), (&TMALL, 2), (&WEB_OPEN, 1), (&TMALL_OPEN, 1), (&WEB_HELD, 6), (&TMALL_HELD, 6)];
            for (subject, quantity) in orders {
                let order = an_order()
                    .empty()
                    .line("TEE-M", quantity, "99.00")
                    .channel(subject.channel, subject.number)
                    .customer(subject.customer);
                let body = request(&order, subject.channel, subject.number, subject.number);
                shop.intake().place(&body).await.unwrap();
                shop.drain().await;
                if quantity == 2 {
                    let id = order_id(subject.channel, subject.number);
                    shop.about = Some(id.clone());
                    let paid = captured(&id, subject.number, &format!("pi_{}", subject.channel), "198.00");
                    shop.live(&Act::told(paid)).await;
                    shop.live(&Act::Refund { amount: "1.00", key: "refund-1" }).await;
                }
            }
            Self::of(shop)
        })
    }

    /// The same shop at the same moment, for a request that must not be seen by the next one.
    pub fn again(&self) -> Self {
        Self::of(self.shop.fork(Way::Message))
    }

    fn of(shop: Shop) -> Self {
        let (store, engine) = (Arc::new(shop.store.clone()), shop.engine());
        let queries = Queries { orders: store.clone(), lists: store.clone() };
        let stripe = StripeSecrets::new("sk_test_none", &[STRIPE_SECRET]).unwrap();
        let carrier = StandardCarrierSecrets::new(&[CARRIER_SECRET]).unwrap();
        let mut providers = payment_callback::Providers::new();
        providers.insert(Provider::Stripe, Box::new(StripeCallbacks::new(&stripe).unwrap()));
        let mut callbacks = shipping_notify::CarrierCallbacks::new();
        callbacks.insert(standard::NAME.into(), Box::new(StandardCarrier::new(&carrier).unwrap()));
        let router = Router::new()
            .merge(intake::router(intake::Deps {
                credentials: credentials(),
                intake: shop.intake(),
                ids: OrderIds::new(&[7; 32]).unwrap(),
            }))
            .merge(orders::router(orders::Deps {
                credentials: credentials(),
                engine: engine.clone(),
                queries: queries.clone(),
                tasks: orders::TaskDesk(store.clone()),
            }))
            .merge(inventory::router(inventory::Deps {
                credentials: credentials(),
                inventory: shop.inventory(),
                stock: store.clone(),
            }))
            .merge(payment_callback::router(payment_callback::Deps {
                engine,
                tasks: store,
                providers: Arc::new(providers),
                stage: "test".to_owned(),
            }))
            .merge(payment_start::router(payment_start::Deps { credentials: credentials(), starting: shop.starting() }))
            .merge(shipping_notify::router(shipping_notify::Deps {
                credentials: credentials(),
                carriers: shop.carriers(),
                queries,
                callbacks: Arc::new(callbacks),
            }));
        Self { shop, router: finish(router) }
    }

    /// Whether a shipment, a refund and a hold are where the requests look for them.
    pub fn is_stocked(&self) -> bool {
        let look = |subject: &Subject| RUNTIME.block_on(self.shop.order(&order_id(subject.channel, subject.number)));
        [&WEB, &TMALL].iter().all(|subject| {
            let order = look(subject);
            !order.shipments.is_empty() && !order.refunds.is_empty()
        }) && [&WEB_HELD, &TMALL_HELD].iter().all(|subject| !look(subject).holds.is_empty())
    }

    /// Sends a request. A header that cannot be one is left out, as no client can send it.
    pub fn ask(&self, method: &str, uri: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            if let Ok(value) = axum::http::HeaderValue::from_bytes(value.as_bytes()) {
                request = request.header(*name, value);
            }
        }
        // What is no address cannot be asked for.
        let request = request.body(Body::from(body.to_vec())).ok()?;
        RUNTIME.block_on(async {
            let answer = self.router.clone().oneshot(request).await.unwrap();
            let (parts, body) = answer.into_parts();
            let bytes = to_bytes(body, 10_000_000).await.unwrap();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Some(Answer { status: parts.status.as_u16(), headers: parts.headers, text })
        })
    }

    /// The headers with which a provider or a carrier would send this body.
    pub fn signed(&self, body: &[u8]) -> Vec<(&'static str, String)> {
        let now = self.shop.clock.now();
        let key = SigningKey::new("test", &Secret::parse("test", CARRIER_SECRET).unwrap()).unwrap();
        let headers = BTreeMap::from([
            ("stripe-signature", signature::header(STRIPE_SECRET, now, body).unwrap()),
            ("webhook-id", "msg_1".to_owned()),
            ("webhook-timestamp", now.as_second().to_string()),
            ("webhook-signature", key.sign("msg_1", now, body)),
        ]);
        headers.into_iter().collect()
    }
}
