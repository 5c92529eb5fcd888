//! Answers that say no: RFC 9457 `application/problem+json`.
//!
//! What a client reads is apart from what happened inside: a [`Problem`] carries both, shows the first and leaves the
//! second to the one log line of the request.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use oms_app::error::{AppError, StoreError};
use oms_domain::FieldError;
use oms_domain::refusal::Refusal;
use serde_json::{Map, Value};

/// What every `type` begins with. A URN of our own making: stable, and nothing has to be served under it.
pub const TYPE_PREFIX: &str = "urn:problem-type:waybill:";
/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $status:ident, $name:literal, $title:literal;)+) => {
        /// Every kind of problem that the API answers. Its name never changes; its status belongs to it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ProblemKind { $($(#[$doc])* $kind,)+ }

        impl ProblemKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The stable name, the last part of the `type`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)+ }
            }

            /// The HTTP status.
            #[must_use]
            pub fn status(self) -> StatusCode {
                match self { $(Self::$kind => StatusCode::$status,)+ }
            }

            /// The kind in words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$kind => $title,)+ }
            }
        }
    };
}

kinds! {
    /// The body is not JSON.
    MalformedBody = BAD_REQUEST, "malformed-body", "The body is not valid JSON";
    /// A field of the body, a parameter or a header breaks a rule.
    InvalidField = BAD_REQUEST, "invalid-field", "A field is not acceptable";
    /// The `Idempotency-Key` header is missing or unusable.
    KeyRequired = BAD_REQUEST, "idempotency-key-required", "An Idempotency-Key header is required";
    /// No credential, or none that is known.
    Unauthenticated = UNAUTHORIZED, "unauthenticated", "A valid credential is required";
    /// The credential may not do this.
    Forbidden = FORBIDDEN, "forbidden", "This credential may not do this";
    /// Whoever asked for a refund cannot be the one who agrees to it.
    SecondPersonRequired = FORBIDDEN, "second-person-required", "Another person has to agree";
    /// No such thing, or not for this credential.
    NotFound = NOT_FOUND, "not-found", "Not found";
    /// The path knows other methods.
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method-not-allowed", "The method is not allowed here";
    /// Something has left a location.
    AlreadyShipped = CONFLICT, "already-shipped", "The order has already shipped";
    /// The order, or a part of it, is in a state that does not allow this.
    WrongState = CONFLICT, "wrong-state", "The present state does not allow this";
    /// The channel's order is stored under another key.
    DuplicateOrder = CONFLICT, "duplicate-order", "This order exists already";
    /// The first request with this key has not been answered yet.
    RequestInFlight = CONFLICT, "request-in-flight", "The first request with this key is still in flight";
    /// `If-Match` names another version.
    PreconditionFailed = PRECONDITION_FAILED, "precondition-failed", "It has changed meanwhile";
    /// The body is too large.
    BodyTooLarge = PAYLOAD_TOO_LARGE, "body-too-large", "The body is too large";
    /// The key was used with another body.
    KeyReused = UNPROCESSABLE_ENTITY, "key-reused", "The key was used for another request";
    /// More than what remains.
    ExceedsRemaining = UNPROCESSABLE_ENTITY, "exceeds-remaining", "More than what remains";
    /// Not offered (yet).
    NotOffered = UNPROCESSABLE_ENTITY, "not-offered", "Not offered";
    /// Ours to repair.
    Internal = INTERNAL_SERVER_ERROR, "internal", "Something went wrong here";
    /// Try again soon.
    Unavailable = SERVICE_UNAVAILABLE, "unavailable", "Not available at the moment";
}

impl ProblemKind {
    /// The `type` of the problem.
    #[must_use]
    pub fn uri(self) -> String {
        format!("{TYPE_PREFIX}{}", self.name())
    }

    /// The kind that answers a domain's refusal.
    #[must_use]
    pub fn of(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::AlreadyShipped => Self::AlreadyShipped,
            Refusal::WrongState { .. } | Refusal::ThingState { .. } => Self::WrongState,
            Refusal::ExceedsRemaining { .. } => Self::ExceedsRemaining,
            Refusal::Unknown { .. } => Self::NotFound,
            Refusal::SamePerson { .. } => Self::SecondPersonRequired,
            Refusal::KeyReused => Self::KeyReused,
            Refusal::Field { .. } | Refusal::Amount(_) => Self::InvalidField,
            Refusal::NotOffered(_) => Self::NotOffered,
        }
    }
}

/// One answer that says no.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}: {detail}", kind.name())]
pub struct Problem {
    kind: ProblemKind,
    detail: String,
    members: Map<String, Value>,
    internal: Option<String>,
}

impl Problem {
    /// A problem with a detail that a client may read.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), members: Map::new(), internal: None }
    }

    /// A field that is not acceptable: named in `detail` and in the member `field`.
    pub fn field(field: impl Into<String>, reason: impl AsRef<str>) -> Self {
        let field = field.into();
        let detail = format!("{field}: {}", reason.as_ref());
        Self::new(ProblemKind::InvalidField, detail).member("field", field)
    }

    /// No such thing, or not for this caller: both look alike.
    pub fn not_found(what: &str) -> Self {
        Self::new(ProblemKind::NotFound, format!("{what} not found"))
    }

    /// The caller may not do this.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(ProblemKind::Forbidden, detail)
    }

    /// Something that we have to repair; only the log says what.
    pub fn internal(what: impl Into<String>) -> Self {
        Self::new(ProblemKind::Internal, "the request could not be handled; we have been told").because(what)
    }

    /// Something that passes; only the log says what.
    pub fn unavailable(what: impl Into<String>) -> Self {
        Self::new(ProblemKind::Unavailable, "please send the same request again in a moment").because(what)
    }

    /// An extension member such as `order_id`.
    #[must_use]
    pub fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// What happened inside, for the log only.
    #[must_use]
    pub fn because(mut self, what: impl Into<String>) -> Self {
        self.internal = Some(what.into());
        self
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> ProblemKind {
        self.kind
    }

    /// What a client may read.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// What happened inside, for the log only.
    #[must_use]
    pub fn inner(&self) -> Option<&str> {
        self.internal.as_deref()
    }

    /// The body, with the request's path and id where they are known.
    #[must_use]
    pub fn to_json(&self, instance: Option<&str>, request_id: Option<&str>) -> Value {
        let mut body = self.members.clone();
        body.insert("type".into(), self.kind.uri().into());
        body.insert("title".into(), self.kind.title().into());
        body.insert("status".into(), self.kind.status().as_u16().into());
        body.insert("detail".into(), self.detail.clone().into());
        if let Some(instance) = instance {
            body.insert("instance".into(), instance.into());
        }
        if let Some(request_id) = request_id {
            body.insert("request_id".into(), request_id.into());
        }
        Value::Object(body)
    }

    /// The whole answer, with the request's path and id where they are known.
    #[must_use]
    pub fn respond(&self, instance: Option<&str>, request_id: Option<&str>) -> Response {
        let mut response = (self.kind.status(), Json(self.to_json(instance, request_id))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        match self.kind {
            ProblemKind::Unauthenticated => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"waybill\""));
            }
            ProblemKind::Unavailable => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            ProblemKind::MalformedBody
            | ProblemKind::InvalidField
            | ProblemKind::KeyRequired
            | ProblemKind::Forbidden
            | ProblemKind::SecondPersonRequired
            | ProblemKind::NotFound
            | ProblemKind::MethodNotAllowed
            | ProblemKind::AlreadyShipped
            | ProblemKind::WrongState
            | ProblemKind::DuplicateOrder
            | ProblemKind::RequestInFlight
            | ProblemKind::PreconditionFailed
            | ProblemKind::BodyTooLarge
            | ProblemKind::KeyReused
            | ProblemKind::ExceedsRemaining
            | ProblemKind::NotOffered
            | ProblemKind::Internal => {}
        }
        response
    }
}

impl IntoResponse for Problem {
    /// The answer without the request's id; [`crate::http::finish`] writes it anew with the id, from the extension.
    fn into_response(self) -> Response {
        let mut response = self.respond(None, None);
        response.extensions_mut().insert(self);
        response
    }
}

impl From<FieldError> for Problem {
    fn from(error: FieldError) -> Self {
        Self::field(error.field, error.reason)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let kind = ProblemKind::of(&refusal);
        match refusal {
            Refusal::Field { field, reason } => Self::field(field, reason),
            Refusal::Amount(error) => Self::field("amount", error.to_string()),
            // The order was found: what does not exist is a part of the request.
            Refusal::Unknown { kind: "line", .. } => Self::field("lines", refusal.to_string()),
            Refusal::ExceedsRemaining { ref remaining, .. } => {
                Self::new(kind, refusal.to_string()).member("remaining", remaining.clone())
            }
            Refusal::WrongState { status } => Self::new(kind, refusal.to_string()).member("order_status", status),
            Refusal::AlreadyShipped
            | Refusal::ThingState { .. }
            | Refusal::SamePerson { .. }
            | Refusal::Unknown { .. }
            | Refusal::KeyReused
            | Refusal::NotOffered(_) => Self::new(kind, refusal.to_string()),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::VersionTaken
            | StoreError::StockShort
            | StoreError::Contended(_)
            | StoreError::Unavailable(_) => Self::unavailable(error.to_string()),
            StoreError::Malformed(_) => Self::internal(error.to_string()),
            StoreError::BadCursor => Self::field("cursor", "is none that this list gave"),
        }
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::NotFound(what) => Self::not_found(what),
            AppError::Refused(refusal) => refusal.into(),
            AppError::Store(error) => error.into(),
            AppError::Port(error) => Self::unavailable(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use oms_app::error::PortError;
    use serde_json::json;

    #[test]
    fn a_problem_has_the_members_of_the_rfc() {
        let problem = Problem::new(ProblemKind::DuplicateOrder, "W-1 of web is stored").member("order_id", "o1");
        assert_eq!(
            problem.to_json(Some("/v1/orders"), Some("req-1")),
            json!({
                "type": "urn:problem-type:waybill:duplicate-order", "title": "This order exists already",
                "status": 409, "detail": "W-1 of web is stored", "instance": "/v1/orders",
                "request_id": "req-1", "order_id": "o1",
            })
        );
    }

    #[test]
    fn the_headers_say_what_clients_need() {
        let response = Problem::new(ProblemKind::Unauthenticated, "no").into_response();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer realm=\"waybill\"");
        assert_eq!(response.headers()[header::CONTENT_TYPE], MEDIA_TYPE);
        let response = Problem::unavailable("throttled").into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
    }

    #[test]
    fn names_are_unique_and_the_domain_agrees_on_its_own() {
        let mut names: Vec<&str> = ProblemKind::ALL.iter().map(|kind| kind.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ProblemKind::ALL.len());
        for refusal in refusals() {
            assert_eq!(ProblemKind::of(&refusal).name(), refusal.name());
        }
    }

    fn refusals() -> Vec<Refusal> {
        vec![
            Refusal::AlreadyShipped,
            Refusal::WrongState { status: "closed" },
            Refusal::ExceedsRemaining { what: "amount".into(), remaining: "1.00 CNY".into() },
            Refusal::Unknown { kind: "hold", id: "h9".into() },
            Refusal::ThingState { kind: "hold", id: "h1".into(), status: "released" },
            Refusal::KeyReused,
            Refusal::Field { field: "amount".into(), reason: "must be positive".into() },
            Refusal::NotOffered("alipay is not connected here".into()),
            Refusal::Amount(oms_domain::money::MoneyError::OutOfRange),
        ]
    }

    #[test]
    fn errors_have_their_status() {
        let port = PortError { port: "queue", detail: "connection reset by 10.0.0.1".into() };
        let table: Vec<(Problem, u16, &str)> = vec![
            (AppError::NotFound("order").into(), 404, "order not found"),
            (Refusal::AlreadyShipped.into(), 409, "the order has already shipped"),
            (Refusal::WrongState { status: "closed" }.into(), 409, "the order is closed, which does not allow this"),
            (Refusal::KeyReused.into(), 422, "the idempotency key was used for another request"),
            (Refusal::Unknown { kind: "hold", id: "h9".into() }.into(), 404, "the order has no hold h9"),
            (
                FieldError::new("lines[0].quantity", "must be positive").into(),
                400,
                "lines[0].quantity: must be positive",
            ),
            (StoreError::Contended("x".into()).into(), 503, "please send the same request again in a moment"),
            (StoreError::Malformed("x".into()).into(), 500, "the request could not be handled; we have been told"),
            (AppError::Port(port).into(), 503, "please send the same request again in a moment"),
        ];
        for (problem, status, detail) in table {
            assert_eq!(problem.kind().status().as_u16(), status, "{detail}");
            assert_eq!(problem.detail(), detail);
        }
    }

    #[test]
    fn what_happened_inside_is_not_shown() {
        let problem = Problem::from(StoreError::Malformed("row O#1".into()));
        assert!(!problem.to_json(None, None).to_string().contains("row O#1"));
        assert_eq!(problem.inner(), Some("malformed: row O#1"));
    }
}
