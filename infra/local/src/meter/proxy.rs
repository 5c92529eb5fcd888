//! The recording proxy between the functions (and the outside world) and the engine.
//!
//! It passes everything on as it is, with one exception: DynamoDB is asked to say what each call consumed. The functions find it by
//! the address that they are given for AWS; the engine checks no signatures, so that a request may differ from what was signed.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::counting::{self, Exchange};
use super::ledger::{Call, Caller, Ledger, Target};
use super::processes::{self, Process};
use super::{requests, service};
use crate::error::{LocalError, Result};
use crate::{clock, http};

/// A running proxy. It ends when this is dropped.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    /// What it has seen.
    pub ledger: Ledger,
    engine_pid: Arc<Mutex<Option<u32>>>,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Shared {
    client: reqwest::Client,
    engine_url: String,
    ledger: Ledger,
    engine_pid: Arc<Mutex<Option<u32>>>,
    /// Callers by their port: asked once for each connection.
    callers: Arc<Mutex<HashMap<u16, Caller>>>,
}

impl Proxy {
    /// Listens on a free port for an engine at this address, which need not run yet.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn start(engine_url: &str) -> Result<Self> {
        let context = "starting the recording proxy";
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(LocalError::io(context))?;
        let port = listener.local_addr().map_err(LocalError::io(context))?.port();
        let (ledger, engine_pid) = (Ledger::default(), Arc::new(Mutex::new(None)));
        let shared = Shared {
            client: http::client()?,
            engine_url: engine_url.to_owned(),
            ledger: ledger.clone(),
            engine_pid: Arc::clone(&engine_pid),
            callers: Arc::default(),
        };
        let app =
            Router::new().fallback(pass_on).with_state(shared).into_make_service_with_connect_info::<SocketAddr>();
        let task = tokio::spawn(async move {
            // It ends with the task; there is nobody to tell of an error before that.
            axum::serve(listener, app).await.ok();
        });
        Ok(Self { port, ledger, engine_pid, task })
    }

    /// Its address.
    pub fn url(&self) -> String {
        crate::engine::url(self.port)
    }

    /// From now on callers are looked for among the functions of this engine.
    pub fn knows_engine(&self, pid: u32) {
        *self.engine_pid.lock().unwrap_or_else(PoisonError::into_inner) = Some(pid);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass_on(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.ledger.begin();
    let answered = exchange(&shared, peer.port(), method, &uri, headers, body).await;
    match answered {
        Ok((call, response)) => {
            shared.ledger.end(Some(call));
            response
        }
        Err(error) => {
            shared.ledger.end(None);
            (StatusCode::BAD_GATEWAY, error.to_string()).into_response()
        }
    }
}

async fn exchange(
    shared: &Shared,
    port: u16,
    method: Method,
    uri: &Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(Call, Response)> {
    let operation = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).and_then(service::of);
    let caller = caller(shared, port, operation.is_some());
    let request: Value = match &operation {
        Some(_) => serde_json::from_slice(&body).unwrap_or_default(),
        None => Value::Null,
    };
    let sent = body.len();
    let is_dynamodb = matches!(&operation, Some(("DynamoDB", _)));
    let body = if is_dynamodb { requests::asking_for_capacity(&request).unwrap_or(body) } else { body };
    let (status, answer_headers, answer) = forward(shared, &method, uri, &headers, body).await?;
    let mut call = Call {
        at: clock::now().as_millisecond(),
        caller,
        target: match operation {
            Some((service, operation)) => Target::Aws(service, operation),
            None => Target::Http(method.to_string(), service::api_path(uri.path()).to_owned()),
        },
        status: status.as_u16(),
        sent: u64::try_from(sent).unwrap_or(u64::MAX),
        received: u64::try_from(answer.len()).unwrap_or(u64::MAX),
        units: super::units::Units::default(),
        rows: Vec::new(),
        events: requests::events(&request),
        queued_by_rules: 0,
        text: None,
    };
    if let Target::Aws("DynamoDB", operation) = &call.target {
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        let whole = match requests::whole(operation, &request) {
            Some(request) => Some(read_whole(shared, uri, &headers, &request).await?),
            None => None,
        };
        let succeeded = status == StatusCode::OK;
        call.units = counting::count(Exchange {
            operation,
            request: &request,
            succeeded,
            answer: &answer,
            whole: whole.as_ref(),
        });
        call.rows = if succeeded { requests::rows_written(operation, &request) } else { Vec::new() };
    }
    if operation_needs_text(&call) {
        call.text = Some(request.to_string());
    }
    let mut response = Response::new(Body::from(answer));
    *response.status_mut() = status;
    *response.headers_mut() = answer_headers;
    Ok((call, response))
}

/// Orders are looked for in what the sweep asks and writes, since it comes whenever its minute is over.
fn operation_needs_text(call: &Call) -> bool {
    matches!((&call.caller, &call.target), (Caller::Function(_), Target::Aws("DynamoDB" | "SQS" | "EventBridge", _)))
}

async fn forward(
    shared: &Shared,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, HeaderMap, Bytes)> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let context = || format!("passing {method} {path} on");
    let mut request = shared.client.request(method.clone(), format!("{}{path}", shared.engine_url)).body(body);
    for (name, value) in headers.iter().filter(|(name, _)| !is_of_the_connection(name)) {
        request = request.header(name, value);
    }
    let answer = request.send().await.map_err(LocalError::engine(context()))?;
    let status = answer.status();
    let mut answer_headers = answer.headers().clone();
    for name in [header::TRANSFER_ENCODING, header::CONNECTION, header::CONTENT_LENGTH] {
        answer_headers.remove(name);
    }
    let body = answer.bytes().await.map_err(LocalError::engine(context()))?;
    Ok((status, answer_headers, body))
}

fn is_of_the_connection(name: &HeaderName) -> bool {
    [header::HOST, header::CONTENT_LENGTH, header::CONNECTION, header::TRANSFER_ENCODING].contains(name)
}

/// Reads once more, past the functions, what a call showed only a part of: the whole is what is paid for.
async fn read_whole(shared: &Shared, uri: &Uri, headers: &HeaderMap, request: &Value) -> Result<Value> {
    let body = Bytes::from(request.to_string());
    let (_, _, answer) = forward(shared, &Method::POST, uri, headers, body).await?;
    Ok(serde_json::from_slice(&answer).unwrap_or_default())
}

fn caller(shared: &Shared, port: u16, is_aws: bool) -> Caller {
    if !is_aws {
        return Caller::Client;
    }
    let mut callers = shared.callers.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(Caller::Function(name)) = callers.get(&port) {
        return Caller::Function(name.clone());
    }
    let engine = *shared.engine_pid.lock().unwrap_or_else(PoisonError::into_inner);
    let found = engine.and_then(|pid| processes::behind_port(&processes::of_engine(pid), port));
    let caller = found.map_or(Caller::Unknown, |Process { function, .. }| Caller::Function(function));
    callers.insert(port, caller.clone());
    caller
}
