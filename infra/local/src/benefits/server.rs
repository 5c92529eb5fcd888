//! The service on a port of loopback. It takes nothing that the stack has not signed.

use std::ops::Deref;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::json;

use super::{Books, Release, Request, Return, Stock};
use crate::error::Result;
use crate::signing;
use crate::stand_in::{self, Port};

/// The running service: its [`Port`] and its books. It ends when this is dropped.
#[derive(Debug)]
pub struct BenefitsService {
    port: Port,
    shared: Arc<Shared>,
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
        let shared = Arc::new(Shared { secret, books: Mutex::new(Books::new(stock)) });
        let app = Router::new()
            .route("/reservations/{order_id}", post(reserve))
            .route("/reservations/{order_id}/commit", post(commit))
            .route("/reservations/{order_id}/release", post(release))
            .route("/reservations/{order_id}/returns", post(give_back))
            .with_state(shared.clone());
        let port = Port::open(port, "the service for coupons, points and gift cards", app).await?;
        Ok(Self { port, shared })
    }

    /// Looks into its books, or changes them: lets a buyer have more to spend.
    pub fn with<T>(&self, look: impl FnOnce(&mut Books) -> T) -> T {
        self.shared.with(look)
    }
}

impl Deref for BenefitsService {
    type Target = Port;

    fn deref(&self) -> &Port {
        &self.port
    }
}

impl Shared {
    fn with<T>(&self, look: impl FnOnce(&mut Books) -> T) -> T {
        look(&mut stand_in::lock(&self.books))
    }

    /// Does what a request asks for, if the stack has signed it just now and it can be read.
    fn heed<R: DeserializeOwned>(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        act: impl FnOnce(&mut Books, R) -> std::result::Result<(), String>,
    ) -> Response {
        if !signing::is_standard_webhook(&self.secret, headers, body) {
            return refused(StatusCode::UNAUTHORIZED, "the signature is not valid");
        }
        match serde_json::from_slice::<R>(body) {
            Ok(request) => match self.with(|books| act(books, request)) {
                Ok(()) => StatusCode::NO_CONTENT.into_response(),
                Err(reason) => refused(StatusCode::CONFLICT, &reason),
            },
            Err(error) => refused(StatusCode::BAD_REQUEST, &error.to_string()),
        }
    }
}

fn refused(status: StatusCode, reason: &str) -> Response {
    (status, axum::Json(json!({ "reason": reason }))).into_response()
}

async fn reserve(
    State(shared): State<Arc<Shared>>,
    Path(order): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.heed(&headers, &body, |books, request: Request| books.reserve(&order, &request.items))
}

async fn commit(
    State(shared): State<Arc<Shared>>,
    Path(order): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.heed(&headers, &body, |books, _: IgnoredAny| books.commit(&order))
}

async fn release(
    State(shared): State<Arc<Shared>>,
    Path(order): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.heed(&headers, &body, |books, request: Release| {
        books.release(&order, &request.keep);
        Ok(())
    })
}

async fn give_back(
    State(shared): State<Arc<Shared>>,
    Path(order): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.heed(&headers, &body, |books, request: Return| books.give_back(&order, &request))
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
        let back = r#"{"return_id":"r1","items":[{"kind":"coupon","code":"SUMMER","amount":{"amount":"20.00"}}]}"#;
        let mut said = Vec::new();
        for (path, body, at, secret) in [
            ("o-1", whole, now, "whsec_c3RyYW5nZXI="),
            ("o-1", whole, now - 400, SECRET),
            ("o-1", "{}", now, SECRET),
            ("o-1", whole, now, SECRET),
            ("o-2", whole, now, SECRET),
            ("o-1/commit", "{}", now, SECRET),
            ("o-3/commit", "{}", now, SECRET),
            ("o-1/returns", back, now - 400, SECRET),
            ("o-1/returns", "{}", now, SECRET),
            ("o-1/returns", back, now, SECRET),
            ("o-1/returns", back, now, SECRET),
            ("o-3/returns", back, now, SECRET),
            ("o-1/release", r#"{"keep":["gift_card"]}"#, now, SECRET),
        ] {
            let mut request = client.post(format!("{}/reservations/{path}", service.url())).body(body);
            for (name, value) in signing::standard_webhook(secret, path, at, body.as_bytes()).unwrap() {
                request = request.header(name, value);
            }
            said.push(request.send().await.unwrap().status().as_u16());
        }
        assert_eq!(said, [401, 401, 400, 204, 409, 204, 409, 401, 400, 204, 204, 409, 204]);
        assert_eq!(service.with(|books| books.standing("o-1")), Some(Standing::Released));
        assert_eq!(service.with(|books| books.stock().coupons["SUMMER"]), 1);
    }
}
