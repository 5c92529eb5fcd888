//! Beginning a payment at Adyen: a payment link, a page of Adyen's to which the buyer is sent.
//!
//! Source: <https://docs.adyen.com/api-explorer/Checkout/71/post/paymentLinks> and the same of `GET` and `PATCH`.

use oms_app::ports::{CancelAnswer, NextAction, StartAnswer, StartRequest, Started};
use oms_domain::payment_start::{PayerClient, Taking};
use serde::{Deserialize, Serialize};
use url::Url;

use super::answer::{Reply, reason};
use super::client::AdyenClient;
use super::currency::{from_adyen, to_adyen};
use super::wire::Amount;
use crate::secret::AdyenCapture;
use crate::shown::short;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    merchant_account: &'a str,
    amount: BodyAmount,
    reference: &'a str,
    description: &'a str,
    expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manual_capture: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    capture_delay_hours: Option<u32>,
}

#[derive(Serialize)]
struct BodyAmount {
    value: i64,
    currency: &'static str,
}

#[derive(Serialize)]
struct Expire {
    status: &'static str,
}

/// A payment link.
#[derive(Debug, Deserialize)]
struct Link {
    /// `PL…`.
    #[serde(default)]
    id: String,
    #[serde(default)]
    url: String,
    /// `active`, `paymentPending`, `completed`, `expired`.
    #[serde(default)]
    status: String,
    #[serde(default)]
    reference: String,
    amount: Option<Amount>,
}

/// `manualCapture` and `captureDelayHours`. Where the account takes money with the authorisation, its webhooks read as money,
/// and say of no payment that it is another: nothing is promised there, and nothing else said.
fn capture(account: AdyenCapture, taking: Taking) -> (Option<bool>, Option<u32>) {
    match (account, taking) {
        (AdyenCapture::Automatic, Taking::AsSetUp | Taking::AtOnce | Taking::Promised)
        | (AdyenCapture::Manual, Taking::AsSetUp) => (None, None),
        (AdyenCapture::Manual, Taking::AtOnce) => (None, Some(0)),
        (AdyenCapture::Manual, Taking::Promised) => (Some(true), None),
    }
}

/// One link for each reference. Adyen keeps keys for a week, so one that is known is read and not made again.
pub(super) async fn begin(client: &AdyenClient, request: &StartRequest) -> StartAnswer {
    let refused = |reason: &str| StartAnswer::Refused { reason: reason.to_owned() };
    match request.client {
        PayerClient::Web | PayerClient::MobileWeb => {}
        PayerClient::Qr | PayerClient::MiniProgram => return refused("Adyen is paid on web pages only"),
    }
    let value = match to_adyen(request.amount) {
        Ok(value) => value,
        Err(error) => return refused(&error.to_string()),
    };
    let reference = request.payment_reference.as_str();
    let reply = match request.known.as_deref() {
        Some(id) if is_link(id) => client.get(&format!("paymentLinks/{id}"), "payment link", reference).await,
        Some(_) => return refused("the payment has no link of Adyen's"),
        None => {
            let (manual_capture, capture_delay_hours) = capture(client.capture(), request.taking);
            let body = Body {
                merchant_account: client.merchant_account(),
                amount: BodyAmount { value, currency: request.amount.currency().code() },
                reference,
                description: &request.description,
                expires_at: request.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
                return_url: request.return_url.as_deref(),
                manual_capture,
                capture_delay_hours,
            };
            client.post("paymentLinks", reference, &body, "payment start", reference).await
        }
    };
    let Some(reply) = reply else { return StartAnswer::Unknown };
    if let Some(failure) = reply.refusal() {
        return StartAnswer::Refused { reason: reason(&failure) };
    }
    // One of another amount or reference is not what we asked for.
    let as_asked = |link: &Link| {
        let told = link.amount.as_ref().map(|told| from_adyen(told.value, &told.currency));
        is_link(&link.id) && link.reference == reference && told == Some(Ok(request.amount))
    };
    let Some(link) = link(&reply).filter(as_asked) else { return StartAnswer::Unknown };
    let next = match link.status.as_str() {
        "active" => match Url::parse(&link.url) {
            Ok(url) if url.scheme() == "https" => NextAction::Redirect { url: url.into() },
            Ok(_) | Err(_) => return StartAnswer::Unknown,
        },
        "paymentPending" | "completed" => NextAction::Wait,
        "expired" => return refused("the payment link is expired"),
        _ => return StartAnswer::Unknown,
    };
    StartAnswer::Started(Started { provider_payment_id: None, object: Some(link.id), next })
}

/// Ends a link, so that nobody pays by it any more. None where it was paid, or is about to be: then the payment itself is to be
/// called off.
pub(super) async fn end(client: &AdyenClient, id: &str, reference: &str) -> Option<CancelAnswer> {
    if !is_link(id) {
        return Some(CancelAnswer::Refused { reason: "the payment has no link of Adyen's".to_owned() });
    }
    let path = format!("paymentLinks/{id}");
    let Some(reply) = client.patch(&path, &Expire { status: "expired" }, "payment link", reference).await else {
        return Some(CancelAnswer::Unknown);
    };
    if reply.refusal().is_some() || reply.is_gone() {
        return None;
    }
    match link(&reply) {
        Some(link) if link.id == id && link.status == "expired" => Some(CancelAnswer::Cancelled),
        Some(link) if link.id == id => {
            tracing::warn!(provider = "adyen", id, status = short(&link.status), "adyen: {id} is not ended");
            None
        }
        Some(_) | None => Some(CancelAnswer::Unknown),
    }
}

fn link(reply: &Reply) -> Option<Link> {
    serde_json::from_slice(&reply.body).ok().filter(|_| reply.is_success())
}

fn is_link(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
