//! Stripe's events, as its webhooks carry them.

use serde_json::{Value, json};

use super::objects::{Intent, Refund};

/// An event's body around an object. `id` is `evt_…`: the same again is the same event.
pub fn event(id: &str, kind: &str, created: i64, object: Value) -> Value {
    json!({
        "id": id, "object": "event", "api_version": "2024-10-28.acacia", "created": created, "livemode": false,
        "type": kind, "pending_webhooks": 1, "request": { "id": null, "idempotency_key": null },
        "data": { "object": object },
    })
}

/// `payment_intent.amount_capturable_updated`: the buyer's bank has promised the money.
pub fn promised(id: &str, created: i64, intent: &Intent) -> Value {
    event(id, "payment_intent.amount_capturable_updated", created, intent.json())
}

/// `payment_intent.succeeded`: the buyer has paid.
pub fn succeeded(id: &str, created: i64, intent: &Intent) -> Value {
    event(id, "payment_intent.succeeded", created, intent.json())
}

/// `refund.updated`: a refund has moved.
pub fn refund_updated(id: &str, created: i64, refund: &Refund) -> Value {
    event(id, "refund.updated", created, refund.json())
}
