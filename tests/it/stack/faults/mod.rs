//! What goes wrong around a shop: races for the last unit, callbacks in every order, forged and early ones, the same work
//! done twice at once.

mod carriers;
mod early;
mod orders_of_events;
mod oversell;
mod signatures;
mod twice;
