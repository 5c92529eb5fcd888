//! Accidents: a rush, lost messages, broken workflows, a dead publisher, a caller that gives up. Those that disturb whatever
//! else runs do so alone.

mod burst;
mod caller;
mod last_unit;
mod lost;
mod poison;
mod publisher;
