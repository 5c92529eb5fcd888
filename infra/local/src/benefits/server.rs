//! The service on a port of loopback. It takes nothing that the stack has not signed.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{Books, Request, Stock};
use crate::clock;
use crate::error::{LocalError, Result};
use crate::signing;

/// How old, or how far ahead, a signature may be, in seconds.
const FRESH_SECONDS: i64 = 300;

/// The running service. It ends when this is dropped.
#[derive(Debug)]
pub struct BenefitsService {
    port: u16,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    secret: String,
    books: Mutex<Books>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("books", &self.books).finish_non_exhaustive()
    }
}

impl BenefitsService {
    /// Listens on this port of 127.0.0.1, or on a free one for 0, for the stack that signs with this secret.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn start(port: u16, secret: String, stock: Stock) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| {
            LocalError::blocked(
                format!("port {port} on 127.0.0.1 is needed for coupons and points and cannot be used: {error}"),
                "choose another with --port, or stop the program that uses it",
            )
        })?;
        let port = listener.local_addr().map_err(LocalError::io("starting the service for coupons and points"))?.port();
        let shared = Arc::new(Shared { secret, books: Mutex::new(Books::new(stock)) });
        let app = Router::new()
            .route("/reservations/{order_id}", post(reserve))
            .route("/reservations/{order_id}/commit", post(commit))
            .route("/reservations/{order_id}/release", post(release))
            .with_state(shared.clone());
        let task = tokio::spawn(async move {
            // Dropped without a word it ends; there is nobody to tell of an error before that.
            axum::serve(listener, app).await.ok();
        });
        Ok(Self { port, shared, task })
    }

    /// Its address, for `--set benefits.url`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Looks into its books.
    pub fn with<T>(&self, look: impl FnOnce(&mut Books) -> T) -> T {
        self.shared.with(look)
    }
}

impl Drop for BenefitsService {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn with<T>(&self, look: impl FnOnce(&mut Books) -> T) -> T {
        look(&mut self.books.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the stack has signed this, just now.
    fn is_signed(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let Ok(at) = text("webhook-timestamp").parse::<i64>() else { return false };
        let fresh = at.saturating_sub(clock::now().as_second()).saturating_abs() <= FRESH_SECONDS;
        let Ok([_, _, (_, expected)]) = signing::standard_webhook(&self.secret, text("webhook-id"), at, body) else {
            return false;
        };
        fresh && text("webhook-signature").split(' ').any(|signature| signature == expected)
    }
}

fn refused(status: StatusCode, reason: &str) -> Response {
    (status, axum::Json(json!({ "reason": reason }))).into_response()
}

fn answer(done: std::result::Result<(), String>) -> Response {
    match done {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(reason) => refused(StatusCode::CONFLICT, &reason),
    }
}

fn unsigned() -> Response {
    refused(StatusCode::UNAUTHORIZED, "the signature is not valid")
}

async fn reserve(
    State(shared): State<Arc<Shared>>,
    Path(order): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !shared.is_signed(&headers, &body) {
        return unsigned();
    }
    match serde_json::from_slice::<Request>(&body) {
        Ok(request) => answer(shared.with(|books| books.reserve(&order, &request.items))),
        Err(error) => refused(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

async fn commit(
    State(shared): State<Arc<Shared>>,
    Path(order): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !shared.is_signed(&headers, &body) {
        return unsigned();
    }
    answer(shared.with(|books| books.commit(&order)))
}

async fn release(
    State(shared): State<Arc<Shared>>,
    Path(order): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !shared.is_signed(&headers, &body) {
        return unsigned();
    }
    shared.with(|books| books.release(&order));
    answer(Ok(()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::BenefitsService;
    use crate::benefits::{Standing, Stock};
    use crate::{clock, http, signing};

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[tokio::test]
    async fn it_hears_the_stack_and_nobody_else() {
        let stock = Stock { coupons: [("SUMMER".to_owned(), 1)].into(), ..Stock::default() };
        let service = BenefitsService::start(0, SECRET.to_owned(), stock).await.unwrap();
        let client = http::client().unwrap();
        let now = clock::now().as_second();
        let whole = r#"{"items":[{"kind":"coupon","code":"SUMMER","amount":{"amount":"20.00","currency":"CNY"}}]}"#;
        let mut said = Vec::new();
        for (path, body, at, secret) in [
            ("o-1", whole, now, "whsec_c3RyYW5nZXI="),
            ("o-1", whole, now - 400, SECRET),
            ("o-1", "{}", now, SECRET),
            ("o-1", whole, now, SECRET),
            ("o-2", whole, now, SECRET),
            ("o-1/commit", "{}", now, SECRET),
            ("o-3/commit", "{}", now, SECRET),
            ("o-1/release", "{}", now, SECRET),
        ] {
            let mut request = client.post(format!("{}/reservations/{path}", service.url())).body(body);
            for (name, value) in signing::standard_webhook(secret, path, at, body.as_bytes()).unwrap() {
                request = request.header(name, value);
            }
            said.push(request.send().await.unwrap().status().as_u16());
        }
        assert_eq!(said, [401, 401, 400, 204, 409, 204, 409, 204]);
        assert_eq!(service.with(|books| books.standing("o-1")), Some(Standing::Released));
        assert_eq!(service.with(|books| books.stock().coupons["SUMMER"]), 1);
    }
}
