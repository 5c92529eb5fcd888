//! Beginning a payment at its provider, where the shop wants Waybill to do that and not the storefront.
//!
//! The provider is asked first, under the attempt's reference, and what it answers is stored then: whoever dies between the
//! two finds the same payment at the provider when the storefront asks again. Nobody can pay what was not answered.

use std::sync::Arc;

use jiff::Timestamp;
use oms_domain::body::Provider;
use oms_domain::command::Command;
use oms_domain::id::{OrderId, PaymentId};
use oms_domain::order::{Order, Payment};
use oms_domain::payment_start::{PayerClient, Taking, ends_at, payable};
use oms_domain::refusal::Refusal;

use crate::engine::{Engine, Origin};
use crate::error::{AppError, PortError};
pub use crate::offered::Offered;
use crate::ports::{
    CancelRequest, Gateways, LoadedOrder, NextAction, Payer, PaymentGateway, StartAnswer, StartRequest, Started,
};

/// What the storefront asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// With what the buyer pays.
    pub client: PayerClient,
    /// Where the buyer goes afterwards.
    pub return_url: Option<String>,
    /// Who pays.
    pub payer: Payer,
}

/// A payment that is begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The attempt.
    pub payment: Payment,
    /// What the storefront does next.
    pub next: NextAction,
    /// Until when it may be paid.
    pub expires_at: Timestamp,
}

/// Begins payments.
#[derive(Clone)]
pub struct Starting {
    /// Orders.
    pub engine: Engine,
    /// The providers' APIs.
    pub gateways: Arc<dyn Gateways>,
    /// What the shop lets Waybill begin.
    pub offered: Offered,
}

impl Starting {
    /// Begins an attempt of an order at its provider, or goes on with it: the same request again gives the same payment.
    /// Whoever asks has just loaded the order, to see whose it is, so that it is not read again; should it have moved since,
    /// the commit says so, and it is decided anew.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Refused`] when the order, the shop or the provider says no, [`AppError::Port`] when
    /// the provider's answer was lost: nothing was stored, and the same request tells.
    pub async fn start(
        &self,
        loaded: LoadedOrder,
        payment_id: &PaymentId,
        ask: &Ask,
        actor: &str,
    ) -> Result<Begun, AppError> {
        let order = &loaded.order;
        let order_id = &order.id.clone();
        let now = self.engine.clock.now();
        let payment = payable(order, payment_id, ask.client, now)?;
        let (gateway, taking) = (self.gateway(payment.provider).await?, order.taking(payment));
        let return_url = ask.return_url.as_deref().map(|url| self.offered.return_address(url)).transpose()?;
        let expires_at = ends_at(order, payment, now);
        let started = match gateway.start(&request(order, payment, ask, return_url, expires_at)).await {
            StartAnswer::Started(started) => started,
            StartAnswer::Refused { reason } => {
                let reason = format!("{} does not begin this payment: {reason}", payment.provider.name());
                return Err(Refusal::NotOffered(reason).into());
            }
            StartAnswer::Unknown => {
                let detail = format!("{} did not say whether {payment_id} is begun", payment.provider.name());
                return Err(PortError { port: "payment gateway", detail }.into());
            }
        };
        let command = Command::StartPayment {
            payment_id: payment_id.clone(),
            client: ask.client,
            provider_payment_id: started.provider_payment_id.clone(),
            object: started.object.clone(),
            expires_at,
        };
        let origin = Origin::outside(actor, None);
        let begun = payment.clone();
        match self.engine.execute_from(Some(loaded), order_id, &command, &origin).await {
            Ok(outcome) => {
                let payment = outcome.order.payment(payment_id).cloned().ok_or(AppError::NotFound("payment"))?;
                // The order may be over before that: a balance waits for nothing when its deposit does not come.
                let deadline = outcome.order.payment_deadline.unwrap_or(expires_at);
                Ok(Begun { payment, next: started.next, expires_at: expires_at.min(deadline) })
            }
            Err(refused @ AppError::Refused(_)) => {
                self.undo(gateway.as_ref(), order_id, &begun, started, taking).await;
                Err(refused)
            }
            Err(error) => Err(error),
        }
    }

    async fn gateway(&self, provider: Provider) -> Result<Arc<dyn PaymentGateway>, AppError> {
        let name = provider.name();
        if !self.offered.providers.contains(&provider) {
            let reason = format!("{name} payments are begun by the storefront here, with the payment_reference");
            return Err(Refusal::NotOffered(reason).into());
        }
        let gateway = self.gateways.gateway(provider).await?;
        gateway.ok_or_else(|| Refusal::NotOffered(format!("{name} is not connected here")).into())
    }

    /// The order was paid by another attempt, expired or cancelled while the provider was asked. Nobody was told how to pay
    /// what was begun, so that an answer that is lost here costs nothing. What somebody else has stored meanwhile is the
    /// order's, and called off by its own work if at all: the buyer may be paying it.
    async fn undo(
        &self,
        gateway: &dyn PaymentGateway,
        order_id: &OrderId,
        payment: &Payment,
        started: Started,
        taking: Taking,
    ) {
        let Ok(Some(loaded)) = self.engine.orders.load(order_id).await else { return };
        let stored = loaded.order.payment(&payment.id);
        // What was begun before and became a payment with this answer is known to nobody yet.
        let fresh = started.provider_payment_id.is_some();
        let known = |now: &Payment| now.provider_payment_id.is_some() || (now.started.is_some() && !fresh);
        if stored.is_none_or(known) {
            return;
        }
        let request = CancelRequest {
            order_id: order_id.clone(),
            payment_reference: payment.reference.clone(),
            provider_payment_id: started.provider_payment_id,
            object: started.object,
            amount: payment.amount,
            is_promised: taking == Taking::Promised,
        };
        let answer = gateway.cancel_payment(&request).await;
        tracing::info!(payment_id = %payment.id, ?answer, "begun too late, and called off");
    }
}

fn request(
    order: &Order,
    payment: &Payment,
    ask: &Ask,
    return_url: Option<String>,
    expires_at: Timestamp,
) -> StartRequest {
    let ip = ask.payer.ip.clone().or_else(|| order.body.client.as_ref().and_then(|client| client.ip.clone()));
    let begun = payment.started.as_ref().and_then(|start| start.object.clone());
    StartRequest {
        payment_reference: payment.reference.clone(),
        order_id: order.id.clone(),
        // Also where a part was cancelled since: the provider has it under this amount, and what is too much goes back.
        amount: payment.amount,
        description: description(order),
        taking: order.taking(payment),
        client: ask.client,
        return_url,
        payer: Payer { ip, ..ask.payer.clone() },
        expires_at,
        known: begun.or_else(|| payment.provider_payment_id.clone()),
    }
}

/// What the buyer reads beside the amount: the order's number at its channel, in the buyer's language.
fn description(order: &Order) -> String {
    let number = order.body.channel_order_id.as_str();
    let chinese = order.body.locale.as_deref().is_some_and(|locale| locale.to_ascii_lowercase().starts_with("zh"));
    if chinese { format!("订单 {number}") } else { format!("Order {number}") }
}
