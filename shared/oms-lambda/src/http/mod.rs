//! What every HTTP function shares: strict bodies, headers, one log line a request, and the way in from API Gateway.

mod headers;
mod json;
mod observe;
mod params;
mod runner;
mod strict;

pub use headers::{IdempotencyKey, IfMatch, OptionalKey, etag};
pub use json::{BODY_LIMIT, HashedJson, RawBody, StrictJson, parse};
pub use observe::{RequestId, finish};
pub use params::{ExistingPath, NewPath, StrictQuery};
pub use runner::{answer, serve};
