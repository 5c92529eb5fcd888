//! The stand-in's HTTP face.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures::stream;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::ledger::{Answer, Ledger, Parameters, failure};
use crate::clock;
use crate::error::{LocalError, Result};

/// A running stand-in. It ends when this is dropped.
#[derive(Debug)]
pub struct StripeStandIn {
    port: u16,
    shared: Shared,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Shared {
    ledger: Arc<Mutex<Ledger>>,
    api_key: Arc<str>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

impl StripeStandIn {
    /// Listens on this port of 127.0.0.1, or on a free one for 0, for callers with this API key.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn start(port: u16, api_key: &str) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| {
            LocalError::blocked(
                format!(
                    "port {port} on 127.0.0.1 is needed for the stand-in for Stripe's API and cannot be used: {error}"
                ),
                "stop the program that uses it",
            )
        })?;
        let port = listener.local_addr().map_err(LocalError::io("starting the stand-in for Stripe's API"))?.port();
        let run = format!("standin{}", clock::now().as_millisecond());
        let shared = Shared { ledger: Arc::new(Mutex::new(Ledger::new(&run))), api_key: api_key.into() };
        let app = router(shared.clone());
        let task = tokio::spawn(async move {
            // It ends with the task; there is nobody to tell of an error before that.
            axum::serve(listener, app).await.ok();
        });
        Ok(Self { port, shared, task })
    }

    /// Its address, for `--set providers.stripe.api_base`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Looks into its memory, or changes it: lets the buyer pay, plans a fault.
    pub fn with<T>(&self, look: impl FnOnce(&mut Ledger) -> T) -> T {
        self.shared.with(look)
    }
}

impl Drop for StripeStandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn with<T>(&self, look: impl FnOnce(&mut Ledger) -> T) -> T {
        look(&mut self.ledger.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Answers a caller that has the key.
    fn answer(&self, headers: &HeaderMap, act: impl FnOnce(&mut Ledger) -> Answer) -> Response {
        let wanted = format!("Bearer {}", self.api_key);
        let given = headers.get("authorization").and_then(|value| value.to_str().ok());
        if given != Some(wanted.as_str()) {
            return respond(&failure(401, "invalid_request_error", "", "Invalid API Key provided"));
        }
        respond(&self.with(act))
    }
}

fn router(shared: Shared) -> Router {
    Router::new()
        .route("/v1/payment_intents", post(create_intent))
        .route("/v1/payment_intents/{id}", get(get_intent))
        .route("/v1/payment_intents/{id}/cancel", post(cancel_intent))
        .route("/v1/refunds", post(create_refund).get(list_refunds))
        .route("/v1/refunds/{id}", get(get_refund))
        .with_state(shared)
}

async fn create_intent(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    shared.answer(&headers, |ledger| ledger.create_intent(&form(&body), key(&headers)))
}

async fn get_intent(State(shared): State<Shared>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    shared.answer(&headers, |ledger| ledger.get_intent(&id))
}

async fn cancel_intent(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.answer(&headers, |ledger| ledger.cancel_intent(&id, &form(&body), key(&headers)))
}

async fn create_refund(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    shared.answer(&headers, |ledger| ledger.create_refund(&form(&body), key(&headers)))
}

async fn get_refund(State(shared): State<Shared>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    shared.answer(&headers, |ledger| ledger.get_refund(&id))
}

async fn list_refunds(State(shared): State<Shared>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let parameters = form(query.unwrap_or_default().as_bytes());
    shared.answer(&headers, |ledger| ledger.list_refunds(&parameters))
}

fn form(bytes: &[u8]) -> Parameters {
    url::form_urlencoded::parse(bytes).into_owned().collect()
}

fn key(headers: &HeaderMap) -> Option<&str> {
    headers.get("idempotency-key").and_then(|value| value.to_str().ok())
}

fn respond(answer: &Answer) -> Response {
    if answer.status == 0 {
        return broken_off();
    }
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, axum::Json(&answer.body)).into_response();
    if answer.replayed {
        response.headers_mut().insert("idempotent-replayed", axum::http::HeaderValue::from_static("true"));
    }
    response
}

/// The answer is cut off before its first byte: the caller cannot know what became of the request.
fn broken_off() -> Response {
    let cut = std::io::Error::other("planned by the test");
    Response::new(Body::from_stream(stream::iter([Err::<Bytes, _>(cut)])))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use serde_json::Value;

    use super::StripeStandIn;
    use crate::http;
    use crate::stripe_api::Fault;

    #[tokio::test]
    async fn the_api_is_served_to_those_with_the_key() {
        let stand_in = StripeStandIn::start(0, "sk_test_1").await.unwrap();
        let client = http::client().unwrap();
        let intents = format!("{}/v1/payment_intents", stand_in.url());
        let form = [("amount", "20600"), ("currency", "cny"), ("metadata[order_id]", "o1")];
        assert_eq!(client.post(&intents).form(&form).send().await.unwrap().status(), 401);
        let intent: Value =
            client.post(&intents).bearer_auth("sk_test_1").form(&form).send().await.unwrap().json().await.unwrap();
        let id = intent["id"].as_str().unwrap();
        stand_in.with(|ledger| ledger.pay(id, 20600)).unwrap();

        let refunds = format!("{}/v1/refunds", stand_in.url());
        let refund = || {
            let form = [("payment_intent", id), ("amount", "20600"), ("metadata[refund_id]", "r1")];
            client.post(&refunds).bearer_auth("sk_test_1").header("idempotency-key", "r1").form(&form).send()
        };
        stand_in.with(|ledger| ledger.plan(Fault::LoseAnswer));
        let lost = refund().await;
        assert!(match lost {
            Ok(answer) => answer.bytes().await.is_err(),
            Err(_) => true,
        });
        let answer = refund().await.unwrap();
        assert_eq!(answer.headers()["idempotent-replayed"], "true");
        let listed: Value = client
            .get(format!("{refunds}?payment_intent={id}&limit=100"))
            .bearer_auth("sk_test_1")
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(listed["data"].as_array().unwrap().len(), 1);
        assert_eq!(listed["data"][0]["metadata"]["refund_id"], "r1");
    }
}
