//! Locations, products and stock, both ways.

use jiff::Timestamp;
use oms_domain::id::{LocationId, Sku};
use oms_domain::location::{Location, LocationKind, Product};
use oms_domain::money::Money;
use oms_domain::stock::StockLevel;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use utoipa::ToSchema;

use super::fields::{Country, Text};
use super::schema;
use super::values::{Degrees, plausible};
use crate::problem::Problem;

/// The largest count of a shelf.
pub const LARGEST_COUNT: u32 = 1_000_000_000;

/// A location to store.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LocationRequest {
    /// Its name.
    pub name: Text<1, 200>,
    /// ISO 3166-1 alpha-2 code.
    #[schema(value_type = String, pattern = "^[A-Z]{2}$")]
    pub country: Country,
    /// Province or state.
    pub region: Option<Text<0, 100>>,
    /// City.
    pub city: Option<Text<0, 100>>,
    /// Degrees north, -90 to 90; with `longitude`.
    #[schema(value_type = Option<schema::Degrees>)]
    pub latitude: Option<Degrees>,
    /// Degrees east, -180 to 180; with `latitude`.
    #[schema(value_type = Option<schema::Degrees>)]
    pub longitude: Option<Degrees>,
    /// Smaller is asked first among equally near ones. Default 100.
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    pub priority: Option<i32>,
    /// What kind of place. Default `warehouse`.
    #[schema(value_type = Option<schema::LocationKind>)]
    pub kind: Option<LocationKind>,
    /// Where its own system hears of shipments: an https address.
    pub webhook_url: Option<Text<0, 2000>>,
}

impl LocationRequest {
    /// The location that it describes.
    ///
    /// # Errors
    /// 400 for coordinates out of range or alone, or an address that is no web address.
    pub fn into_location(self, location_id: LocationId) -> Result<Location, Problem> {
        let degrees = |field: &str, value: Option<Degrees>, most: i64| match value {
            Some(Degrees(value)) if value.abs() > Decimal::from(most) => {
                Err(Problem::field(field, format!("must be from -{most} to {most}")))
            }
            value => Ok(value.map(|Degrees(value)| value.normalize())),
        };
        let latitude = degrees("latitude", self.latitude, 90)?;
        let longitude = degrees("longitude", self.longitude, 180)?;
        match (latitude, longitude) {
            (Some(_), None) => return Err(Problem::field("longitude", "is required with latitude")),
            (None, Some(_)) => return Err(Problem::field("latitude", "is required with longitude")),
            (None, None) | (Some(_), Some(_)) => {}
        }
        let priority = self.priority.unwrap_or(100);
        if !(-1_000_000..=1_000_000).contains(&priority) {
            return Err(Problem::field("priority", "must be from -1000000 to 1000000"));
        }
        let webhook_url = self.webhook_url.and_then(Text::filled);
        if let Some(url) = &webhook_url
            && !web_address(url)
        {
            return Err(Problem::field("webhook_url", "must be an https:// address (http:// only for 127.0.0.1)"));
        }
        Ok(Location {
            location_id,
            name: self.name.into_string(),
            country: self.country.filled().ok_or_else(|| Problem::field("country", "must not be empty"))?,
            region: self.region.and_then(Text::filled),
            city: self.city.and_then(Text::filled),
            latitude,
            longitude,
            priority,
            kind: self.kind.unwrap_or(LocationKind::Warehouse),
            webhook_url,
        })
    }
}

/// https anywhere; plain http to this machine only, for trying things out.
fn web_address(url: &str) -> bool {
    let Ok(uri) = url.parse::<axum::http::Uri>() else { return false };
    match (uri.scheme_str(), uri.host()) {
        (Some("https"), Some(host)) => !host.is_empty(),
        (Some("http"), Some(host)) => matches!(host, "127.0.0.1" | "localhost" | "[::1]"),
        (Some(_) | None, Some(_) | None) => false,
    }
}

/// A place that ships.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LocationView {
    /// Its id.
    #[schema(value_type = schema::LocationId)]
    pub location_id: LocationId,
    /// Its name.
    pub name: String,
    /// ISO 3166-1 alpha-2 code.
    pub country: String,
    /// Province or state.
    pub region: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Degrees north.
    #[schema(value_type = Option<f64>)]
    pub latitude: Option<Number>,
    /// Degrees east.
    #[schema(value_type = Option<f64>)]
    pub longitude: Option<Number>,
    /// Smaller is asked first among equally near ones.
    pub priority: i32,
    /// What kind of place.
    #[schema(value_type = String)]
    pub kind: LocationKind,
    /// Where its own system hears of shipments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_url: Option<String>,
}

impl From<&Location> for LocationView {
    fn from(location: &Location) -> Self {
        let number = |value: Option<Decimal>| value.and_then(|v| v.to_string().parse::<Number>().ok());
        Self {
            location_id: location.location_id.clone(),
            name: location.name.clone(),
            country: location.country.clone(),
            region: location.region.clone(),
            city: location.city.clone(),
            latitude: number(location.latitude),
            longitude: number(location.longitude),
            priority: location.priority,
            kind: location.kind,
            webhook_url: location.webhook_url.clone(),
        }
    }
}

/// A product to store.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductRequest {
    /// Its name.
    pub title: Text<1, 300>,
    /// Its price; orders with catalogue prices must name it.
    #[schema(value_type = schema::Money)]
    pub price: Money,
    /// Weight in grams.
    #[schema(maximum = 100_000_000)]
    pub weight_grams: Option<u32>,
    /// Volume in cubic centimetres.
    #[schema(maximum = 100_000_000)]
    pub volume_cm3: Option<u32>,
    /// When it can be shipped, if it is sold before it is there.
    pub presale: Option<Timestamp>,
    /// Needs careful packing. Default false.
    pub fragile: Option<bool>,
}

impl ProductRequest {
    /// The product that it describes.
    ///
    /// # Errors
    /// 400 for a negative price, a measure out of range or a time of another century.
    pub fn into_product(self, sku: Sku) -> Result<Product, Problem> {
        if self.price.is_negative() {
            return Err(Problem::field("price", "must not be negative"));
        }
        for (field, value) in [("weight_grams", self.weight_grams), ("volume_cm3", self.volume_cm3)] {
            if value.is_some_and(|value| value > 100_000_000) {
                return Err(Problem::field(field, "must be at most 100000000"));
            }
        }
        Ok(Product {
            sku,
            title: self.title.into_string(),
            price: self.price,
            weight_grams: self.weight_grams,
            volume_cm3: self.volume_cm3,
            presale: plausible("presale", self.presale)?,
            fragile: self.fragile.unwrap_or_default(),
        })
    }
}

/// What the shop sells.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProductView {
    /// Its stock keeping unit.
    #[schema(value_type = schema::Sku)]
    pub sku: Sku,
    /// Its name.
    pub title: String,
    /// Its price.
    #[schema(value_type = schema::Money)]
    pub price: Money,
    /// Weight in grams.
    pub weight_grams: Option<u32>,
    /// Volume in cubic centimetres.
    pub volume_cm3: Option<u32>,
    /// When it can be shipped, if it is sold before it is there.
    pub presale: Option<Timestamp>,
    /// Needs careful packing.
    pub fragile: bool,
}

impl From<&Product> for ProductView {
    fn from(product: &Product) -> Self {
        let Product { sku, title, price, weight_grams, volume_cm3, presale, fragile } = product.clone();
        Self { sku, title, price, weight_grams, volume_cm3, presale, fragile }
    }
}

/// What was counted on a shelf.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StockRequest {
    /// Units on the shelf.
    #[schema(maximum = 1_000_000_000)]
    pub on_hand: u32,
    /// Units that are never promised. Default 0.
    #[schema(maximum = 1_000_000_000)]
    pub safety_stock: Option<u32>,
}

impl StockRequest {
    /// `on_hand` and `safety_stock`.
    ///
    /// # Errors
    /// 400 when one is out of range.
    pub fn counts(&self) -> Result<(u32, u32), Problem> {
        let safety_stock = self.safety_stock.unwrap_or_default();
        for (field, value) in [("on_hand", self.on_hand), ("safety_stock", safety_stock)] {
            if value > LARGEST_COUNT {
                return Err(Problem::field(field, format!("must be at most {LARGEST_COUNT}")));
            }
        }
        Ok((self.on_hand, safety_stock))
    }
}

/// The counters of a SKU at one location, in units. `available` is on hand − held − committed − safety stock, not below 0.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StockLevelView {
    /// Where.
    #[schema(value_type = schema::LocationId)]
    pub location_id: LocationId,
    /// What.
    #[schema(value_type = schema::Sku)]
    pub sku: Sku,
    /// Counted on the shelf.
    pub on_hand: i64,
    /// Set aside for orders that are not covered yet.
    pub held: i64,
    /// Part of planned shipments.
    pub committed: i64,
    /// Never promised.
    pub safety_stock: i64,
    /// May still be promised.
    pub available: u32,
    /// Raised by every change; in quotes it is the `ETag` for `If-Match`.
    pub version: u64,
}

impl From<&StockLevel> for StockLevelView {
    fn from(level: &StockLevel) -> Self {
        Self {
            location_id: level.location_id.clone(),
            sku: level.sku.clone(),
            on_hand: level.on_hand,
            held: level.held,
            committed: level.committed,
            safety_stock: level.safety_stock,
            available: level.available(),
            version: level.version,
        }
    }
}

/// The stock of a SKU.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StockView {
    /// What.
    #[schema(value_type = schema::Sku)]
    pub sku: Sku,
    /// Its counters, location by location.
    pub locations: Vec<StockLevelView>,
}

impl StockView {
    /// The levels of one SKU.
    #[must_use]
    pub fn new(sku: Sku, levels: &[StockLevel]) -> Self {
        let locations = levels.iter().filter(|level| level.sku == sku).map(Into::into).collect();
        Self { sku, locations }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use serde_json::{Value, json};

    fn location(body: Value) -> Result<Location, Problem> {
        crate::http::parse::<LocationRequest>(body.to_string().as_bytes())?
            .body
            .into_location(LocationId::parse("sz-1").unwrap())
    }

    fn with(mut body: Value, field: &str, value: Value) -> Value {
        body[field] = value;
        body
    }

    #[test]
    fn locations() {
        let base = json!({"name": "深圳一号仓", "country": "CN", "region": "广东省", "city": "深圳市", "latitude": 22.54, "longitude": "114.06", "priority": 1, "kind": "warehouse"});
        let stored = location(base.clone()).unwrap();
        let view = serde_json::to_value(LocationView::from(&stored)).unwrap();
        assert_eq!((&view["latitude"], &view["longitude"]), (&json!(22.54), &json!(114.06)));
        assert!(location(json!({"name": "A", "country": "GB"})).is_ok());
        assert!(location(with(base.clone(), "webhook_url", json!("http://127.0.0.1:9/hook"))).is_ok());
        for (field, value) in [
            ("name", json!("")),
            ("country", json!("China")),
            ("country", json!("")),
            ("latitude", json!(91)),
            ("latitude", json!(null)),
            ("longitude", json!("east")),
            ("longitude", json!(null)),
            ("priority", json!(2_000_000)),
            ("kind", json!("shed")),
            ("webhook_url", json!("http://example.com/")),
            ("webhook_url", json!("ftp://example.com/")),
            ("webhook_url", json!("nonsense")),
            ("owner", json!("x")),
        ] {
            let problem = location(with(base.clone(), field, value.clone())).unwrap_err();
            assert_eq!(problem.to_json(None, None)["field"], field, "{value}");
        }
    }

    #[test]
    fn products() {
        let base = json!({"title": "T恤 M", "price": {"amount": "99.00", "currency": "CNY"}, "weight_grams": 200, "volume_cm3": 900, "presale": null, "fragile": false});
        let product = |body: Value| {
            crate::http::parse::<ProductRequest>(body.to_string().as_bytes())?
                .body
                .into_product(Sku::parse("TEE-M").unwrap())
        };
        assert!(product(base.clone()).is_ok());
        for (field, value) in [
            ("title", json!("")),
            ("price", json!({"amount": "-1", "currency": "CNY"})),
            ("price", json!({"amount": "0.001", "currency": "CNY"})),
            ("weight_grams", json!(200_000_000)),
            ("volume_cm3", json!(-1)),
            ("presale", json!("soon")),
            ("presale", json!("1970-01-01T00:00:00Z")),
            ("fragile", json!("no")),
        ] {
            let problem = product(with(base.clone(), field, value.clone())).unwrap_err();
            assert_eq!(problem.to_json(None, None)["field"], field, "{value}");
        }
    }

    #[test]
    fn counts() {
        let counts = |body: Value| crate::http::parse::<StockRequest>(body.to_string().as_bytes())?.body.counts();
        assert_eq!(counts(json!({"on_hand": 100, "safety_stock": 5})).unwrap(), (100, 5));
        assert_eq!(counts(json!({"on_hand": 0})).unwrap(), (0, 0));
        for (field, body) in [
            ("on_hand", json!({"safety_stock": 5})),
            ("on_hand", json!({"on_hand": -1})),
            ("on_hand", json!({"on_hand": 2_000_000_000})),
            ("safety_stock", json!({"on_hand": 1, "safety_stock": 1.5})),
            ("held", json!({"on_hand": 1, "held": 1})),
        ] {
            assert_eq!(counts(body).unwrap_err().to_json(None, None)["field"], field);
        }
    }

    #[test]
    fn a_short_shelf_shows_nothing_available() {
        let (location, sku) = (LocationId::parse("sz-1").unwrap(), Sku::parse("TEE-M").unwrap());
        let level =
            StockLevel { on_hand: 3, held: 2, committed: 2, version: 4, ..StockLevel::empty(location, sku.clone()) };
        let view = serde_json::to_value(StockView::new(sku, &[level])).unwrap();
        assert_eq!(
            view["locations"][0],
            json!({"location_id": "sz-1", "sku": "TEE-M", "on_hand": 3, "held": 2, "committed": 2, "safety_stock": 0, "available": 0, "version": 4})
        );
    }
}
