//! The OpenAPI 3.1 document of the whole HTTP API, made from one table of routes and the wire types themselves.
//!
//! `docs/openapi.json` is the document as it is served; a test keeps it equal to what the code says
//! (`UPDATE_OPENAPI=1 cargo test -p oms-lambda openapi` writes it).

mod document;
mod params;
mod route;
pub mod routes;

pub use document::document;
pub use route::{Method, Route};

/// The document as `GET /v1/openapi.json` serves it.
pub const DOCUMENT: &str = include_str!("../../../../docs/openapi.json");
