//! How the stand-in is disposed towards the requests about one payment, until that changes: as providers are on bad days.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::ledger::Answer;

/// A disposition that lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// It does what it is asked, and answers after this long.
    Slow(Duration),
    /// It answers rubbish.
    Rubbish {
        /// What it says.
        says: Rubbish,
        /// Whether it does what it is asked all the same.
        does: bool,
    },
}

/// What an interface says that has lost its mind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rubbish {
    /// An error of its own, 500, in its own form.
    ServerError,
    /// A load balancer's page, 502.
    BadGateway,
    /// A page in HTML, 200.
    Page,
    /// The first half of the right answer, 200.
    Half,
}

impl Rubbish {
    /// The response; `right` is what a healthy interface would have answered.
    pub(super) fn response(self, right: &Answer) -> Response {
        let page = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";
        let (status, kind, body) = match self {
            Self::ServerError => {
                let body = r#"{"error":{"type":"api_error","message":"An unknown error occurred"}}"#.to_owned();
                (StatusCode::INTERNAL_SERVER_ERROR, "application/json", body)
            }
            Self::BadGateway => (StatusCode::BAD_GATEWAY, "text/html", page.to_owned()),
            Self::Page => (StatusCode::OK, "text/html", page.to_owned()),
            Self::Half => {
                let whole = right.body.to_string();
                let half: String = whole.chars().take(whole.chars().count() / 2).collect();
                (StatusCode::OK, "application/json", half)
            }
        };
        let mut response = (status, body).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        response
    }
}
