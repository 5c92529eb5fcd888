//! Bad input at the API's doors: the handlers under spoilt requests, generated from the table of routes. Schemathesis does the same
//! from outside, from the document, against the whole stack (`cargo local fuzz-api`).

mod handlers;
mod stream;
