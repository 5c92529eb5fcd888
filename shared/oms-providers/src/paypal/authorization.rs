//! Promises at PayPal: `POST /v2/payments/authorizations/{id}/capture`, `POST …/void` and `GET /v2/payments/authorizations/{id}`.
//! A capture has an id of its own, by which alone the payment is refunded later.
//! Source: <https://developer.paypal.com/docs/api/payments/v2/#authorizations_capture>.

use oms_app::ports::{CancelAnswer, CaptureAnswer, CaptureRequest};
use serde::Serialize;

use super::answer::{self, Authorization};
use super::client::{ID_IS_KEPT, PaypalClient, is_id};
use super::currency::to_paypal;
use crate::resend;

#[derive(Serialize)]
struct CaptureBody<'a> {
    amount: CaptureBodyAmount<'a>,
    /// What is not taken is let go.
    final_capture: bool,
}

#[derive(Serialize)]
struct CaptureBodyAmount<'a> {
    value: &'a str,
    currency_code: &'static str,
}

impl PaypalClient {
    /// Sends a capture for the first time or again: under its id that is the same to PayPal.
    pub(super) async fn take(&self, request: &CaptureRequest) -> CaptureAnswer {
        let (id, capture_id) = (request.provider_payment_id.as_str(), request.capture_id.as_str());
        if !is_id(id) {
            return CaptureAnswer::Refused { reason: "the payment has no id of PayPal's".to_owned() };
        }
        // Never sent, so certainly not done.
        let value = match to_paypal(request.amount) {
            Ok(value) => value,
            Err(error) => return CaptureAnswer::Refused { reason: error.to_string() },
        };
        if !resend::is_safe(request.first_sent_at, self.clock.now(), ID_IS_KEPT) {
            return CaptureAnswer::Unknown;
        }
        let amount = CaptureBodyAmount { value: &value, currency_code: request.amount.currency().code() };
        let body = CaptureBody { amount, final_capture: true };
        let url = self.endpoint(&format!("v2/payments/authorizations/{id}/capture"));
        let post = || {
            let post = self.http.post(url.clone()).header("paypal-request-id", capture_id);
            post.header("prefer", "return=representation").json(&body)
        };
        let Some(reply) = self.send(post, "capture", capture_id).await else {
            return CaptureAnswer::Unknown;
        };
        match answer::capture(&reply) {
            // What PayPal repeats may be old: the capture itself says how it stands.
            CaptureAnswer::Captured { reference: Some(known), .. } | CaptureAnswer::Pending { reference: known }
                if reply.is_repeated() =>
            {
                self.look_at_capture(request, &known).await
            }
            answer @ (CaptureAnswer::Captured { .. }
            | CaptureAnswer::Pending { .. }
            | CaptureAnswer::Refused { .. }
            | CaptureAnswer::NotFound
            | CaptureAnswer::Unknown) => answer,
        }
    }

    /// By PayPal's id of the capture if we know it; else the authorization says whether there is one, and the same request
    /// under the same id which.
    pub(super) async fn what_became_of(&self, request: &CaptureRequest) -> CaptureAnswer {
        if let Some(known) = &request.provider_capture_id {
            return self.look_at_capture(request, known).await;
        }
        let id = request.provider_payment_id.as_str();
        if !is_id(id) {
            return CaptureAnswer::Refused { reason: "the payment has no id of PayPal's".to_owned() };
        }
        let url = self.endpoint(&format!("v2/payments/authorizations/{id}"));
        let reply = self.send(|| self.http.get(url.clone()), "authorization", id).await;
        match reply.map_or(Authorization::Unknown, |reply| answer::authorization(&reply, id)) {
            Authorization::Stands => CaptureAnswer::NotFound,
            Authorization::Taken => self.take(request).await,
            Authorization::Over { reason } => CaptureAnswer::Refused { reason },
            Authorization::Unknown => CaptureAnswer::Unknown,
        }
    }

    async fn look_at_capture(&self, request: &CaptureRequest, id: &str) -> CaptureAnswer {
        if !is_id(id) {
            return CaptureAnswer::Unknown;
        }
        let url = self.endpoint(&format!("v2/payments/captures/{id}"));
        let reply = self.send(|| self.http.get(url.clone()), "capture query", request.capture_id.as_str()).await;
        reply.map_or(CaptureAnswer::Unknown, |reply| answer::looked_up_capture(&reply, id))
    }

    /// Gives a promise back. Voiding twice is voiding.
    pub(super) async fn void(&self, id: &str) -> CancelAnswer {
        let url = self.endpoint(&format!("v2/payments/authorizations/{id}/void"));
        let post = || self.http.post(url.clone()).header("paypal-request-id", format!("void-{id}"));
        let reply = self.send(post, "void", id).await;
        reply.map_or(CancelAnswer::Unknown, |reply| answer::voided(&reply))
    }
}
