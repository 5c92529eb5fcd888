//! The answers that a task offers, given as the staff endpoints would: a path becomes a command.

use oms_domain::command::{Command, RefundAsk, Report};
use oms_domain::event::OrderEvent;
use oms_domain::id::{CaptureId, HoldId, RefundId, ShipmentId};
use oms_domain::order::Order;
use oms_domain::refusal::Refusal;
use oms_domain::task::{Answer, Task};

use crate::world::World;

/// The command behind an answer. A body that a person fills in is filled in: all that remains is refunded.
pub fn command(order: &Order, answer: &Answer, key: oms_domain::id::EventKey) -> Command {
    let parts: Vec<&str> = answer.path.trim_start_matches('/').split('/').collect();
    let reason = "because".to_owned();
    match parts.as_slice() {
        ["v1", "orders", id, rest @ ..] if *id == order.id.as_str() => match rest {
            ["cancellation"] => Command::Cancel { reason },
            ["refunds"] => {
                let ask = RefundAsk::Amount(order.refundable_total().unwrap());
                Command::RequestRefund { key, ask, reason, by: "finance".into() }
            }
            ["allocation", "retry"] => Command::RetryPlan,
            ["holds", id, "release"] => Command::ReleaseHold { hold_id: HoldId::parse(*id).unwrap(), reason },
            ["holds", id, "reject"] => Command::RejectHold { hold_id: HoldId::parse(*id).unwrap(), reason },
            ["captures", id, "retry"] => Command::RetryCapture { capture_id: CaptureId::parse(*id).unwrap() },
            ["captures", id, "withdraw"] => {
                Command::WithdrawCapture { capture_id: CaptureId::parse(*id).unwrap(), reason }
            }
            ["refunds", id, "retry"] => Command::RetryRefund { refund_id: RefundId::parse(*id).unwrap() },
            ["refunds", id, "settle"] => Command::SettleRefund { refund_id: RefundId::parse(*id).unwrap(), reason },
            ["refunds", id, "approval"] => {
                Command::ApproveRefund { refund_id: RefundId::parse(*id).unwrap(), by: "manager".into() }
            }
            ["refunds", id, "decline"] => Command::DeclineRefund { refund_id: RefundId::parse(*id).unwrap(), reason },
            ["anomalies", id, "acknowledge"] => Command::CloseAnomaly { anomaly_id: (*id).to_owned(), reason },
            ["shipments", id, "close"] => {
                Command::CloseTrouble { shipment_id: ShipmentId::parse(*id).unwrap(), reason }
            }
            other => panic!("nobody serves {other:?}"),
        },
        ["v1", "shipments", id, "events"] => {
            let body: serde_json::Value = serde_json::from_str(answer.body.as_deref().unwrap()).unwrap();
            let report = match body["event"].as_str().unwrap() {
                "rejected" => Report::Rejected { reason: None },
                "cancelled" => Report::Cancelled,
                "cancel_refused" => Report::CancelRefused,
                "delivered" => Report::Delivered,
                other => panic!("no such event: {other}"),
            };
            Command::Report { shipment_id: ShipmentId::parse(*id).unwrap(), report }
        }
        other => panic!("nobody serves {other:?}"),
    }
}

/// Gives one of a task's answers.
pub fn give(world: &mut World, life: usize, task: &Task, choice: usize) {
    let key = world.new_key();
    let command = command(&world.lives[life].order, &task.answers[choice], key);
    // An answer to an earlier task may have settled this one.
    let _ = world.order_act(life, command);
}

/// What an answer would do, if it is given now.
pub fn outcome(world: &mut World, life: usize, answer: &Answer) -> Result<Vec<OrderEvent>, Refusal> {
    let key = world.new_key();
    let command = command(&world.lives[life].order, answer, key);
    world.decide(life, &command)
}

/// The answer of a task that ends the matter soonest.
pub fn ending(task: &Task) -> usize {
    let best = [
        "settle",
        "withdraw",
        "refund",
        "approve",
        "delivered",
        "cancelled",
        "release",
        "acknowledge",
        "retry",
        "close",
    ];
    let at = |name: &&str| task.answers.iter().position(|a| a.answer == **name);
    best.iter().find_map(at).unwrap_or(0)
}
