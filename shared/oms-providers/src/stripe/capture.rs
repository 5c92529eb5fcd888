//! Taking a promise at Stripe: `POST /v1/payment_intents/{id}/capture`, once, in part or whole; what is not taken is let go.
//! Source: <https://docs.stripe.com/api/payment_intents/capture>.

use oms_app::ports::{CaptureAnswer, CaptureRequest};

use super::answer::{self, AfterCapture, Promise, Reply};
use super::client::{StripeClient, is_id};
use super::currency::to_stripe;

impl StripeClient {
    /// Stripe repeats for a day whatever it first answered to the key, also a refusal whose reason has gone since. So a
    /// refusal is held against the payment itself, and one that Stripe only repeats is tried once more without the key,
    /// which is safe: a payment is captured once, whoever asks.
    pub(super) async fn take(&self, request: &CaptureRequest) -> CaptureAnswer {
        let id = request.provider_payment_id.as_str();
        if !is_id(id) {
            return CaptureAnswer::Refused { reason: "the payment has no id of Stripe's".to_owned() };
        }
        // Never sent, so certainly not done.
        let units = match to_stripe(request.amount) {
            Ok(units) => units.to_string(),
            Err(error) => return CaptureAnswer::Refused { reason: error.to_string() },
        };
        let Some(first) = self.post_capture(request, &units, true).await else {
            return CaptureAnswer::Unknown;
        };
        let reason = match answer::capture(&first) {
            AfterCapture::Settled(answer) => return answer,
            AfterCapture::Look { reason } => reason,
        };
        match self.promise(id).await {
            Promise::Settled(answer) => answer,
            Promise::Stands if !first.replayed => CaptureAnswer::Refused { reason },
            Promise::Stands => {
                let Some(second) = self.post_capture(request, &units, false).await else {
                    return CaptureAnswer::Unknown;
                };
                match answer::capture(&second) {
                    AfterCapture::Settled(answer) => answer,
                    AfterCapture::Look { reason } => match self.promise(id).await {
                        Promise::Settled(answer) => answer,
                        Promise::Stands => CaptureAnswer::Refused { reason },
                    },
                }
            }
        }
    }

    /// The payment itself says whether it was taken, and that for good.
    pub(super) async fn what_became_of(&self, request: &CaptureRequest) -> CaptureAnswer {
        if !is_id(&request.provider_payment_id) {
            return CaptureAnswer::Refused { reason: "the payment has no id of Stripe's".to_owned() };
        }
        match self.promise(&request.provider_payment_id).await {
            Promise::Settled(answer) => answer,
            Promise::Stands => CaptureAnswer::NotFound,
        }
    }

    async fn post_capture(&self, request: &CaptureRequest, units: &str, keyed: bool) -> Option<Reply> {
        let url = self.endpoint(&format!("v1/payment_intents/{}/capture", request.provider_payment_id));
        let mut post = self.http.post(url).form(&[("amount_to_capture", units)]);
        if keyed {
            post = post.header("idempotency-key", request.capture_id.as_str());
        }
        self.send(post, "capture", request.capture_id.as_str()).await
    }

    async fn promise(&self, id: &str) -> Promise {
        let reply = self.send(self.http.get(self.endpoint(&format!("v1/payment_intents/{id}"))), "payment", id).await;
        reply.map_or(Promise::Settled(CaptureAnswer::Unknown), |reply| answer::promise(&reply))
    }
}
