//! What the stand-in remembers, and its rules. No network here.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use super::mood::Mood;
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
    /// Each with the payment intent that it is for; none is for whichever comes next.
    faults: VecDeque<(Option<String>, Fault)>,
    /// By the payment intent that it is about.
    moods: BTreeMap<String, Mood>,
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
        self.faults.push_back((None, fault));
    }

    /// The same for requests about one payment intent alone, where others are at work too.
    pub fn plan_for(&mut self, intent: &str, fault: Fault) {
        self.faults.push_back((Some(intent.to_owned()), fault));
    }

    /// From now on requests about this payment intent are met in this mood; with none, as they should be.
    pub fn disposed(&mut self, intent: &str, mood: Option<Mood>) {
        match mood {
            Some(mood) => self.moods.insert(intent.to_owned(), mood),
            None => self.moods.remove(intent),
        };
    }

    /// The mood in which a request about a payment intent is met.
    pub(super) fn mood(&self, intent: &str) -> Option<Mood> {
        self.moods.get(intent).copied()
    }

    /// The payment intent that a refund is of.
    pub(super) fn intent_of(&self, refund: &str) -> Option<String> {
        self.refunds.iter().find(|known| known.id == refund).map(|refund| refund.payment_intent.clone())
    }

    /// The keys under which changing requests were carried out.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.keys().map(String::as_str)
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
        intent.capturable = 0;
        Some(intent.clone())
    }

    /// The buyer's bank promises this much, and the shop is to take it. None if there is no such open intent, or it was not
    /// created for that.
    pub fn promise(&mut self, intent: &str, amount: i64) -> Option<Intent> {
        let waits = |intent: &&mut Intent| intent.manual && intent.status == "requires_payment_method";
        let intent = self.intents.get_mut(intent).filter(waits)?;
        intent.status = "requires_capture";
        intent.capturable = amount;
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
                capturable: 0,
                manual: parameters.get("capture_method").is_some_and(|method| method == "manual"),
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

    /// `POST /v1/payment_intents/{id}/capture`: once, in part or whole.
    pub fn capture_intent(&mut self, id: &str, parameters: &Parameters, key: Option<&str>) -> Answer {
        // The path names the payment; the plan of faults looks for it among the parameters.
        let mut parameters = parameters.clone();
        parameters.insert("payment_intent".to_owned(), id.to_owned());
        let parameters = &parameters;
        self.once(&format!("POST /v1/payment_intents/{id}/capture"), parameters, key, |ledger, _| {
            let asked = parameters.get("amount_to_capture").and_then(|text| text.parse::<i64>().ok());
            let Some(intent) = ledger.intents.get_mut(id) else { return missing("payment_intent", id) };
            if intent.status != "requires_capture" {
                let text =
                    format!("This PaymentIntent could not be captured because it has a status of {}.", intent.status);
                return failure(400, "invalid_request_error", "payment_intent_unexpected_state", &text);
            }
            let amount = asked.unwrap_or(intent.capturable);
            if amount <= 0 || amount > intent.capturable {
                let promised = intent.capturable;
                ledger.violations.push(format!("{id}: {amount} captured of a promise of {promised}"));
                return failure(400, "invalid_request_error", "amount_too_large", "more than was authorized");
            }
            intent.status = "succeeded";
            intent.received = amount;
            intent.capturable = 0;
            success(intent.json())
        })
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
            intent.capturable = 0;
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
        let fault = self.next_fault(parameters);
        if let Some(Fault::Refuse(status)) = fault {
            // Not carried out, and neither a failure of the server's nor a refusal before it began is remembered.
            let kind = if status < 500 && status != 429 { "invalid_request_error" } else { "api_error" };
            return failure(status, kind, "", "planned by the test");
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

    fn next_fault(&mut self, parameters: &Parameters) -> Option<Fault> {
        let about = parameters.get("payment_intent");
        let position = self.faults.iter().position(|(of, _)| of.is_none() || of.as_ref() == about)?;
        self.faults.remove(position).map(|(_, fault)| fault)
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
mod tests;
