//! How the domain's own types stand in the OpenAPI document. These types are never values: fields name them in
//! `#[schema(value_type = …)]`, since the domain knows no OpenAPI.

use std::borrow::Cow;

use oms_domain::body::Provider as DomainProvider;
use oms_domain::machine::Machine;
use oms_domain::status as states;
use oms_domain::task;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{RefOr, schema::KnownFormat, schema::SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

/// A string schema with limits.
pub(crate) fn string(description: &str, min: usize, max: usize, pattern: Option<&str>) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .description(Some(description))
        .min_length(Some(min))
        .max_length(Some(max))
        .pattern(pattern)
}

/// A closed list of names, for requests.
pub(crate) fn names(description: &str, names: impl IntoIterator<Item = &'static str>) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .description(Some(description))
        .enum_values(Some(names))
}

/// An open list of names, for answers: clients tolerate new ones.
fn open_names(description: &str, names: impl IntoIterator<Item = &'static str>) -> ObjectBuilder {
    let known: Vec<&str> = names.into_iter().collect();
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .description(Some(format!("{description} Known today: {}; more may come.", known.join(", "))))
        .extensions(Some(ExtensionsBuilder::new().add("x-extensible-enum", known).build()))
}

macro_rules! schema {
    ($($(#[$doc:meta])* $name:ident => $schema:expr;)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub enum $name {}

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    $schema.into()
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed(stringify!($name))
                }
            }
        )+
    };
}

const PLAIN: Option<&str> = Some("^[A-Za-z0-9._-]+$");

schema! {
    /// An order's id.
    OrderId => string("An order. Not guessable.", 20, 32, Some("^[0-9A-Za-z]{20,32}$"));
    /// The reference of a payment attempt.
    PaymentReference => string("The reference of one payment attempt: what a provider calls the merchant's order number.", 20, 32, Some("^[0-9A-Za-z]{20,32}$"));
    /// A sales channel.
    Channel => string("A sales channel.", 1, 40, PLAIN);
    /// A stock keeping unit.
    Sku => string("A stock keeping unit.", 1, 64, PLAIN);
    /// A location's id.
    LocationId => string("A warehouse, store or supplier.", 1, 40, PLAIN);
    /// A line's id.
    LineId => string("A line of the order: its position from 1.", 1, 8, PLAIN);
    /// A carrier.
    Carrier => string("A carrier.", 1, 40, PLAIN);
    /// A tracking number.
    TrackingNumber => string("What a carrier calls the parcel.", 1, 64, PLAIN);
    /// An amount of money.
    Money => ObjectBuilder::new()
        .description(Some("An amount in a currency: a decimal text with no more digits than the currency has."))
        .property("amount", string("A decimal number as a text.", 1, 40, Some("^[0-9]+(\\.[0-9]+)?$")))
        .required("amount")
        .property("currency", string("An ISO 4217 code.", 3, 3, Some("^[A-Z]{3}$")))
        .required("currency")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .examples([serde_json::json!({"amount": "12.50", "currency": "CNY"})]);
    /// An account of the ledger.
    AccountName => open_names("An account of the ledger.", oms_domain::ledger::Account::names());
    /// A currency.
    Currency => string("An ISO 4217 code.", 3, 3, Some("^[A-Z]{3}$"));
    /// A calendar day.
    Day => ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::String))
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
        .description(Some("A calendar day in UTC."));
    /// A number of degrees.
    Degrees => ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Number, Type::String]))
        .description(Some("Degrees as a number, or as a decimal text."))
        .minimum(Some(-180))
        .maximum(Some(180))
        .pattern(Some("^-?[0-9]{1,3}(\\.[0-9]{1,10})?$"));
    /// Through whom money comes.
    Provider => names("Through whom the money comes.", DomainProvider::ALL.iter().map(|p| p.name()));
    /// Whose prices count.
    PriceSource => names("Whose prices count.", ["catalogue", "channel"]);
    /// What kind of line.
    LineKind => names("What kind of line.", ["item", "gift", "bundle", "service"]);
    /// What kind of discount.
    DiscountKind => names("What kind of discount. A gift card is a payment.", ["coupon", "promotion", "points"]);
    /// How it is handed over.
    DeliveryType => names("How it is handed over.", ["ship", "pickup", "local", "digital"]);
    /// How far a declared payment has come.
    DeclaredStatus => names("How far the payment has come at its channel.", ["due", "authorized", "captured"]);
    /// What a part of what is owed is.
    PaymentPurpose => names("What a part of what is owed is.", ["deposit", "balance"]);
    /// What kind of place.
    LocationKind => names("What kind of place.", ["warehouse", "store", "supplier"]);
    /// Whose desk a task is on.
    Desk => names("Whose desk.", task::Role::ALL.iter().map(|r| r.name()));
    /// What kind of decision is wanted.
    TaskKindName => names("What kind of decision is wanted.", task::TaskKind::ALL.iter().map(|k| k.name()));
    /// An order's status, to filter by.
    OrderStatusName => names("An order's status.", states::OrderStatus::ALL.iter().map(|s| s.name()));

    /// An order's status.
    OrderStatus => open_names("Where the order stands.", states::OrderStatus::ALL.iter().map(|s| s.name()));
    /// What the buyer is shown.
    CustomerStatus => open_names("What the buyer is shown.", [
        "received", "under_review", "awaiting_payment", "preparing", "partially_shipped", "shipped",
        "partially_delivered", "delivered", "rejected", "expired", "cancelling", "cancelled",
    ]);
    /// Where the money stands.
    OrderPaymentStatus => open_names("Where the money stands.", [
        "pending", "authorized", "partially_paid", "paid", "partially_refunded", "refunded", "voided", "failed", "disputed", "charged_back",
    ]);
    /// Where the goods stand.
    FulfilmentStatus => open_names("Where the goods stand.", [
        "unfulfilled", "on_hold", "backordered", "partially_shipped", "shipped", "partially_delivered", "delivered", "cancelled",
    ]);
    /// A payment attempt's status.
    PaymentStatus => open_names("Where the payment attempt stands.", states::PaymentStatus::ALL.iter().map(|s| s.name()));
    /// A capture's status.
    CaptureStatus => open_names("Where the capture stands.", states::CaptureStatus::ALL.iter().map(|s| s.name()));
    /// A refund's status.
    RefundStatus => open_names("Where the refund stands.", states::RefundStatus::ALL.iter().map(|s| s.name()));
    /// A hold's status.
    HoldStatus => open_names("Where the hold stands.", states::HoldStatus::ALL.iter().map(|s| s.name()));
    /// Why an order is held.
    HoldKind => open_names("Why the order is held.", ["manual_review", "fraud", "high_return_risk", "address", "payment_mismatch"]);
    /// A shipment's status.
    ShipmentStatus => open_names("Where the shipment stands.", states::ShipmentStatus::ALL.iter().map(|s| s.name()));
    /// Why something is rejected.
    RejectionCode => open_names("Why it is rejected.", [
        "unknown_sku", "price_changed", "quantity_limit", "out_of_stock", "incomplete_address", "payment_method", "benefit_refused", "hold_rejected",
    ]);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use oms_domain::{body, event, location};
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    fn listed<S: PartialSchema>() -> Vec<Value> {
        let schema = serde_json::to_value(S::schema()).unwrap();
        let list = if schema["enum"].is_array() { &schema["enum"] } else { &schema["x-extensible-enum"] };
        list.as_array().unwrap().clone()
    }

    fn same<S: PartialSchema, T: DeserializeOwned>() {
        for name in listed::<S>() {
            assert!(serde_json::from_value::<T>(name.clone()).is_ok(), "{name}");
        }
        // serde's own complaint lists every name that it knows.
        let error = serde_json::from_value::<T>(json!("no such name")).err().unwrap().to_string();
        assert_eq!(error.matches('`').count(), 2 * (listed::<S>().len() + 1), "{error}");
    }

    #[test]
    fn lists_of_names_are_the_domain_s() {
        same::<Provider, body::Provider>();
        same::<PriceSource, body::PriceSource>();
        same::<LineKind, body::LineKind>();
        same::<DiscountKind, body::DiscountKind>();
        same::<DeliveryType, body::DeliveryType>();
        same::<DeclaredStatus, body::DeclaredStatus>();
        same::<LocationKind, location::LocationKind>();
        same::<HoldKind, states::HoldKind>();
        same::<RejectionCode, event::RejectionCode>();
        same::<OrderStatus, states::OrderStatus>();
        same::<TaskKindName, task::TaskKind>();
        same::<Desk, task::Role>();
    }
}
