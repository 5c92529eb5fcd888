//! People: what waits for them, and which doors are open to whom.

mod roles;
mod tasks;
