//! Beginning a payment at PayPal: an order of PayPal's that the buyer approves on a page of PayPal's, and that is captured or
//! authorized when the storefront asks once more after that. Until then no money moves, and nobody but us does it.
//!
//! Source: <https://developer.paypal.com/docs/api/orders/v2/#orders_create>, `#orders_get`, `#orders_capture` and
//! `#orders_authorize`.

use oms_app::ports::{CancelAnswer, NextAction, StartAnswer, StartRequest, Started};
use oms_domain::money::Money;
use oms_domain::payment_start::{PayerClient, Taking};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use super::answer::{Reply, reason};
use super::client::{PaypalClient, is_id};
use super::currency::{from_paypal, to_paypal};
use super::wire::{Amount, Failure, Link, Movement};
use crate::shown::short;

#[derive(Serialize)]
struct Body<'a> {
    intent: &'static str,
    purchase_units: [Unit<'a>; 1],
    payment_source: Source<'a>,
}

#[derive(Serialize)]
struct Unit<'a> {
    amount: UnitAmount<'a>,
    custom_id: &'a str,
    invoice_id: &'a str,
    description: &'a str,
    payee: Payee<'a>,
}

#[derive(Serialize)]
struct UnitAmount<'a> {
    currency_code: &'static str,
    value: &'a str,
}

#[derive(Serialize)]
struct Payee<'a> {
    merchant_id: &'a str,
}

#[derive(Serialize)]
struct Source<'a> {
    paypal: Wallet<'a>,
}

#[derive(Serialize)]
struct Wallet<'a> {
    experience_context: Experience<'a>,
}

#[derive(Serialize)]
struct Experience<'a> {
    return_url: &'a str,
    cancel_url: &'a str,
    user_action: &'static str,
    shipping_preference: &'static str,
}

/// An order of PayPal's.
#[derive(Debug, Deserialize)]
struct Checkout {
    #[serde(default)]
    id: String,
    /// `CREATED`, `PAYER_ACTION_REQUIRED`, `APPROVED`, `COMPLETED`, `VOIDED`.
    #[serde(default)]
    status: String,
    #[serde(default)]
    purchase_units: Vec<CheckoutUnit>,
    #[serde(default)]
    links: Vec<Link>,
}

#[derive(Debug, Deserialize)]
struct CheckoutUnit {
    custom_id: Option<String>,
    amount: Option<Amount>,
    payments: Option<Payments>,
}

#[derive(Debug, Deserialize)]
struct Payments {
    #[serde(default)]
    captures: Vec<Movement>,
    #[serde(default)]
    authorizations: Vec<Movement>,
}

impl Checkout {
    fn read(reply: &Reply) -> Option<Self> {
        serde_json::from_slice(&reply.body).ok().filter(|checkout: &Self| reply.is_success() && is_id(&checkout.id))
    }

    fn payments(&self) -> Option<&Payments> {
        self.purchase_units.first()?.payments.as_ref()
    }

    fn capture(&self) -> Option<&Movement> {
        self.payments()?.captures.first()
    }

    fn authorization(&self) -> Option<&Movement> {
        self.payments()?.authorizations.first()
    }

    /// Whether the money was declined, or its promise is over: this order brings nothing any more.
    fn is_declined(&self) -> bool {
        match (self.capture(), self.authorization()) {
            (Some(capture), _) => matches!(capture.status.as_deref(), Some("DECLINED" | "FAILED")),
            (None, Some(promise)) => matches!(promise.status.as_deref(), Some("DENIED" | "VOIDED" | "EXPIRED")),
            (None, None) => false,
        }
    }

    /// Whether it is what we ask for.
    fn is_of(&self, reference: &str, amount: Money) -> bool {
        self.purchase_units.first().is_some_and(|unit| {
            let told = unit.amount.as_ref().map(from_paypal);
            unit.custom_id.as_deref() == Some(reference) && told == Some(Ok(amount))
        })
    }

    /// Where the buyer approves it.
    fn page(&self) -> Option<String> {
        let of = |rel: &str| self.links.iter().find(|link| link.rel == rel);
        let url = Url::parse(&of("payer-action").or_else(|| of("approve"))?.href).ok()?;
        (url.scheme() == "https").then(|| url.into())
    }
}

/// One order of PayPal's for each reference. PayPal forgets these requests within hours, so one that is known is read and not
/// made again; and two captures under one `invoice_id` are refused.
pub(super) async fn begin(client: &PaypalClient, request: &StartRequest) -> StartAnswer {
    let refused = |reason: &str| StartAnswer::Refused { reason: reason.to_owned() };
    match request.client {
        PayerClient::Web | PayerClient::MobileWeb => {}
        PayerClient::Qr | PayerClient::MiniProgram => return refused("PayPal is paid on web pages only"),
    }
    let value = match to_paypal(request.amount) {
        Ok(value) => value,
        Err(error) => return refused(&error.to_string()),
    };
    let reply = match request.known.as_deref() {
        Some(id) if is_id(id) => look(client, id, request.payment_reference.as_str()).await,
        Some(_) => return refused("the payment has no order of PayPal's"),
        None => match request.return_url.as_deref() {
            Some(return_url) => create(client, request, &value, return_url).await,
            None => return refused("return_url is needed"),
        },
    };
    let Some(reply) = reply else { return StartAnswer::Unknown };
    if let Some(failure) = reply.refusal() {
        return if request.known.is_some() { answered_no(&reply, &failure) } else { refused(&reason(&failure)) };
    }
    let of_ours = |checkout: &Checkout| checkout.is_of(request.payment_reference.as_str(), request.amount);
    let Some(checkout) = Checkout::read(&reply).filter(of_ours) else { return StartAnswer::Unknown };
    match checkout.status.as_str() {
        "CREATED" | "SAVED" | "PAYER_ACTION_REQUIRED" => match checkout.page() {
            Some(url) => begun(&checkout, NextAction::Redirect { url }),
            None => StartAnswer::Unknown,
        },
        "APPROVED" => carry_out(client, &checkout, request).await,
        "COMPLETED" => carried_out(&checkout),
        "VOIDED" => refused("the order at PayPal is void"),
        _ => StartAnswer::Unknown,
    }
}

fn begun(checkout: &Checkout, next: NextAction) -> StartAnswer {
    let payment = checkout.capture().or_else(|| checkout.authorization());
    let provider_payment_id = payment.map(|payment| payment.id.clone()).filter(|id| is_id(id));
    StartAnswer::Started(Started { provider_payment_id, object: Some(checkout.id.clone()), next })
}

/// `COMPLETED` says that PayPal has done its part, also where the buyer's bank has said no. Whether the money is there is said
/// by the webhook.
fn carried_out(checkout: &Checkout) -> StartAnswer {
    if checkout.is_declined() {
        return StartAnswer::Refused { reason: "declined: open a further attempt".to_owned() };
    }
    begun(checkout, NextAction::Wait)
}

/// A refusal about an order that was made. PayPal forgets one that nobody approves, and the same attempt cannot make another.
fn answered_no(reply: &Reply, failure: &Failure) -> StartAnswer {
    let gone = "the order at PayPal is gone: open a further attempt";
    StartAnswer::Refused { reason: if reply.is_gone() { gone.to_owned() } else { reason(failure) } }
}

fn intent(taking: Taking) -> &'static str {
    match taking {
        Taking::Promised => "AUTHORIZE",
        Taking::AsSetUp | Taking::AtOnce => "CAPTURE",
    }
}

async fn create(client: &PaypalClient, request: &StartRequest, value: &str, return_url: &str) -> Option<Reply> {
    let reference = request.payment_reference.as_str();
    let body = Body {
        intent: intent(request.taking),
        purchase_units: [Unit {
            amount: UnitAmount { currency_code: request.amount.currency().code(), value },
            custom_id: reference,
            invoice_id: reference,
            description: &request.description,
            payee: Payee { merchant_id: client.merchant_id() },
        }],
        payment_source: Source {
            paypal: Wallet {
                experience_context: Experience {
                    return_url,
                    cancel_url: return_url,
                    user_action: "PAY_NOW",
                    shipping_preference: "NO_SHIPPING",
                },
            },
        },
    };
    let url = client.endpoint("v2/checkout/orders");
    let post = || {
        let post = client.http.post(url.clone()).header("paypal-request-id", reference);
        post.header("prefer", "return=representation").json(&body)
    };
    client.send(post, "payment start", reference).await
}

async fn look(client: &PaypalClient, id: &str, reference: &str) -> Option<Reply> {
    let url = client.endpoint(&format!("v2/checkout/orders/{id}"));
    client.send(|| client.http.get(url.clone()), "order", reference).await
}

/// The buyer has agreed: the money is taken or promised, once.
async fn carry_out(client: &PaypalClient, approved: &Checkout, request: &StartRequest) -> StartAnswer {
    let reference = request.payment_reference.as_str();
    let act = match request.taking {
        Taking::Promised => "authorize",
        Taking::AsSetUp | Taking::AtOnce => "capture",
    };
    let url = client.endpoint(&format!("v2/checkout/orders/{}/{act}", approved.id));
    let post = || {
        let post = client.http.post(url.clone()).header("paypal-request-id", format!("{act}-{reference}"));
        post.header("prefer", "return=representation").json(&json!({}))
    };
    let Some(reply) = client.send(post, act, reference).await else { return StartAnswer::Unknown };
    if let Some(failure) = reply.refusal() {
        return answered_no(&reply, &failure);
    }
    match Checkout::read(&reply).filter(|taken| taken.id == approved.id) {
        Some(taken) if taken.status == "COMPLETED" => carried_out(&taken),
        Some(_) | None => StartAnswer::Unknown,
    }
}

/// How an order of PayPal's stands that is to be called off. A promise is voided; one that nobody has carried out needs nothing,
/// nor does one that PayPal has forgotten: nobody can pay what is gone. Money that came all the same is told by its webhook.
pub(super) async fn end(client: &PaypalClient, id: &str, reference: &str) -> CancelAnswer {
    if !is_id(id) {
        return CancelAnswer::Refused { reason: "the payment has no order of PayPal's".to_owned() };
    }
    let Some(reply) = look(client, id, reference).await else { return CancelAnswer::Unknown };
    if reply.is_gone() {
        return CancelAnswer::Cancelled;
    }
    let Some(checkout) = Checkout::read(&reply) else { return CancelAnswer::Unknown };
    if let (None, Some(promise)) = (checkout.capture(), checkout.authorization()) {
        return match promise.status.as_deref() {
            Some("VOIDED" | "EXPIRED" | "DENIED") => CancelAnswer::Cancelled,
            Some("CREATED" | "PENDING") if is_id(&promise.id) => client.void(&promise.id).await,
            Some(_) | None => CancelAnswer::Unknown,
        };
    }
    match checkout.capture() {
        Some(capture) => match capture.status.as_deref() {
            Some("COMPLETED" | "PARTIALLY_REFUNDED" | "REFUNDED") => {
                capture.amount.as_ref().and_then(|amount| from_paypal(amount).ok()).map_or(
                    CancelAnswer::Unknown,
                    |amount| CancelAnswer::Found { provider_payment_id: capture.id.clone(), amount },
                )
            }
            Some("DECLINED" | "FAILED") => CancelAnswer::Cancelled,
            Some(status) => CancelAnswer::Refused { reason: short(status) },
            None => CancelAnswer::Unknown,
        },
        None if checkout.status == "COMPLETED" => CancelAnswer::Unknown,
        None => CancelAnswer::Cancelled,
    }
}
