//! The steps of reversal: whatever time decides, promised money, money back, stock back.

use oms_domain::benefit::Spent;
use oms_domain::body::Provider;
use oms_domain::command::{BenefitAnswered, CallOffAnswered, Command, RefundAnswered};
use oms_domain::event::OrderEvent;
use oms_domain::id::{OrderId, RefundId, ReturnId};
use oms_domain::order::{Order, Payment, Refund};
use oms_domain::status::RefundStatus;
use oms_domain::wake::{self, Work};

use crate::captures;
use crate::engine::{Engine, Origin, Outcome};
use crate::error::{AppError, PortError};
use crate::ports::{BenefitReturn, BenefitService, CancelAnswer, CancelRequest, Gateways, RefundAnswer, RefundRequest};

/// Lets time decide, approves what is owed, and sends, asks about, takes and calls off whatever is open.
///
/// # Errors
/// See [`Engine::execute`]; [`AppError::Port`] when a payment could not be called off or a provider that is configured could
/// not be called at all, to be tried again. What can be done through other providers is done all the same.
pub async fn compensate(
    engine: &Engine,
    gateways: &dyn Gateways,
    benefits: Option<&dyn BenefitService>,
    id: &OrderId,
) -> Result<Outcome, AppError> {
    let mut lost = None;
    let mut outcome = send_back(engine, gateways, benefits, id, &mut lost).await?;
    let (captured, now) = (outcome.order.captured(), engine.clock.now());
    // Before anything is called off: what is being captured is not.
    outcome = captures::take(engine, gateways, outcome, &mut lost).await?;
    let open: Vec<Payment> =
        wake::to_call_off(&outcome.order).filter(|p| p.retry_at.is_none_or(|at| at <= now)).cloned().collect();
    for payment in open {
        match call_off(engine, gateways, &outcome.order, &payment).await {
            Ok(next) => outcome = next,
            Err(error @ AppError::Port(_)) => lost = Some(error),
            Err(error) => return Err(error),
        }
    }
    // Whoever was too late to call a payment off has found money: it goes back like any other, and at once.
    if outcome.order.captured() != captured {
        outcome = send_back(engine, gateways, benefits, id, &mut lost).await?;
    }
    // Coupons, points and gift cards wait for no provider of money, nor that for them.
    let told = crate::benefits::tell(engine, benefits, outcome).await;
    lost.map_or(told, Err)
}

/// Lets time decide, approves what is owed, and carries every refund that is due one step on. One whose provider cannot be
/// called stays as it is, and `lost` says why.
async fn send_back(
    engine: &Engine,
    gateways: &dyn Gateways,
    benefits: Option<&dyn BenefitService>,
    id: &OrderId,
    lost: &mut Option<AppError>,
) -> Result<Outcome, AppError> {
    let mut outcome = engine.execute(id, &Command::Compensate, &Origin::step(Work::Reversal)).await?;
    let now = engine.clock.now();
    let due = |r: &&Refund| wake::is_refund_due(&outcome.order, r, now);
    let open: Vec<Refund> = outcome.order.refunds.iter().filter(due).cloned().collect();
    for refund in open {
        match pay_back(engine, gateways, benefits, &outcome.order, &refund).await {
            Ok(next) => outcome = next,
            Err(error @ AppError::Port(_)) => *lost = Some(error),
            Err(error) => return Err(error),
        }
    }
    Ok(outcome)
}

/// Gives back what is still promised to an order that is undone.
///
/// # Errors
/// See [`Engine::execute`].
pub async fn release_stock(engine: &Engine, id: &OrderId) -> Result<Outcome, AppError> {
    engine.execute(id, &Command::ReleaseStock, &Origin::step(Work::Reversal)).await
}

/// One refund: sent under its own id if it never was, asked about if it may have been.
async fn pay_back(
    engine: &Engine,
    gateways: &dyn Gateways,
    benefits: Option<&dyn BenefitService>,
    order: &Order,
    refund: &Refund,
) -> Result<Outcome, AppError> {
    let Some(payment) = order.payment(&refund.payment_id) else {
        return answer(engine, &order.id, &refund.id, no_gateway("its payment is not known")).await;
    };
    if payment.provider == Provider::Channel {
        // The channel holds the money and has sent it back, or will: the books follow.
        submit(engine, &order.id, &refund.id).await?;
        return answer(engine, &order.id, &refund.id, RefundAnswered::Succeeded { reference: None }).await;
    }
    if let Some(spent) = order.returned_to_card(refund) {
        return to_card(engine, benefits, order, refund, spent).await;
    }
    let gateway = gateways.gateway(payment.provider).await?;
    let (Some(gateway), Some(provider_payment_id)) = (gateway, payment.provider_payment_id.clone()) else {
        let reason = format!("{} cannot be refunded through an API here", payment.provider.name());
        return answer(engine, &order.id, &refund.id, no_gateway(&reason)).await;
    };
    let request = RefundRequest {
        refund_id: refund.id.clone(),
        order_id: order.id.clone(),
        payment_reference: payment.reference.clone(),
        provider_payment_id,
        provider_refund_id: refund.provider_reference.clone(),
        captured: payment.captured,
        amount: refund.amount,
        first_sent_at: refund.first_sent_at.unwrap_or_else(|| engine.clock.now()),
    };
    let answered = if refund.status == RefundStatus::Approved {
        // Only whoever stores "submitted" sends: a second worker finds it submitted and asks later.
        let submitted = submit(engine, &order.id, &refund.id).await?;
        if !is_submitted(&submitted) {
            return Ok(submitted);
        }
        gateway.refund(&request).await
    } else {
        let known = gateway.query_refund(&request).await;
        if known == RefundAnswer::NotFound {
            // It never arrived: the same refund under the same key, if it may still be sent.
            let again = submit(engine, &order.id, &refund.id).await?;
            if again.order.refund(&refund.id).is_none_or(|r| r.status != RefundStatus::Submitted) {
                return Ok(again);
            }
            gateway.refund(&request).await
        } else {
            known
        }
    };
    let answered = match answered {
        RefundAnswer::Succeeded { reference } => RefundAnswered::Succeeded { reference: Some(reference) },
        RefundAnswer::Pending { reference } => RefundAnswered::Pending { reference },
        RefundAnswer::Refused { reason } => RefundAnswered::Refused { reason },
        RefundAnswer::NotFound | RefundAnswer::Unknown => RefundAnswered::Unknown,
    };
    answer(engine, &order.id, &refund.id, answered).await
}

/// Back to a gift card, at the service that keeps count of it: said again under the same id it is the same return, so that
/// nothing has to be asked first.
async fn to_card(
    engine: &Engine,
    benefits: Option<&dyn BenefitService>,
    order: &Order,
    refund: &Refund,
    spent: Spent,
) -> Result<Outcome, AppError> {
    let Some(benefits) = benefits else {
        let reason = "no service for gift cards is configured any more";
        return answer(engine, &order.id, &refund.id, no_gateway(reason)).await;
    };
    if refund.status == RefundStatus::Approved {
        let submitted = submit(engine, &order.id, &refund.id).await?;
        if !is_submitted(&submitted) {
            return Ok(submitted);
        }
    }
    let request =
        BenefitReturn { order_id: order.id.clone(), return_id: ReturnId::from(&refund.id), items: vec![spent] };
    let answered = match benefits.give_back(&request).await {
        Ok(BenefitAnswered::Done) => RefundAnswered::Succeeded { reference: None },
        Ok(BenefitAnswered::Refused { reason }) => RefundAnswered::Refused { reason },
        Err(_) => RefundAnswered::Unknown,
    };
    answer(engine, &order.id, &refund.id, answered).await
}

/// Whether whoever carried this out is the one who sends.
fn is_submitted(outcome: &Outcome) -> bool {
    outcome.events.iter().any(|e| matches!(e, OrderEvent::RefundSubmitted { .. }))
}

fn no_gateway(reason: &str) -> RefundAnswered {
    RefundAnswered::NoGateway { reason: reason.into() }
}

async fn submit(engine: &Engine, order_id: &OrderId, refund_id: &RefundId) -> Result<Outcome, AppError> {
    let command = Command::SubmitRefund { refund_id: refund_id.clone() };
    engine.execute(order_id, &command, &Origin::step(Work::Reversal)).await
}

async fn answer(
    engine: &Engine,
    order_id: &OrderId,
    refund_id: &RefundId,
    answer: RefundAnswered,
) -> Result<Outcome, AppError> {
    let command = Command::AnswerRefund { refund_id: refund_id.clone(), answer };
    engine.execute(order_id, &command, &Origin::step(Work::Reversal)).await
}

/// One payment attempt that the buyer could still pay.
async fn call_off(
    engine: &Engine,
    gateways: &dyn Gateways,
    order: &Order,
    payment: &Payment,
) -> Result<Outcome, AppError> {
    let Some(gateway) = gateways.gateway(payment.provider).await? else {
        if payment.provider_payment_id.is_none() && payment.started.is_none() {
            // Nothing says that it was ever begun, and there is nobody to ask.
            return answer_call_off(engine, &order.id, payment, CallOffAnswered::Done).await;
        }
        let reason = format!("{} cannot be called off through an API here", payment.provider.name());
        return answer_call_off(engine, &order.id, payment, CallOffAnswered::Refused { reason }).await;
    };
    let request = CancelRequest {
        order_id: order.id.clone(),
        payment_reference: payment.reference.clone(),
        provider_payment_id: payment.provider_payment_id.clone(),
        object: payment.started.as_ref().and_then(|start| start.object.clone()),
        amount: payment.amount,
        is_promised: order.is_only_promised(payment),
    };
    let answer = match gateway.cancel_payment(&request).await {
        CancelAnswer::Cancelled => CallOffAnswered::Done,
        CancelAnswer::Captured(amount) => CallOffAnswered::Captured(amount),
        CancelAnswer::Found { provider_payment_id, amount } => CallOffAnswered::Found { provider_payment_id, amount },
        CancelAnswer::Refused { reason } => CallOffAnswered::Refused { reason },
        CancelAnswer::Unknown => CallOffAnswered::Unknown,
    };
    let lost = answer == CallOffAnswered::Unknown;
    let outcome = answer_call_off(engine, &order.id, payment, answer).await?;
    if lost {
        let detail = format!("{} did not say whether {} is called off", payment.provider.name(), payment.id);
        return Err(PortError { port: "payment gateway", detail }.into());
    }
    Ok(outcome)
}

async fn answer_call_off(
    engine: &Engine,
    order_id: &OrderId,
    payment: &Payment,
    answer: CallOffAnswered,
) -> Result<Outcome, AppError> {
    let command = Command::AnswerCallOff { payment_id: payment.id.clone(), answer };
    engine.execute(order_id, &command, &Origin::step(Work::Reversal)).await
}
