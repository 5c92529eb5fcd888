//! A small model of one order: two payments for it, its refunds, its one unit on two shelves, its parcels, people. It is
//! checked exhaustively (`properties`), and every one of its transitions is made by the code too (`replay`).
//!
//! What makes the model say something about crashes, duplicates and reordering: whatever is not one commit is several
//! actions, and any action may come at any later time, again, or never. A worker that crashes between two calls is one
//! whose next action does not come. A message once sent stays in the network, to be delivered in any order, any number of
//! times. The rules here are written from the state model and not from `decide`, whose answers they are compared with.

mod goods;
mod money;
mod properties;
mod real;
mod replay;
mod rules;
mod state;
