//! What the stand-in remembers, and its rules. No network here.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use super::objects::{Intent, Refund};

/// Parameters of a request, as the form or the query gives them.
pub type Parameters = BTreeMap<String, String>;

/// An answer of the API.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// JSON body.
    pub body: Value,
    /// The answer to an earlier request with the same key.
    pub replayed: bool,
}

/// What goes wrong with the next changing request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is carried out and its answer is lost on the way.
    LoseAnswer,
    /// It is not carried out; the answer has this status, such as 500 or 429.
    Refuse(u16),
    /// A refund is accepted and stays pending.
    StayPending,
}

struct Remembered {
    request: String,
    answer: Answer,
}

/// The stand-in's memory.
#[derive(Default)]
pub struct Ledger {
    intents: BTreeMap<String, Intent>,
    refunds: Vec<Refund>,
    keys: BTreeMap<String, Remembered>,
    faults: VecDeque<Fault>,
    violations: Vec<String>,
    /// Part of every id, so that two runs of the stand-in give different ones to the same stack.
    run: String,
    issued: u64,
}

impl Ledger {
    /// An empty one whose ids carry this text of letters and digits.
    pub fn new(run: &str) -> Self {
        Self { run: run.to_owned(), ..Self::default() }
    }

    /// Lets something go wrong with a later changing request, each once, in this order.
    pub fn plan(&mut self, fault: Fault) {
        self.faults.push_back(fault);
    }

    /// What the caller did that Stripe would not have forgiven. Empty is as it should be.
    pub fn violations(&self) -> &[String] {
        &self.violations
    }

    /// All refunds, in order.
    pub fn refunds(&self) -> &[Refund] {
        &self.refunds
    }

    /// An intent.
    pub fn intent(&self, id: &str) -> Option<&Intent> {
        self.intents.get(id)
    }

    /// Minor units that went back, or are on their way, of one intent.
    pub fn refunded(&self, intent: &str) -> i64 {
        let of_it = self.refunds.iter().filter(|refund| refund.payment_intent == intent && refund.status != "failed");
        of_it.map(|refund| refund.amount).sum()
    }

    /// The buyer pays this much: what happens in Stripe's own page. None if there is no such open intent.
    pub fn pay(&mut self, intent: &str, amount: i64) -> Option<Intent> {
        let intent = self.intents.get_mut(intent).filter(|intent| intent.status != "canceled")?;
        intent.status = "succeeded";
        intent.received = amount;
        Some(intent.clone())
    }

    /// A refund comes to its end.
    pub fn settle(&mut self, refund: &str, succeeded: bool) -> Option<Refund> {
        let refund = self.refunds.iter_mut().find(|known| known.id == refund)?;
        refund.status = if succeeded { "succeeded" } else { "failed" };
        Some(refund.clone())
    }

    /// `POST /v1/payment_intents`: what a storefront does at its checkout.
    pub fn create_intent(&mut self, parameters: &Parameters, key: Option<&str>) -> Answer {
        self.once("POST /v1/payment_intents", parameters, key, |ledger, _| {
            let (Some(amount), Some(currency)) = (amount(parameters), parameters.get("currency")) else {
                return failure(400, "invalid_request_error", "parameter_missing", "amount and currency are needed");
            };
            let intent = Intent {
                id: ledger.issue("pi"),
                amount,
                received: 0,
                currency: currency.to_lowercase(),
                status: "requires_payment_method",
                metadata: metadata(parameters),
            };
            ledger.intents.insert(intent.id.clone(), intent.clone());
            success(intent.json())
        })
    }

    /// `GET /v1/payment_intents/{id}`.
    pub fn get_intent(&self, id: &str) -> Answer {
        self.intents.get(id).map_or_else(|| missing("payment_intent", id), |intent| success(intent.json()))
    }

    /// `POST /v1/payment_intents/{id}/cancel`.
    pub fn cancel_intent(&mut self, id: &str, parameters: &Parameters, key: Option<&str>) -> Answer {
        self.once(&format!("POST /v1/payment_intents/{id}/cancel"), parameters, key, |ledger, _| {
            let Some(intent) = ledger.intents.get_mut(id) else { return missing("payment_intent", id) };
            if intent.status == "succeeded" || intent.status == "canceled" {
                let text =
                    format!("You cannot cancel this PaymentIntent because it has a status of {}.", intent.status);
                return failure(400, "invalid_request_error", "payment_intent_unexpected_state", &text);
            }
            intent.status = "canceled";
            success(intent.json())
        })
    }

    /// `POST /v1/refunds`.
    pub fn create_refund(&mut self, parameters: &Parameters, key: Option<&str>) -> Answer {
        if key.is_none() {
            self.violations.push("a refund was asked for without an Idempotency-Key".to_owned());
        }
        self.once("POST /v1/refunds", parameters, key, |ledger, pending| {
            let id = parameters.get("payment_intent").map(String::as_str).unwrap_or_default();
            let Some(intent) = ledger.intents.get(id).cloned() else { return missing("payment_intent", id) };
            let remaining = intent.received - ledger.refunded(id);
            let wanted = amount(parameters).unwrap_or(remaining);
            if remaining == 0 {
                return failure(
                    400,
                    "invalid_request_error",
                    "charge_already_refunded",
                    "Charge has already been refunded.",
                );
            }
            if wanted <= 0 || wanted > remaining {
                ledger
                    .violations
                    .push(format!("a refund of {wanted} was asked for where {remaining} remained of {id}"));
                let text =
                    format!("Refund amount ({wanted}) is greater than unrefunded amount on charge ({remaining})");
                return failure(400, "invalid_request_error", "amount_too_large", &text);
            }
            let refund = Refund {
                id: ledger.issue("re"),
                payment_intent: intent.id,
                amount: wanted,
                currency: intent.currency,
                status: if pending { "pending" } else { "succeeded" },
                metadata: metadata(parameters),
            };
            ledger.refunds.push(refund.clone());
            success(refund.json())
        })
    }

    /// `GET /v1/refunds/{id}`.
    pub fn get_refund(&self, id: &str) -> Answer {
        let found = self.refunds.iter().find(|refund| refund.id == id);
        found.map_or_else(|| missing("refund", id), |refund| success(refund.json()))
    }

    /// `GET /v1/refunds?payment_intent=…&limit=…&starting_after=…`, newest first.
    pub fn list_refunds(&self, parameters: &Parameters) -> Answer {
        let of = parameters.get("payment_intent");
        let newest_first = self.refunds.iter().rev().filter(|refund| of.is_none_or(|id| *id == refund.payment_intent));
        let all: Vec<&Refund> = match parameters.get("starting_after") {
            Some(after) => newest_first.skip_while(|refund| refund.id != *after).skip(1).collect(),
            None => newest_first.collect(),
        };
        let limit = parameters.get("limit").and_then(|text| text.parse().ok()).unwrap_or(10);
        let data: Vec<Value> = all.iter().take(limit).map(|refund| refund.json()).collect();
        success(json!({ "object": "list", "url": "/v1/refunds", "has_more": all.len() > limit, "data": data }))
    }

    /// Carries a changing request out once for its key. The closure is told whether a refund shall stay pending.
    fn once(
        &mut self,
        what: &str,
        parameters: &Parameters,
        key: Option<&str>,
        carry_out: impl FnOnce(&mut Self, bool) -> Answer,
    ) -> Answer {
        let request = format!("{what} {parameters:?}");
        if let Some(remembered) = key.and_then(|key| self.keys.get(key)) {
            if remembered.request == request {
                return Answer { replayed: true, ..remembered.answer.clone() };
            }
            let key = key.unwrap_or_default();
            self.violations.push(format!("the key {key} was used for two different requests"));
            let text = format!(
                "Keys for idempotent requests can only be used with the same parameters they were first used with. ({key})"
            );
            return failure(400, "idempotency_error", "", &text);
        }
        let fault = self.faults.pop_front();
        if let Some(Fault::Refuse(status)) = fault {
            // Not carried out, and a failure of the server's is not remembered.
            return failure(status, "api_error", "", "planned by the test");
        }
        let answer = carry_out(self, fault == Some(Fault::StayPending));
        if let Some(key) = key {
            self.keys.insert(key.to_owned(), Remembered { request, answer: answer.clone() });
        }
        if fault == Some(Fault::LoseAnswer) {
            return Answer { status: 0, body: Value::Null, replayed: false };
        }
        answer
    }

    fn issue(&mut self, kind: &str) -> String {
        self.issued += 1;
        format!("{kind}_{}{:06}", self.run, self.issued)
    }
}

fn success(body: Value) -> Answer {
    Answer { status: 200, body, replayed: false }
}

fn missing(what: &str, id: &str) -> Answer {
    failure(404, "invalid_request_error", "resource_missing", &format!("No such {what}: '{id}'"))
}

/// An error in Stripe's form.
pub(super) fn failure(status: u16, kind: &str, code: &str, message: &str) -> Answer {
    let code = if code.is_empty() { Value::Null } else { json!(code) };
    Answer { status, body: json!({ "error": { "type": kind, "code": code, "message": message } }), replayed: false }
}

fn amount(parameters: &Parameters) -> Option<i64> {
    parameters.get("amount")?.parse().ok()
}

/// `metadata[order_id]=…`.
fn metadata(parameters: &Parameters) -> BTreeMap<String, String> {
    parameters
        .iter()
        .filter_map(|(name, value)| {
            let key = name.strip_prefix("metadata[")?.strip_suffix(']')?;
            Some((key.to_owned(), value.clone()))
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
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
}
