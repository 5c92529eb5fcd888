//! The stand-in's rules, tried.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use super::{Fault, Ledger, Parameters};

fn parameters(pairs: &[(&str, &str)]) -> Parameters {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A ledger with one intent of 206.00 that was paid.
fn paid() -> (Ledger, String) {
    let mut ledger = Ledger::default();
    let wanted = parameters(&[("amount", "20600"), ("currency", "CNY"), ("metadata[order_id]", "o1")]);
    let created = ledger.create_intent(&wanted, None);
    let id = created.body["id"].as_str().unwrap().to_owned();
    assert_eq!(ledger.pay(&id, 20600).unwrap().metadata["order_id"], "o1");
    (ledger, id)
}

fn refund(ledger: &mut Ledger, intent: &str, amount: &str, key: &str) -> super::Answer {
    ledger.create_refund(&parameters(&[("payment_intent", intent), ("amount", amount)]), Some(key))
}

#[test]
fn a_key_used_again_gives_the_first_answer_and_no_second_refund() {
    let (mut ledger, id) = paid();
    let first = refund(&mut ledger, &id, "5000", "k1");
    let second = refund(&mut ledger, &id, "5000", "k1");
    assert_eq!(first.body, second.body);
    assert!(!first.replayed && second.replayed);
    assert_eq!(ledger.refunded(&id), 5000);
    assert!(ledger.violations().is_empty());
}

#[test]
fn a_key_with_other_parameters_is_refused() {
    let (mut ledger, id) = paid();
    refund(&mut ledger, &id, "5000", "k1");
    let other = refund(&mut ledger, &id, "6000", "k1");
    assert_eq!((other.status, other.body["error"]["type"].as_str()), (400, Some("idempotency_error")));
    assert_eq!(ledger.refunded(&id), 5000);
    assert_eq!(ledger.violations().len(), 1);
}

#[test]
fn no_more_goes_back_than_came_in() {
    let (mut ledger, id) = paid();
    refund(&mut ledger, &id, "20000", "k1");
    assert_eq!(refund(&mut ledger, &id, "601", "k2").status, 400);
    assert_eq!(refund(&mut ledger, &id, "600", "k3").status, 200);
    assert_eq!(refund(&mut ledger, &id, "1", "k4").body["error"]["code"], "charge_already_refunded");
    assert_eq!(ledger.refunded(&id), 20600);
}

#[test]
fn a_lost_answer_was_carried_out_and_is_found_by_its_key() {
    let (mut ledger, id) = paid();
    ledger.plan(Fault::LoseAnswer);
    assert_eq!(refund(&mut ledger, &id, "20600", "k1").status, 0);
    let again = refund(&mut ledger, &id, "20600", "k1");
    assert!(again.replayed && again.status == 200);
    assert_eq!(ledger.refunds().len(), 1);
}

#[test]
fn a_refusal_of_the_server_is_not_remembered() {
    let (mut ledger, id) = paid();
    ledger.plan(Fault::Refuse(500));
    assert_eq!(refund(&mut ledger, &id, "20600", "k1").status, 500);
    assert_eq!(ledger.refunded(&id), 0);
    assert_eq!(refund(&mut ledger, &id, "20600", "k1").status, 200);
}

#[test]
fn a_pending_refund_is_settled_later() {
    let (mut ledger, id) = paid();
    ledger.plan(Fault::StayPending);
    let answer = refund(&mut ledger, &id, "20600", "k1");
    assert_eq!(answer.body["status"], "pending");
    let refund = answer.body["id"].as_str().unwrap();
    assert_eq!(ledger.settle(refund, true).unwrap().status, "succeeded");
    assert_eq!(ledger.get_refund(refund).body["status"], "succeeded");
}

#[test]
fn a_paid_intent_cannot_be_cancelled_and_a_cancelled_one_not_paid() {
    let (mut ledger, id) = paid();
    let refused = ledger.cancel_intent(&id, &Parameters::new(), None);
    assert_eq!(refused.body["error"]["code"], "payment_intent_unexpected_state");
    let open = ledger.create_intent(&parameters(&[("amount", "1"), ("currency", "cny")]), None);
    let open = open.body["id"].as_str().unwrap().to_owned();
    assert_eq!(ledger.cancel_intent(&open, &Parameters::new(), Some("c")).body["status"], "canceled");
    assert!(ledger.pay(&open, 1).is_none());
}

#[test]
fn lists_come_newest_first_and_in_pages() {
    let (mut ledger, id) = paid();
    for number in 1..=3 {
        refund(&mut ledger, &id, "100", &format!("k{number}"));
    }
    let first = ledger.list_refunds(&parameters(&[("payment_intent", &id), ("limit", "2")])).body;
    assert_eq!((first["data"].as_array().unwrap().len(), &first["has_more"]), (2, &true.into()));
    let last = first["data"][1]["id"].as_str().unwrap();
    let rest = ledger.list_refunds(&parameters(&[("payment_intent", &id), ("starting_after", last)])).body;
    assert_eq!((rest["data"].as_array().unwrap().len(), &rest["has_more"]), (1, &false.into()));
}

#[test]
fn a_refund_without_a_key_is_noted() {
    let (mut ledger, id) = paid();
    ledger.create_refund(&parameters(&[("payment_intent", &id)]), None);
    assert_eq!(ledger.violations().len(), 1);
    assert_eq!(ledger.refunded(&id), 20600, "without an amount all that remains goes back");
}

#[test]
fn a_fault_for_one_intent_waits_for_it() {
    let (mut ledger, id) = paid();
    ledger.plan_for("pi_of_somebody_else", Fault::Refuse(500));
    ledger.plan_for(&id, Fault::Refuse(402));
    let refused = refund(&mut ledger, &id, "5000", "k1");
    assert_eq!((refused.status, refused.body["error"]["type"].as_str()), (402, Some("invalid_request_error")));
    assert_eq!(refund(&mut ledger, &id, "5000", "k1").status, 200);
    assert!(ledger.keys().any(|key| key == "k1"));
}

#[test]
fn a_promise_is_taken_once_and_not_beyond_it() {
    let mut ledger = Ledger::default();
    let open = |ledger: &mut Ledger, method: &str| {
        let asked = parameters(&[("amount", "20600"), ("currency", "CNY"), ("capture_method", method)]);
        let created = ledger.create_intent(&asked, None);
        assert_eq!(created.body["capture_method"], method);
        created.body["id"].as_str().unwrap().to_owned()
    };
    let at_once = open(&mut ledger, "automatic");
    assert!(ledger.promise(&at_once, 20600).is_none(), "Stripe takes it at once");
    let id = open(&mut ledger, "manual");
    let take = |ledger: &mut Ledger, amount: &str, key: &str| {
        ledger.capture_intent(&id, &parameters(&[("amount_to_capture", amount)]), Some(key))
    };
    assert_eq!(take(&mut ledger, "20600", "k0").body["error"]["code"], "payment_intent_unexpected_state");
    assert_eq!(ledger.promise(&id, 20600).unwrap().json()["amount_capturable"], 20600);
    assert_eq!(take(&mut ledger, "20601", "k1").body["error"]["code"], "amount_too_large");
    assert_eq!(ledger.violations().len(), 1);
    ledger.plan_for(&id, Fault::LoseAnswer);
    assert_eq!(take(&mut ledger, "10000", "k2").status, 0);
    let again = take(&mut ledger, "10000", "k2");
    assert!(again.replayed && again.body["amount_received"] == 10_000 && again.body["amount_capturable"] == 0);
    assert_eq!(take(&mut ledger, "100", "k3").status, 400);
    assert!(ledger.promise(&id, 1).is_none());
}
