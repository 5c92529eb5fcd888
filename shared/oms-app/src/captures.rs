//! Taking promised money: the part of reversal's money step that brings money in. The pattern is that of refunds: the
//! capture's id is the provider's key, only whoever stores "submitted" sends it, and a lost answer is asked about.

use oms_domain::command::{CaptureAnswered, Command};
use oms_domain::event::{CaptureEvent, OrderEvent};
use oms_domain::id::{CaptureId, OrderId};
use oms_domain::order::{Capture, Order};
use oms_domain::status::CaptureStatus;
use oms_domain::wake::{self, Work};

use crate::engine::{Engine, Origin, Outcome};
use crate::error::AppError;
use crate::ports::{CaptureAnswer, CaptureRequest, Gateways};

/// Carries every capture that is due one step on. One whose provider cannot be called stays as it is, and `lost` says why.
pub(crate) async fn take(
    engine: &Engine,
    gateways: &dyn Gateways,
    mut outcome: Outcome,
    lost: &mut Option<AppError>,
) -> Result<Outcome, AppError> {
    let now = engine.clock.now();
    let due = |c: &&Capture| wake::is_capture_due(&outcome.order, c, now);
    let open: Vec<Capture> = outcome.order.captures.iter().filter(due).cloned().collect();
    for capture in open {
        match one(engine, gateways, &outcome.order, &capture).await {
            Ok(next) => outcome = next,
            Err(error @ AppError::Port(_)) => *lost = Some(error),
            Err(error) => return Err(error),
        }
    }
    Ok(outcome)
}

/// One capture: sent under its own id if it never was, asked about if it may have been.
async fn one(engine: &Engine, gateways: &dyn Gateways, order: &Order, capture: &Capture) -> Result<Outcome, AppError> {
    let Some(payment) = order.payment(&capture.payment_id) else {
        return answer(engine, &order.id, &capture.id, no_gateway("its payment is not known")).await;
    };
    let gateway = gateways.gateway(payment.provider).await?;
    let (Some(gateway), Some(provider_payment_id)) = (gateway, payment.provider_payment_id.clone()) else {
        let reason = format!("{} cannot take this payment through an API here", payment.provider.name());
        return answer(engine, &order.id, &capture.id, no_gateway(&reason)).await;
    };
    let request = CaptureRequest {
        capture_id: capture.id.clone(),
        order_id: order.id.clone(),
        payment_reference: payment.reference.clone(),
        provider_payment_id,
        provider_capture_id: capture.provider_reference.clone(),
        authorized: payment.authorized,
        amount: capture.amount,
        first_sent_at: capture.first_sent_at.unwrap_or_else(|| engine.clock.now()),
    };
    let answered = if capture.status == CaptureStatus::Requested {
        // Only whoever stores "submitted" sends: a second worker finds it submitted and asks later.
        let submitted = submit(engine, &order.id, &capture.id).await?;
        let sent = |e: &OrderEvent| matches!(e, OrderEvent::Capture(CaptureEvent::Submitted { .. }));
        if !submitted.events.iter().any(sent) {
            return Ok(submitted);
        }
        gateway.capture(&request).await
    } else {
        let known = gateway.query_capture(&request).await;
        if known == CaptureAnswer::NotFound {
            // It never arrived: the same capture under the same key, if it is still wanted.
            let again = submit(engine, &order.id, &capture.id).await?;
            if again.order.capture(&capture.id).is_none_or(|c| c.status != CaptureStatus::Submitted) {
                return Ok(again);
            }
            gateway.capture(&request).await
        } else {
            known
        }
    };
    let answered = match answered {
        CaptureAnswer::Captured { amount, reference, payment } => {
            CaptureAnswered::Captured { amount, reference, payment }
        }
        CaptureAnswer::Pending { reference } => CaptureAnswered::Pending { reference },
        CaptureAnswer::Refused { reason } => CaptureAnswered::Refused { reason },
        CaptureAnswer::NotFound | CaptureAnswer::Unknown => CaptureAnswered::Unknown,
    };
    answer(engine, &order.id, &capture.id, answered).await
}

fn no_gateway(reason: &str) -> CaptureAnswered {
    CaptureAnswered::NoGateway { reason: reason.into() }
}

async fn submit(engine: &Engine, order_id: &OrderId, capture_id: &CaptureId) -> Result<Outcome, AppError> {
    let command = Command::SubmitCapture { capture_id: capture_id.clone() };
    engine.execute(order_id, &command, &Origin::step(Work::Reversal)).await
}

async fn answer(
    engine: &Engine,
    order_id: &OrderId,
    capture_id: &CaptureId,
    answer: CaptureAnswered,
) -> Result<Outcome, AppError> {
    let command = Command::AnswerCapture { capture_id: capture_id.clone(), answer };
    engine.execute(order_id, &command, &Origin::step(Work::Reversal)).await
}
