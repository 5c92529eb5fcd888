//! Where goods are and what the shop sells.

use serde::{Deserialize, Serialize};

use crate::id::{LocationId, Sku};
use crate::money::Money;

/// What kind of place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocationKind {
    /// A warehouse.
    Warehouse,
    /// A shop that ships.
    Store,
    /// A supplier that ships to the buyer.
    Supplier,
}

/// A place that ships.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// Its id.
    pub location_id: LocationId,
    /// Its name.
    pub name: String,
    /// ISO 3166-1 alpha-2 code.
    pub country: String,
    /// Province or state.
    pub region: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Degrees north, as a decimal.
    pub latitude: Option<rust_decimal::Decimal>,
    /// Degrees east, as a decimal.
    pub longitude: Option<rust_decimal::Decimal>,
    /// Smaller is asked first among equally near ones.
    pub priority: i32,
    /// What kind of place.
    pub kind: LocationKind,
    /// Where its own system hears of shipments, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_url: Option<String>,
}

/// What the shop sells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Its stock keeping unit.
    pub sku: Sku,
    /// Its name.
    pub title: String,
    /// Its price in one or more currencies' shops; checked at validation.
    pub price: Money,
    /// Weight in grams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_grams: Option<u32>,
    /// Volume in cubic centimetres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume_cm3: Option<u32>,
    /// When it can be shipped, if it is sold before it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presale: Option<jiff::Timestamp>,
    /// Needs careful packing.
    #[serde(default)]
    pub fragile: bool,
}
