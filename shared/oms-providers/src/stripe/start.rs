//! Beginning a payment at Stripe: a PaymentIntent, which the storefront confirms with Stripe's own script.
//!
//! Source: <https://docs.stripe.com/api/payment_intents/create>, <https://docs.stripe.com/api/idempotent_requests>.

use oms_app::ports::{BuyerSecret, NextAction, StartAnswer, StartRequest, Started};
use oms_domain::payment_start::{PayerClient, Taking};
use serde::Deserialize;

use super::answer::{Reply, is_success, reason, refusal};
use super::client::{StripeClient, is_id};
use super::currency::to_stripe;
use super::wire::Metadata;
use crate::shown::short;

/// The PaymentIntent as far as the storefront needs it. Never printed: it has the client's secret.
#[derive(Deserialize)]
struct Begun {
    #[serde(default)]
    id: String,
    client_secret: Option<BuyerSecret>,
    #[serde(default)]
    status: String,
    amount: Option<i64>,
    #[serde(default)]
    currency: String,
    metadata: Option<Metadata>,
}

/// One PaymentIntent for each reference. Stripe forgets keys after a day, so one that is known is read and not made again.
pub(super) async fn begin(client: &StripeClient, request: &StartRequest) -> StartAnswer {
    match request.client {
        PayerClient::Web | PayerClient::MobileWeb => {}
        PayerClient::Qr | PayerClient::MiniProgram => return refused("Stripe is paid on web pages only"),
    }
    let units = match to_stripe(request.amount) {
        Ok(units) => units,
        Err(error) => return refused(&error.to_string()),
    };
    let reference = request.payment_reference.as_str();
    let sent = match request.known.as_deref() {
        Some(id) if is_id(id) => client.http.get(client.endpoint(&format!("v1/payment_intents/{id}"))),
        Some(_) => return refused("the payment has no id of Stripe's"),
        None => {
            let (amount, currency) = (units.to_string(), request.amount.currency().code().to_ascii_lowercase());
            let mut form = vec![
                ("amount", amount.as_str()),
                ("currency", currency.as_str()),
                ("description", request.description.as_str()),
                ("automatic_payment_methods[enabled]", "true"),
                ("metadata[order_id]", request.order_id.as_str()),
                ("metadata[payment_reference]", reference),
            ];
            // Without it Stripe takes the money when the buyer confirms.
            match request.taking {
                Taking::Promised => form.push(("capture_method", "manual")),
                Taking::AsSetUp | Taking::AtOnce => {}
            }
            client.http.post(client.endpoint("v1/payment_intents")).header("idempotency-key", reference).form(&form)
        }
    };
    match client.send(sent, "payment start", reference).await {
        Some(reply) => read(&reply, request, units),
        None => StartAnswer::Unknown,
    }
}

fn refused(reason: &str) -> StartAnswer {
    StartAnswer::Refused { reason: reason.to_owned() }
}

/// One of another amount or reference is not what we asked for: unknown, and not shown to anybody.
fn read(reply: &Reply, request: &StartRequest, units: i64) -> StartAnswer {
    if !is_success(reply.status) {
        return match refusal(reply) {
            Some(error) => StartAnswer::Refused { reason: reason(&error) },
            // Stripe keeps a 500, too, under the key for a day and repeats it, so that asking again tells nothing new. A further
            // attempt has another key, and is safe: no answer to this one had the client secret, so nobody can pay what it may
            // have made. What Stripe answers before it begins (401, 409, 429) is not kept, and asking again may well tell.
            None if reply.replayed => refused("Stripe only repeats that it failed: open a further attempt"),
            None => StartAnswer::Unknown,
        };
    }
    let Ok(begun) = serde_json::from_slice::<Begun>(&reply.body) else { return StartAnswer::Unknown };
    let ours = begun.metadata.as_ref().and_then(|metadata| metadata.payment_reference.as_deref());
    let as_asked = ours == Some(request.payment_reference.as_str())
        && begun.amount == Some(units)
        && begun.currency.eq_ignore_ascii_case(request.amount.currency().code());
    if !as_asked || !is_id(&begun.id) {
        return StartAnswer::Unknown;
    }
    let next = match (begun.status.as_str(), begun.client_secret) {
        ("requires_payment_method" | "requires_confirmation" | "requires_action", Some(value)) => {
            NextAction::ClientSecret { value }
        }
        ("processing" | "requires_capture" | "succeeded", _) => NextAction::Wait,
        ("canceled", _) => return StartAnswer::Refused { reason: short("canceled") },
        (_, _) => return StartAnswer::Unknown,
    };
    StartAnswer::Started(Started { provider_payment_id: Some(begun.id), object: None, next })
}
