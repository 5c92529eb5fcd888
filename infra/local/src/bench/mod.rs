//! `cargo local bench`: how fast and how large, measured on this machine and written into `docs/performance.md`.

pub mod arrivals;
pub mod aws_stand_in;
pub mod binaries;
pub mod callbacks;
pub mod document;
pub mod intake;
pub mod life;
pub mod machine;
pub mod micro;
pub mod profiles;
pub mod runtime_api;
pub mod subject;
