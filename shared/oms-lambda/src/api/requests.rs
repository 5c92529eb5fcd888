//! What staff, warehouses and storefronts ask of an order that exists.

use oms_domain::body::Provider;
use oms_domain::command::{RefundAsk, Report};
use oms_domain::event::RefundLine;
use oms_domain::id::{Carrier, LineId, TrackingNumber};
use oms_domain::money::Money;
use serde::Deserialize;
use utoipa::ToSchema;

use super::fields::Text;
use super::schema;
use crate::problem::Problem;

/// Why something is done; it stands in the order's timeline.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonRequest {
    /// Why, in words.
    pub reason: Text<1, 500>,
}

/// Units of a line.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineQuantity {
    /// The line.
    #[schema(value_type = schema::LineId)]
    pub line_id: LineId,
    /// How many of it.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: u32,
}

/// A cancellation of the whole order, or of a part (`lines`).
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancellationRequest {
    /// Why, in words.
    pub reason: Text<1, 500>,
    /// The units to cancel, each line once; without them the whole order.
    #[schema(min_items = 1, max_items = 80)]
    pub lines: Option<Vec<LineQuantity>>,
}

impl CancellationRequest {
    /// The units to cancel, if not the whole order, and why.
    ///
    /// # Errors
    /// 400 where a line stands there twice or with nothing.
    pub fn into_part(self) -> Result<(Option<Vec<RefundLine>>, String), Problem> {
        Ok((self.lines.map(units_of_lines).transpose()?, self.reason.into_string()))
    }
}

/// Money to send back: either `amount` or `lines`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundRequest {
    /// How much.
    #[schema(value_type = Option<schema::Money>)]
    pub amount: Option<Money>,
    /// Units of lines, each with its share of discounts, tax and shipping.
    #[schema(min_items = 1, max_items = 80)]
    pub lines: Option<Vec<LineQuantity>>,
    /// Why, in words.
    pub reason: Text<1, 500>,
}

impl RefundRequest {
    /// What is asked for, and why.
    ///
    /// # Errors
    /// 400 when both or neither are given, an amount is not above zero, or a line stands there twice or with nothing.
    pub fn into_ask(self) -> Result<(RefundAsk, String), Problem> {
        let reason = self.reason.into_string();
        match (self.amount, self.lines) {
            (Some(_), Some(_)) => Err(Problem::field("lines", "must not stand beside amount")),
            (None, None) => Err(Problem::field("amount", "is required (or lines)")),
            (Some(amount), None) if amount.is_positive() => Ok((RefundAsk::Amount(amount), reason)),
            (Some(_), None) => Err(Problem::field("amount", "must be above zero")),
            (None, Some(lines)) => Ok((RefundAsk::Lines(units_of_lines(lines)?), reason)),
        }
    }
}

fn units_of_lines(lines: Vec<LineQuantity>) -> Result<Vec<RefundLine>, Problem> {
    if lines.is_empty() {
        return Err(Problem::field("lines", "must have at least one line"));
    }
    let mut all: Vec<RefundLine> = Vec::with_capacity(lines.len());
    for (i, LineQuantity { line_id, quantity }) in lines.into_iter().enumerate() {
        if quantity == 0 {
            return Err(Problem::field(format!("lines[{i}].quantity"), "must be at least 1"));
        }
        if all.iter().any(|known| known.line_id == line_id) {
            return Err(Problem::field(format!("lines[{i}].line_id"), "stands there twice"));
        }
        all.push(RefundLine { line_id, quantity });
    }
    Ok(all)
}

/// A payment attempt: a new one, or the provider's id of the present one.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentAttemptRequest {
    /// Through whom.
    #[schema(value_type = schema::Provider)]
    pub provider: Provider,
    /// What the attempt is to bring.
    #[schema(value_type = schema::Money)]
    pub amount: Money,
    /// The provider's own id of the present attempt, so that it can be called off. Without it a further attempt is
    /// opened, with a reference of its own: under an `Idempotency-Key` one for each key.
    pub provider_payment_id: Option<Text<1, 255>>,
}

/// What is asked about a payment attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptAsk {
    /// To open a further one.
    Open {
        /// Through whom.
        provider: Provider,
        /// What it is to bring.
        amount: Money,
    },
    /// To keep the provider's id of the present one.
    Identify {
        /// Whose id.
        provider: Provider,
        /// What it is to bring.
        amount: Money,
        /// The id.
        provider_payment_id: String,
    },
}

impl PaymentAttemptRequest {
    /// What it asks for.
    ///
    /// # Errors
    /// 400 for an amount that is not above zero.
    pub fn into_ask(self) -> Result<AttemptAsk, Problem> {
        let Self { provider, amount, provider_payment_id } = self;
        if !amount.is_positive() {
            return Err(Problem::field("amount", "must be above zero"));
        }
        Ok(match provider_payment_id.map(Text::into_string) {
            Some(provider_payment_id) => AttemptAsk::Identify { provider, amount, provider_payment_id },
            None => AttemptAsk::Open { provider, amount },
        })
    }
}

/// What a location reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShipmentEventName {
    /// It will ship.
    Accepted,
    /// It cannot ship; the shipment is planned again elsewhere.
    Rejected,
    /// It is packed.
    Packed,
    /// It is with the carrier: needs `carrier` and `tracking_number`.
    Shipped,
    /// The buyer has it.
    Delivered,
    /// Cash was taken at the door: needs `amount`.
    Collected,
    /// It will not ship.
    Cancelled,
    /// It was asked to stop and cannot any more.
    CancelRefused,
}

/// A location's report on a shipment. States may be skipped.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShipmentEventRequest {
    /// What happened.
    pub event: ShipmentEventName,
    /// Who carries it; with `shipped` only.
    #[schema(value_type = Option<schema::Carrier>)]
    pub carrier: Option<Carrier>,
    /// What the carrier calls it; with `shipped` only.
    #[schema(value_type = Option<schema::TrackingNumber>)]
    pub tracking_number: Option<TrackingNumber>,
    /// What was taken at the door; with `collected` only.
    #[schema(value_type = Option<schema::Money>)]
    pub amount: Option<Money>,
    /// Why; with `rejected`, `cancelled` and `cancel_refused`.
    pub reason: Option<Text<0, 500>>,
}

impl ShipmentEventRequest {
    /// The report that it stands for.
    ///
    /// # Errors
    /// 400 when something is missing that the event needs, or stands there that the event does not know.
    pub fn into_report(self) -> Result<Report, Problem> {
        use ShipmentEventName as Event;
        let event = self.event;
        if event != Event::Shipped && self.carrier.is_some() {
            return Err(Problem::field("carrier", "belongs to the event shipped"));
        }
        if event != Event::Shipped && self.tracking_number.is_some() {
            return Err(Problem::field("tracking_number", "belongs to the event shipped"));
        }
        if event != Event::Collected && self.amount.is_some() {
            return Err(Problem::field("amount", "belongs to the event collected"));
        }
        let needs = |field: &str| Problem::field(field, "is required for this event");
        match event {
            Event::Accepted => Ok(Report::Accepted),
            Event::Rejected => Ok(Report::Rejected { reason: self.reason.and_then(Text::filled) }),
            Event::Packed => Ok(Report::Packed),
            Event::Shipped => Ok(Report::Shipped {
                carrier: self.carrier.ok_or_else(|| needs("carrier"))?,
                tracking_number: self.tracking_number.ok_or_else(|| needs("tracking_number"))?,
            }),
            Event::Delivered => Ok(Report::Delivered),
            Event::Collected => match self.amount {
                Some(amount) if amount.is_positive() => Ok(Report::Collected { amount }),
                Some(_) => Err(Problem::field("amount", "must be above zero")),
                None => Err(needs("amount")),
            },
            Event::Cancelled => Ok(Report::Cancelled),
            Event::CancelRefused => Ok(Report::CancelRefused),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    fn read<T: DeserializeOwned>(body: Value) -> Result<T, Problem> {
        crate::http::parse(body.to_string().as_bytes()).map(|parsed| parsed.body)
    }

    fn refusal<T, U: std::fmt::Debug>(body: Value, convert: impl Fn(T) -> Result<U, Problem>) -> String
    where
        T: DeserializeOwned,
    {
        read(body).and_then(convert).unwrap_err().detail().to_owned()
    }

    #[test]
    fn refunds() {
        let money = json!({"amount": "1.00", "currency": "CNY"});
        let (ask, reason) =
            read::<RefundRequest>(json!({"amount": money, "reason": "late"})).unwrap().into_ask().unwrap();
        assert!(matches!(ask, RefundAsk::Amount(_)));
        assert_eq!(reason, "late");
        let lines = json!([{"line_id": "1", "quantity": 2}]);
        assert!(read::<RefundRequest>(json!({"lines": lines, "reason": "late"})).unwrap().into_ask().is_ok());
        for (body, detail) in [
            (json!({"reason": "x"}), "amount: is required (or lines)"),
            (json!({"amount": money, "lines": lines, "reason": "x"}), "lines: must not stand beside amount"),
            (json!({"amount": {"amount": "0.00", "currency": "CNY"}, "reason": "x"}), "amount: must be above zero"),
            (json!({"amount": {"amount": "-1", "currency": "CNY"}, "reason": "x"}), "amount: must be above zero"),
            (json!({"lines": [], "reason": "x"}), "lines: must have at least one line"),
            (
                json!({"lines": [{"line_id": "1", "quantity": 0}], "reason": "x"}),
                "lines[0].quantity: must be at least 1",
            ),
            (
                json!({"lines": [{"line_id": "1", "quantity": 1}, {"line_id": "1", "quantity": 1}], "reason": "x"}),
                "lines[1].line_id: stands there twice",
            ),
            (json!({"amount": money}), "reason: is required"),
            (json!({"amount": money, "reason": " "}), "reason: must not be empty"),
            (json!({"amount": money, "reason": "x", "note": "y"}), "note: is not a known field"),
        ] {
            assert_eq!(refusal(body, RefundRequest::into_ask), detail);
        }
    }

    #[test]
    fn cancellations() {
        let part = |body: Value| read::<CancellationRequest>(body).and_then(CancellationRequest::into_part);
        assert_eq!(part(json!({"reason": "changed mind"})).unwrap(), (None, "changed mind".into()));
        let unit = |quantity: u32| json!({"line_id": "1", "quantity": quantity});
        let (lines, reason) = part(json!({"reason": "x", "lines": [unit(2)]})).unwrap();
        let expected = RefundLine { line_id: oms_domain::id::LineId::number(1), quantity: 2 };
        assert_eq!((lines, reason.as_str()), (Some(vec![expected]), "x"));
        for (lines, field) in [
            (json!([]), "lines"),
            (json!([unit(0)]), "lines[0].quantity"),
            (json!([unit(1), unit(1)]), "lines[1].line_id"),
        ] {
            let problem = part(json!({"reason": "x", "lines": lines})).unwrap_err();
            assert!(problem.detail().starts_with(field), "{}", problem.detail());
        }
    }

    #[test]
    fn shipment_events() {
        let report = |body: Value| read::<ShipmentEventRequest>(body).and_then(ShipmentEventRequest::into_report);
        let money = json!({"amount": "8.00", "currency": "CNY"});
        assert_eq!(report(json!({"event": "accepted"})).unwrap(), Report::Accepted);
        assert_eq!(
            report(json!({"event": "rejected", "reason": "damaged"})).unwrap(),
            Report::Rejected { reason: Some("damaged".into()) }
        );
        assert!(matches!(
            report(json!({"event": "shipped", "carrier": "standard", "tracking_number": "SF1"})).unwrap(),
            Report::Shipped { .. }
        ));
        assert!(matches!(report(json!({"event": "collected", "amount": money})).unwrap(), Report::Collected { .. }));
        for event in ["packed", "delivered", "cancelled", "cancel_refused"] {
            assert!(report(json!({"event": event})).is_ok(), "{event}");
        }
        for (body, field) in [
            (json!({"event": "eaten"}), "event"),
            (json!({}), "event"),
            (json!({"event": "shipped"}), "carrier"),
            (json!({"event": "shipped", "carrier": "standard"}), "tracking_number"),
            (json!({"event": "shipped", "carrier": "a b", "tracking_number": "SF1"}), "carrier"),
            (json!({"event": "packed", "carrier": "standard"}), "carrier"),
            (json!({"event": "collected"}), "amount"),
            (json!({"event": "delivered", "amount": money}), "amount"),
        ] {
            assert_eq!(report(body).unwrap_err().to_json(None, None)["field"], field);
        }
    }

    #[test]
    fn payment_attempts() {
        let money = json!({"amount": "8.00", "currency": "CNY"});
        let known = json!({"provider": "stripe", "amount": money, "provider_payment_id": "pi_1"});
        assert!(matches!(
            read::<PaymentAttemptRequest>(known).unwrap().into_ask().unwrap(),
            AttemptAsk::Identify { .. }
        ));
        let further = json!({"provider": "stripe", "amount": money});
        let ask = read::<PaymentAttemptRequest>(further).unwrap().into_ask().unwrap();
        assert!(matches!(ask, AttemptAsk::Open { provider: Provider::Stripe, .. }));
        assert_eq!(
            refusal(json!({"provider": "bank", "amount": money}), PaymentAttemptRequest::into_ask).split(':').next(),
            Some("provider")
        );
    }
}
