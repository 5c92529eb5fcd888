//! The stand-in's HTTP face.

use std::ops::Deref;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures::stream;

use super::ledger::{Answer, Ledger, Parameters, failure};
use super::mood::Mood;
use crate::clock;
use crate::error::Result;
use crate::stand_in::{self, Port};

/// A running stand-in: its [`Port`] and its memory. It ends when this is dropped.
#[derive(Debug)]
pub struct StripeStandIn {
    port: Port,
    shared: Shared,
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
        let run = format!("standin{}", clock::now().as_millisecond());
        let shared = Shared { ledger: Arc::new(Mutex::new(Ledger::new(&run))), api_key: api_key.into() };
        let port = Port::open(port, "the stand-in for Stripe's API", router(shared.clone())).await?;
        Ok(Self { port, shared })
    }

    /// Looks into its memory, or changes it: lets the buyer pay, plans a fault.
    pub fn with<T>(&self, look: impl FnOnce(&mut Ledger) -> T) -> T {
        self.shared.with(look)
    }
}

impl Deref for StripeStandIn {
    type Target = Port;

    fn deref(&self) -> &Port {
        &self.port
    }
}

impl Shared {
    fn with<T>(&self, look: impl FnOnce(&mut Ledger) -> T) -> T {
        look(&mut stand_in::lock(&self.ledger))
    }

    /// Answers a caller that has the key, in the mood for whatever the request is about.
    async fn answer(
        &self,
        about: Option<&str>,
        headers: &HeaderMap,
        act: impl FnOnce(&mut Ledger) -> Answer,
    ) -> Response {
        let wanted = format!("Bearer {}", self.api_key);
        let given = headers.get("authorization").and_then(|value| value.to_str().ok());
        if given != Some(wanted.as_str()) {
            return respond(&failure(401, "invalid_request_error", "", "Invalid API Key provided"));
        }
        let mood = about.and_then(|intent| self.with(|ledger| ledger.mood(intent)));
        match mood {
            None => respond(&self.with(act)),
            Some(Mood::Slow(wait)) => {
                let answer = self.with(act);
                tokio::time::sleep(wait).await;
                respond(&answer)
            }
            Some(Mood::Rubbish { says, does: true }) => says.response(&self.with(act)),
            Some(Mood::Rubbish { says, does: false }) => {
                says.response(&failure(404, "invalid_request_error", "resource_missing", "not carried out"))
            }
        }
    }
}

fn router(shared: Shared) -> Router {
    Router::new()
        .route("/v1/payment_intents", post(create_intent))
        .route("/v1/payment_intents/{id}", get(get_intent))
        .route("/v1/payment_intents/{id}/capture", post(capture_intent))
        .route("/v1/payment_intents/{id}/cancel", post(cancel_intent))
        .route("/v1/refunds", post(create_refund).get(list_refunds))
        .route("/v1/refunds/{id}", get(get_refund))
        .with_state(shared)
}

async fn create_intent(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    shared.answer(None, &headers, |ledger| ledger.create_intent(&form(&body), key(&headers))).await
}

async fn get_intent(State(shared): State<Shared>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    shared.answer(Some(&id), &headers, |ledger| ledger.get_intent(&id)).await
}

async fn capture_intent(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.answer(Some(&id), &headers, |ledger| ledger.capture_intent(&id, &form(&body), key(&headers))).await
}

async fn cancel_intent(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.answer(Some(&id), &headers, |ledger| ledger.cancel_intent(&id, &form(&body), key(&headers))).await
}

async fn create_refund(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    let form = form(&body);
    let about = form.get("payment_intent").map(String::as_str);
    shared.answer(about, &headers, |ledger| ledger.create_refund(&form, key(&headers))).await
}

async fn get_refund(State(shared): State<Shared>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let about = shared.with(|ledger| ledger.intent_of(&id));
    shared.answer(about.as_deref(), &headers, |ledger| ledger.get_refund(&id)).await
}

async fn list_refunds(State(shared): State<Shared>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let parameters = form(query.unwrap_or_default().as_bytes());
    let about = parameters.get("payment_intent").map(String::as_str);
    shared.answer(about, &headers, |ledger| ledger.list_refunds(&parameters)).await
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
    use std::time::{Duration, Instant};

    use serde_json::Value;

    use super::StripeStandIn;
    use crate::http;
    use crate::stripe_api::{Fault, Mood, Rubbish};

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

    #[tokio::test]
    async fn on_a_bad_day_it_is_slow_or_answers_rubbish_about_one_payment_alone() {
        let stand_in = StripeStandIn::start(0, "sk_test_1").await.unwrap();
        let client = http::client().unwrap();
        let intents: Vec<String> = (0..2)
            .map(|_| {
                let form = [("amount".to_owned(), "100".to_owned()), ("currency".to_owned(), "cny".to_owned())];
                let created = stand_in.with(|ledger| ledger.create_intent(&form.into(), None));
                created.body["id"].as_str().unwrap().to_owned()
            })
            .collect();
        let ask = async |id: &str| {
            let url = format!("{}/v1/payment_intents/{id}", stand_in.url());
            let answer = client.get(url).bearer_auth("sk_test_1").send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        };
        let says = |says| Some(Mood::Rubbish { says, does: true });
        for (mood, status, begins, is_json) in [
            (says(Rubbish::ServerError), 500, "{\"error\"", true),
            (says(Rubbish::BadGateway), 502, "<html>", false),
            (says(Rubbish::Page), 200, "<html>", false),
            (says(Rubbish::Half), 200, "{\"", false),
            (None, 200, "{\"", true),
        ] {
            stand_in.with(|ledger| ledger.disposed(&intents[0], mood));
            let (found, body) = ask(&intents[0]).await;
            assert_eq!((found, body.starts_with(begins)), (status, true), "{mood:?}: {body}");
            assert_eq!(serde_json::from_str::<Value>(&body).is_ok(), is_json, "{mood:?}: {body}");
            assert_eq!(ask(&intents[1]).await.0, 200, "the other payment is none of its business");
        }
        stand_in.with(|ledger| ledger.disposed(&intents[0], Some(Mood::Slow(Duration::from_millis(300)))));
        let since = Instant::now();
        assert_eq!(ask(&intents[0]).await.0, 200);
        assert!(since.elapsed() >= Duration::from_millis(300));
    }

    #[tokio::test]
    async fn it_goes_down_and_comes_back_with_its_memory() {
        let stand_in = StripeStandIn::start(0, "sk_test_1").await.unwrap();
        // A connection that is kept open must not outlive the service either.
        let client = http::client().unwrap();
        let ask = || client.get(format!("{}/v1/refunds", stand_in.url())).bearer_auth("sk_test_1").send();
        assert_eq!(ask().await.unwrap().status(), 200);
        let form = [("amount".to_owned(), "100".to_owned()), ("currency".to_owned(), "cny".to_owned())];
        let created = stand_in.with(|ledger| ledger.create_intent(&form.into(), None));
        stand_in.stop_listening().await;
        assert!(ask().await.unwrap_err().is_connect(), "the connection is refused");
        stand_in.listen_again().await.unwrap();
        assert_eq!(ask().await.unwrap().status(), 200);
        assert!(stand_in.with(|ledger| ledger.intent(created.body["id"].as_str().unwrap()).is_some()));
    }
}
