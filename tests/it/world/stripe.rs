//! What Stripe says: its events, signed and delivered.

use std::collections::BTreeMap;

use local_stack::clock;
use local_stack::stripe_api::events;
use serde_json::{Value, json};

use super::{Answer, Placed, World};

pub use local_stack::stripe_api::Intent;

impl World {
    /// A payment intent as a storefront makes it for an order: both of our names on it, nothing paid.
    pub fn intent(&self, placed: &Placed, cents: i64) -> Intent {
        let metadata = [
            ("order_id".to_owned(), placed.order_id.clone()),
            ("payment_reference".to_owned(), placed.reference.clone()),
        ];
        Intent {
            id: self.number("pi").replace('-', "_"),
            amount: cents,
            received: 0,
            capturable: 0,
            manual: false,
            currency: "cny".to_owned(),
            status: "requires_payment_method",
            metadata: BTreeMap::from(metadata),
        }
    }

    /// An event of this type about an intent, never told before.
    pub fn event(&self, kind: &str, intent: &Intent) -> Value {
        self.event_about(kind, intent.json())
    }

    /// An event of this type about an object.
    pub fn event_about(&self, kind: &str, object: Value) -> Value {
        events::event(&self.number("evt").replace('-', "_"), kind, clock::now().as_second(), object)
    }

    /// Tells an event, signed for this very body.
    pub async fn stripe_says(&self, event: &Value) -> Answer {
        let body = event.to_string();
        let signature = self.signer.stripe(&self.stack.providers.stripe.webhook_secret, &body);
        self.stripe_delivers(&signature, body).await
    }

    /// Delivers a body under a signature, whether it fits or not.
    pub async fn stripe_delivers(&self, signature: &str, body: String) -> Answer {
        let request = self.request("POST", "/v1/payments/stripe/callbacks");
        let request = request.header("content-type", "application/json").header("stripe-signature", signature);
        Answer::to(request.body(body)).await
    }

    /// The header that Stripe would send with this body.
    pub fn stripe_signature(&self, body: &str) -> String {
        self.signer.stripe(&self.stack.providers.stripe.webhook_secret, body)
    }

    /// Stripe says that the buyer's bank promises the intent in full.
    pub async fn promised(&self, intent: &Intent) {
        let answer = self.stripe_says(&self.event("payment_intent.amount_capturable_updated", intent)).await;
        assert_eq!(answer.expect(200), json!({ "received": true }));
    }

    /// Stripe says that the buyer has paid the intent in full.
    pub async fn paid(&self, intent: &Intent) {
        let intent = Intent { received: intent.amount, status: "succeeded", ..intent.clone() };
        let answer = self.stripe_says(&self.event("payment_intent.succeeded", &intent)).await;
        assert_eq!(answer.expect(200), json!({ "received": true }));
    }
}
