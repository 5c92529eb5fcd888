//! What is known of one route.

use axum::http::StatusCode;
use utoipa::ToSchema;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Ref, RefOr};

use crate::auth::Role;
use crate::problem::ProblemKind;

/// Named schemas, as they are collected for the document's components.
pub(super) type Named = Vec<(String, RefOr<Schema>)>;
/// Says which schema it is, after adding it and what it refers to.
pub(super) type SchemaOf = fn(&mut Named) -> RefOr<Schema>;

/// A reference to a type's schema.
pub(super) fn of<T: ToSchema>(named: &mut Named) -> RefOr<Schema> {
    T::schemas(named);
    named.push((T::name().into_owned(), T::schema()));
    RefOr::Ref(Ref::from_schema_name(T::name()))
}

/// The media type of nearly everything.
pub(super) const JSON: &[&str] = &["application/json"];
/// The media types of what finance opens in a spreadsheet.
pub(super) const JSON_OR_CSV: &[&str] = &["application/json", "text/csv"];

/// The methods that the API uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Does.
    Post,
    /// Stores.
    Put,
}

impl Method {
    /// As it stands in a request.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}

/// A parameter of the query or a header.
pub(super) struct Param {
    pub(super) name: &'static str,
    pub(super) is_header: bool,
    pub(super) required: bool,
    pub(super) description: &'static str,
    pub(super) schema: SchemaOf,
}

/// What a success looks like.
pub(super) struct Success {
    pub(super) status: StatusCode,
    pub(super) description: &'static str,
    pub(super) body: Option<SchemaOf>,
    /// Headers besides `X-Request-Id`, each with its meaning.
    pub(super) headers: &'static [(&'static str, &'static str)],
}

/// One operation of the API.
pub struct Route {
    /// The function that answers it, by the name of its crate.
    pub function: &'static str,
    /// Its method.
    pub method: Method,
    /// Its path, as axum, OpenAPI and API Gateway write it.
    pub path: &'static str,
    /// Its stable name, the `operationId`.
    pub name: &'static str,
    /// Who may send it (and a manager wherever any of the staff may); empty: no credential is asked for.
    pub roles: &'static [Role],
    /// The problems that are its own, besides those that every route can answer.
    pub problems: &'static [ProblemKind],
    /// Whether it needs an `Idempotency-Key`.
    pub keyed: bool,
    pub(super) summary: &'static str,
    pub(super) params: &'static [Param],
    pub(super) body: Option<SchemaOf>,
    pub(super) success: Success,
    /// Answers without a body besides the success, each with its meaning.
    pub(super) bare: &'static [(StatusCode, &'static str)],
    /// For a caller with a protocol of its own: the refusals that it gets in its own manner.
    pub(super) own_refusals: &'static [(StatusCode, &'static str)],
    /// What those look like.
    pub(super) own_refusal: SchemaOf,
    /// The media types of the body.
    pub(super) takes: &'static [&'static str],
    /// The media types of the success and of refusals in the caller's own manner. Where there are several, `Accept` or the
    /// caller's protocol chooses.
    pub(super) says: &'static [&'static str],
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method.name(), self.path)
    }
}

impl Route {
    /// Every kind of problem that the route can answer.
    #[must_use]
    pub fn all_problems(&self) -> Vec<ProblemKind> {
        let mut kinds = self.problems.to_vec();
        if !self.roles.is_empty() {
            kinds.extend([ProblemKind::Unauthenticated, ProblemKind::Forbidden]);
        }
        if self.body.is_some() {
            kinds.push(ProblemKind::BodyTooLarge);
        }
        if !self.own_refusals.is_empty() {
            // The rest is said in the caller's own manner.
            return kinds;
        }
        if self.body.is_some() {
            kinds.extend([ProblemKind::MalformedBody, ProblemKind::InvalidField]);
        }
        if self.keyed {
            kinds.push(ProblemKind::KeyRequired);
        }
        if self.params.iter().any(|param| !param.is_header) {
            kinds.push(ProblemKind::InvalidField);
        }
        kinds.extend([ProblemKind::Internal, ProblemKind::Unavailable]);
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }
}
