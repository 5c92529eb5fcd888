//! A Runtime API for one function: it hands out events and takes the answers, and remembers when. No engine is in the way.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::error::{LocalError, Result};

/// What happened, and when.
#[derive(Debug)]
pub struct Moments {
    /// Each call for the next event.
    pub polls: Vec<Instant>,
    /// Each event handed out.
    pub given: Vec<Instant>,
    /// Each answer, with its body.
    pub answers: Vec<(Instant, String)>,
}

/// A running API. It ends when this is dropped.
#[derive(Debug)]
pub struct RuntimeApi {
    /// For `AWS_LAMBDA_RUNTIME_API`.
    pub address: String,
    shared: Shared,
    task: JoinHandle<()>,
}

#[derive(Clone, Debug)]
struct Shared {
    inner: Arc<Mutex<Inner>>,
    changed: Arc<Notify>,
}

#[derive(Debug)]
struct Inner {
    events: VecDeque<String>,
    moments: Moments,
}

impl RuntimeApi {
    /// Listens on a free port, with these events to hand out.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn start(events: Vec<String>) -> Result<Self> {
        let context = "starting a Runtime API";
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(LocalError::io(context))?;
        let address = listener.local_addr().map_err(LocalError::io(context))?.to_string();
        let moments = Moments { polls: Vec::new(), given: Vec::new(), answers: Vec::new() };
        let inner = Arc::new(Mutex::new(Inner { events: events.into(), moments }));
        let shared = Shared { inner, changed: Arc::new(Notify::new()) };
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answered))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(answered))
            .with_state(shared.clone());
        let task = tokio::spawn(async move {
            axum::serve(listener, app).await.ok();
        });
        Ok(Self { address, shared, task })
    }

    /// Waits until the function has asked once more than it has events.
    pub async fn drained(&self) {
        loop {
            let changed = self.shared.changed.notified();
            let is_done = self
                .shared
                .with(|inner| inner.events.is_empty() && inner.moments.polls.len() > inner.moments.given.len());
            if is_done {
                return;
            }
            changed.await;
        }
    }

    /// What happened until now.
    pub fn moments<T>(&self, look: impl FnOnce(&Moments) -> T) -> T {
        self.shared.with(|inner| look(&inner.moments))
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn next(State(shared): State<Shared>) -> Response {
    let event = shared.with(|inner| {
        inner.moments.polls.push(Instant::now());
        let event = inner.events.pop_front();
        if event.is_some() {
            inner.moments.given.push(Instant::now());
        }
        event
    });
    shared.changed.notify_waiters();
    let Some(event) = event else {
        // As in Lambda: nothing comes until something does.
        return std::future::pending().await;
    };
    let deadline = crate::clock::now().as_millisecond().saturating_add(60_000).to_string();
    let headers = [
        ("lambda-runtime-aws-request-id", "00000000-0000-4000-8000-000000000000".to_owned()),
        ("lambda-runtime-deadline-ms", deadline),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:bench".to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, event).into_response()
}

async fn answered(State(shared): State<Shared>, body: Bytes) -> StatusCode {
    shared.with(|inner| inner.moments.answers.push((Instant::now(), String::from_utf8_lossy(&body).into_owned())));
    StatusCode::ACCEPTED
}
