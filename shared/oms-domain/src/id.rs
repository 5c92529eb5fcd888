//! Typed identifiers: a value that exists is well formed, and one kind of id cannot stand where another is meant.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a text is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {reason}")]
pub struct InvalidId {
    /// The kind of identifier, as clients know it (`order_id`, `sku`, …).
    pub kind: &'static str,
    /// What is wrong, ready to follow the kind in a sentence.
    pub reason: &'static str,
}

/// A text of 1 to `max` visible characters: no control characters, no leading or trailing space.
fn visible(kind: &'static str, text: &str, max: usize) -> Result<(), InvalidId> {
    if text.is_empty() {
        return Err(InvalidId { kind, reason: "must not be empty" });
    }
    if text.len() > max {
        return Err(InvalidId { kind, reason: "is too long" });
    }
    if text.trim() != text || text.chars().any(char::is_control) {
        return Err(InvalidId { kind, reason: "must not have control characters or spaces around it" });
    }
    Ok(())
}

/// Letters, digits, `-`, `_` and `.` only: such an id can be part of a path, a key and another id.
fn plain(kind: &'static str, text: &str, max: usize) -> Result<(), InvalidId> {
    visible(kind, text, max)?;
    if text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) {
        Ok(())
    } else {
        Err(InvalidId { kind, reason: "may have only ASCII letters, digits, '-', '_' and '.'" })
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses the text.
            ///
            /// # Errors
            /// [`InvalidId`] when it is not of this kind's form.
            pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                let check: fn(&'static str, &str) -> Result<(), InvalidId> = $check;
                check($kind, &text)?;
                Ok(Self(text))
            }

            /// The text of the identifier.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

text_id!(
    /// An order, `^[0-9A-Za-z]{20,32}$`, so that it can be a provider's merchant reference. Not guessable.
    OrderId,
    "order_id",
    |kind, text| {
        if (20..=32).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric()) {
            Ok(())
        } else {
            Err(InvalidId { kind, reason: "must be 20 to 32 letters and digits" })
        }
    }
);
text_id!(
    /// The reference of one payment attempt, `^[0-9A-Za-z]{20,32}$`: what a provider calls the merchant's order number.
    PaymentReference,
    "payment_reference",
    |kind, text| {
        if (20..=32).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric()) {
            Ok(())
        } else {
            Err(InvalidId { kind, reason: "must be 20 to 32 letters and digits" })
        }
    }
);
text_id!(
    /// A sales channel: `web`, `app`, `tmall`, ….
    Channel, "channel", |kind, text| plain(kind, text, 40)
);
text_id!(
    /// The order's number at its channel; with the channel it names one order.
    ChannelOrderId, "channel_order_id", |kind, text| visible(kind, text, 120)
);
text_id!(
    /// A stock keeping unit.
    Sku, "sku", |kind, text| plain(kind, text, 64)
);
text_id!(
    /// A warehouse, store or supplier.
    LocationId, "location_id", |kind, text| plain(kind, text, 40)
);
text_id!(
    /// A line of an order: its position from 1, as a text.
    LineId, "line_id", |kind, text| plain(kind, text, 8)
);
text_id!(
    /// One payment attempt within its order: `p1`, `p2`, ….
    PaymentId, "payment_id", |kind, text| plain(kind, text, 40)
);
text_id!(
    /// A refund; it is also the provider's idempotency key, so it is unique over all orders.
    RefundId, "refund_id", |kind, text| plain(kind, text, 64)
);
text_id!(
    /// A capture; it is also the provider's idempotency key, so it is unique over all orders.
    CaptureId, "capture_id", |kind, text| plain(kind, text, 64)
);
text_id!(
    /// A return of something spent that is no money: the service that keeps count of it does each once. Unique over all orders.
    ReturnId, "return_id", |kind, text| plain(kind, text, 64)
);
text_id!(
    /// A hold within its order: `h1`, `h2`, ….
    HoldId, "hold_id", |kind, text| plain(kind, text, 40)
);
text_id!(
    /// A shipment: the order's id, `-` and its number, so that the order is found without an index.
    ShipmentId, "shipment_id", |kind, text| plain(kind, text, 40)
);
text_id!(
    /// What a carrier calls the parcel.
    TrackingNumber, "tracking_number", |kind, text| plain(kind, text, 64)
);
text_id!(
    /// A carrier: `standard`, `sf`, `fedex`, ….
    Carrier, "carrier", |kind, text| plain(kind, text, 40)
);
text_id!(
    /// The key under which an external event or a client's request has its effect once: `stripe:evt_1`, `refund:key-7`, ….
    EventKey, "event_key", |kind, text| visible(kind, text, 400)
);

impl LineId {
    /// The id of the line at a position that counts from 1.
    #[must_use]
    pub fn number(position: usize) -> Self {
        Self(position.to_string())
    }
}

impl PaymentId {
    /// The id of the order's payment attempt at a position that counts from 1.
    #[must_use]
    pub fn number(position: usize) -> Self {
        Self(format!("p{position}"))
    }
}

impl PaymentReference {
    /// The reference of an order's payment attempt at a position that counts from 1.
    ///
    /// An order id of Waybill has 26 characters, so 32 are never passed; a longer one is cut, which no id of ours is.
    #[must_use]
    pub fn of(order: &OrderId, position: usize) -> Self {
        let order: String = order.as_str().chars().take(28).collect();
        Self(format!("{order}P{position:02}"))
    }

    /// The order that the reference belongs to, when it is one that [`PaymentReference::of`] made.
    #[must_use]
    pub fn order(&self) -> Option<OrderId> {
        let (order, number) = self.0.rsplit_once('P')?;
        number.parse::<u16>().ok()?;
        OrderId::parse(order).ok()
    }
}

impl HoldId {
    /// The id of the order's hold at a position that counts from 1.
    #[must_use]
    pub fn number(position: usize) -> Self {
        Self(format!("h{position}"))
    }
}

impl RefundId {
    /// The id of the order's refund at a position that counts from 1.
    #[must_use]
    pub fn of(order: &OrderId, position: usize) -> Self {
        Self(format!("{order}-r{position}"))
    }

    /// The order that the refund belongs to, when the id is one that [`RefundId::of`] made.
    #[must_use]
    pub fn order(&self) -> Option<OrderId> {
        let (order, number) = self.0.rsplit_once("-r")?;
        number.parse::<u16>().ok()?;
        OrderId::parse(order).ok()
    }
}

impl ReturnId {
    /// The id of the points of an order's cancelled line, by its position among those, which counts from 1.
    #[must_use]
    pub fn of_cancelled(order: &OrderId, position: usize) -> Self {
        Self(format!("{order}-c{position}-points"))
    }

    /// The id of the points that go back with a refund by lines. A refund to a gift card goes back under its own.
    #[must_use]
    pub fn of_refunded(refund: &RefundId) -> Self {
        Self(format!("{refund}-points"))
    }
}

impl From<&RefundId> for ReturnId {
    /// What a refund to a gift card is to the service.
    fn from(refund: &RefundId) -> Self {
        Self(refund.0.clone())
    }
}

impl CaptureId {
    /// The id of the order's capture at a position that counts from 1.
    #[must_use]
    pub fn of(order: &OrderId, position: usize) -> Self {
        Self(format!("{order}-c{position}"))
    }

    /// The order that the capture belongs to, when the id is one that [`CaptureId::of`] made.
    #[must_use]
    pub fn order(&self) -> Option<OrderId> {
        let (order, number) = self.0.rsplit_once("-c")?;
        number.parse::<u16>().ok()?;
        OrderId::parse(order).ok()
    }
}

impl ShipmentId {
    /// The id of the order's shipment at a position that counts from 1.
    #[must_use]
    pub fn of(order: &OrderId, position: usize) -> Self {
        Self(format!("{order}-{position}"))
    }

    /// The order that the shipment belongs to, when the id has that form.
    #[must_use]
    pub fn order(&self) -> Option<OrderId> {
        let (order, number) = self.0.rsplit_once('-')?;
        number.parse::<u32>().ok()?;
        OrderId::parse(order).ok()
    }
}
