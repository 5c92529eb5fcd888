//! What the API answered.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer. A body that is no JSON is a JSON text.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Value,
    what: String,
}

impl Answer {
    /// Sends the request.
    pub async fn to(request: reqwest::RequestBuilder) -> Self {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let what = format!("{} {}", request.method(), request.url().path());
        let answer = client.execute(request).await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self { status, headers, body, what }
    }

    /// The body of an answer that must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.what, self.body);
        self.body
    }

    /// The body of a problem that must have this status and this kind, the last part of its `type`.
    #[track_caller]
    pub fn expect_problem(self, status: u16, kind: &str) -> Value {
        assert_eq!((self.status, self.problem()), (status, kind), "{}: {}", self.what, self.body);
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.what);
        assert!(!self.body["detail"].as_str().unwrap_or_default().is_empty(), "{}: {}", self.what, self.body);
        assert!(self.body["request_id"].is_string(), "{}: {}", self.what, self.body);
        self.body
    }

    /// The kind of problem; nothing for a body that is none.
    pub fn problem(&self) -> &str {
        self.body["type"].as_str().and_then(|kind| kind.rsplit(':').next()).unwrap_or_default()
    }

    /// A header's text; nothing where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
