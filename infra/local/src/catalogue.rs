//! A small, believable catalogue: what a shop that sells from Shenzhen to the world might have on its shelves.

use serde_json::{Value, json};

/// A place that ships.
#[derive(Debug)]
pub struct Location {
    /// Its id.
    pub id: &'static str,
    name: &'static str,
    country: &'static str,
    region: &'static str,
    city: &'static str,
    /// Degrees north, as decimal text: no arithmetic is done on it here.
    latitude: &'static str,
    /// Degrees east.
    longitude: &'static str,
    priority: u32,
}

/// Something that is sold.
#[derive(Debug)]
pub struct Product {
    /// Its stock keeping unit.
    pub sku: &'static str,
    /// As shoppers see it.
    pub title: &'static str,
    /// Decimal text with the digits that the currency has.
    pub amount: &'static str,
    /// ISO 4217.
    pub currency: &'static str,
    weight_grams: u32,
    volume_cm3: u32,
    fragile: bool,
    /// Location and units there.
    pub stock: &'static [(&'static str, u32)],
}

/// All locations, the preferred one first.
pub const LOCATIONS: [Location; 5] = [
    Location {
        id: "sz-1",
        name: "深圳一号仓",
        country: "CN",
        region: "广东省",
        city: "深圳市",
        latitude: "22.5431",
        longitude: "114.0579",
        priority: 1,
    },
    Location {
        id: "sh-1",
        name: "上海一号仓",
        country: "CN",
        region: "上海市",
        city: "上海市",
        latitude: "31.2304",
        longitude: "121.4737",
        priority: 2,
    },
    Location {
        id: "hk-1",
        name: "香港葵涌倉",
        country: "HK",
        region: "新界",
        city: "葵涌",
        latitude: "22.3577",
        longitude: "114.1287",
        priority: 3,
    },
    Location {
        id: "us-1",
        name: "Reno fulfilment centre",
        country: "US",
        region: "NV",
        city: "Reno",
        latitude: "39.5296",
        longitude: "-119.8138",
        priority: 4,
    },
    Location {
        id: "eu-1",
        name: "Rotterdam fulfilment centre",
        country: "NL",
        region: "Zuid-Holland",
        city: "Rotterdam",
        latitude: "51.9244",
        longitude: "4.4777",
        priority: 5,
    },
];

macro_rules! product {
    ($sku:literal, $title:literal, $amount:literal $currency:literal, $grams:literal g, $volume:literal cm3, $fragile:literal, $stock:expr) => {
        Product {
            sku: $sku,
            title: $title,
            amount: $amount,
            currency: $currency,
            weight_grams: $grams,
            volume_cm3: $volume,
            fragile: $fragile,
            stock: &$stock,
        }
    };
}

/// All products. `LAMP-01` and `MUG-01` lie at different places, so that an order for both is split.
pub const PRODUCTS: [Product; 12] = [
    product!("TEE-M", "T恤 M", "99.00" "CNY", 180 g, 1200 cm3, false, [("sz-1", 2000), ("sh-1", 1000), ("hk-1", 200)]),
    product!("TEE-L", "T恤 L", "99.00" "CNY", 195 g, 1300 cm3, false, [("sz-1", 2000), ("sh-1", 1000)]),
    product!("MUG-01", "马克杯 青花", "45.00" "CNY", 380 g, 900 cm3, true, [("sz-1", 1500)]),
    product!("LAMP-01", "护眼台灯", "259.00" "CNY", 1450 g, 9800 cm3, true, [("sh-1", 800)]),
    product!("TEA-LJ-100", "西湖龙井 100克", "168.00" "CNY", 150 g, 700 cm3, false, [("sh-1", 600), ("hk-1", 100)]),
    product!("KEYB-87", "机械键盘 87键", "499.00" "CNY", 920 g, 4200 cm3, false, [("sz-1", 400), ("sh-1", 400)]),
    product!("UMB-01", "折叠雨伞", "79.00" "CNY", 340 g, 800 cm3, false, [("sz-1", 900), ("sh-1", 900), ("hk-1", 300)]),
    product!("CHAIR-01", "人体工学椅", "1899.00" "CNY", 16500 g, 180000 cm3, false, [("sz-1", 120), ("sh-1", 120)]),
    product!("TOTE-HK", "帆布袋", "128.00" "HKD", 260 g, 1500 cm3, false, [("hk-1", 500)]),
    product!("HOODIE-M", "Hoodie M", "49.00" "USD", 520 g, 3600 cm3, false, [("us-1", 700), ("eu-1", 300)]),
    product!("CANDLE-01", "Beeswax candle", "18.50" "EUR", 310 g, 600 cm3, true, [("eu-1", 800)]),
    product!("YUNOMI-01", "湯呑み", "2400" "JPY", 290 g, 700 cm3, true, [("hk-1", 200)]),
];

impl Location {
    /// The body of `PUT /v1/locations/{id}`.
    pub fn body(&self) -> Value {
        json!({
            "name": self.name,
            "country": self.country,
            "region": self.region,
            "city": self.city,
            "latitude": number(self.latitude),
            "longitude": number(self.longitude),
            "priority": self.priority,
            "kind": "warehouse",
        })
    }
}

impl Product {
    /// The body of `PUT /v1/products/{sku}`.
    pub fn body(&self) -> Value {
        json!({
            "title": self.title,
            "price": { "amount": self.amount, "currency": self.currency },
            "weight_grams": self.weight_grams,
            "volume_cm3": self.volume_cm3,
            "presale": null,
            "fragile": self.fragile,
        })
    }
}

/// The product with this SKU.
pub fn product(sku: &str) -> Option<&'static Product> {
    PRODUCTS.iter().find(|product| product.sku == sku)
}

/// A decimal text as a JSON number.
fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::{LOCATIONS, PRODUCTS, product};

    #[test]
    fn the_examples_of_the_documents_work_with_it() {
        let tee = product("TEE-M").unwrap().body();
        assert_eq!(tee["price"], serde_json::json!({"amount": "99.00", "currency": "CNY"}));
        for id in ["sz-1", "sh-1", "hk-1"] {
            assert!(LOCATIONS.iter().any(|location| location.id == id));
        }
    }

    #[test]
    fn every_number_is_one_and_every_stock_lies_somewhere_real() {
        for location in &LOCATIONS {
            assert!(location.body()["latitude"].is_f64() && location.body()["longitude"].is_f64(), "{}", location.id);
        }
        for product in &PRODUCTS {
            assert!(!product.stock.is_empty(), "{}", product.sku);
            for (id, _) in product.stock {
                assert!(LOCATIONS.iter().any(|location| location.id == *id), "{}: {id}", product.sku);
            }
        }
    }
}
