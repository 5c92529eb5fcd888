//! Bodies of orders, as a storefront and a marketplace send them.

use local_stack::catalogue;
use serde_json::{Value, json};

/// Amounts here are whole cents, so that sums are exact.
type Cents = u32;

/// The buyers' coupon.
pub(crate) const COUPON: &str = "SUMMER";

/// Goods to order.
pub(crate) struct Basket {
    pub(crate) channel: &'static str,
    pub(crate) lines: Vec<(&'static str, u32)>,
    pub(crate) coupon: Cents,
    pub(crate) shipping: Cents,
    pub(crate) provider: &'static str,
}

impl Basket {
    /// From the shop's own web page, paid through Stripe, with the usual shipping fee.
    pub(crate) fn web(lines: &[(&'static str, u32)]) -> Self {
        Self { channel: "web", lines: lines.to_vec(), coupon: 0, shipping: 800, provider: "stripe" }
    }

    /// What it comes to.
    pub(crate) fn total(&self) -> Cents {
        let goods: Cents = self.lines.iter().map(|(sku, quantity)| price(sku) * quantity).sum();
        goods + self.shipping - self.coupon
    }

    /// The request for `POST /v1/orders`. `number` is the order's own at its channel.
    pub(crate) fn body(&self, number: &str) -> Value {
        let lines: Vec<Value> = self
            .lines
            .iter()
            .map(|(sku, quantity)| {
                json!({ "sku": sku, "title": title(sku), "quantity": quantity, "unit_price": yuan(price(sku)) })
            })
            .collect();
        let mut body = json!({
            "channel": self.channel, "channel_order_id": number, "currency": "CNY",
            "customer": { "id": "c-demo", "name": "王芳", "email": "wang@example.com", "phone": "+8613800000000" },
            "shipping_address": {
                "name": "王芳", "phone": "+8613800000000", "country": "CN", "region": "广东省", "city": "深圳市",
                "district": "南山区", "lines": ["科技园路1号"], "postal_code": "518000",
            },
            "lines": lines,
            "shipping": { "method": "standard", "fee": yuan(self.shipping) },
            "tax": yuan(0),
            "payment": { "provider": self.provider },
            "total": yuan(self.total()),
            "client": { "ip": "203.0.113.7", "device_id": "d-9" },
        });
        if self.coupon > 0 {
            let discounts = json!([{ "code": COUPON, "kind": "coupon", "amount": yuan(self.coupon) }]);
            insert(&mut body, "discounts", discounts);
        }
        body
    }

    /// The same, partly paid with a gift card.
    pub(crate) fn body_with_gift_card(&self, number: &str, code: &str, part: Cents) -> Value {
        let mut body = self.body(number);
        if let Some(object) = body.as_object_mut() {
            object.remove("payment");
        }
        let payments = json!([
            { "provider": "gift_card", "code": code, "amount": yuan(part) },
            { "provider": self.provider, "amount": yuan(self.total().saturating_sub(part)) },
        ]);
        insert(&mut body, "payments", payments);
        body
    }

    /// The same goods as a marketplace sends them: collected there already, at its prices, the buyer hidden behind a token.
    pub(crate) fn marketplace_body(&self, number: &str, paid_at: &str) -> Value {
        let mut body = self.body(number);
        if let Some(lines) = body.get_mut("lines").and_then(Value::as_array_mut) {
            for (position, line) in lines.iter_mut().enumerate() {
                insert(line, "channel_line_id", json!(format!("{number}-{}", position + 1)));
            }
        }
        if let Some(object) = body.as_object_mut() {
            object.remove("payment");
            object.remove("client");
        }
        insert(&mut body, "price_source", json!("channel"));
        insert(&mut body, "placed_at", json!(paid_at));
        insert(&mut body, "customer", json!({ "id": "tmall-buyer-8841" }));
        insert(
            &mut body,
            "shipping_address",
            json!({
                "name": "王**", "phone": "138****0000", "country": "CN", "region": "浙江省", "city": "杭州市",
                "district": "西湖区", "lines": ["***"], "masked": true, "channel_token": "oaid-demo-8841",
            }),
        );
        insert(
            &mut body,
            "payments",
            json!([{
                "provider": "channel", "collected_by": "channel", "status": "captured",
                "reference": format!("alipay-{number}"), "paid_at": paid_at, "amount": yuan(self.total()),
            }]),
        );
        body
    }
}

/// A body of its own: a product that the catalogue does not have.
pub(crate) fn unknown_product(number: &str) -> Value {
    let mut body = Basket::web(&[]).body(number);
    let line = json!({ "sku": "NO-SUCH-SKU", "title": "绝版玩偶", "quantity": 1, "unit_price": yuan(1000) });
    insert(&mut body, "lines", json!([line]));
    insert(&mut body, "total", yuan(1800));
    body
}

/// Cents as the contract writes money.
pub(crate) fn yuan(cents: Cents) -> Value {
    json!({ "amount": decimal(cents), "currency": "CNY" })
}

/// `18600` as `186.00`.
pub(crate) fn decimal(cents: Cents) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn insert(body: &mut Value, key: &str, value: Value) {
    if let Some(object) = body.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}

/// The catalogue's price in cents; nothing for what it does not have in yuan.
fn price(sku: &str) -> Cents {
    let product = catalogue::product(sku).filter(|product| product.currency == "CNY");
    product.and_then(|product| product.amount.replace('.', "").parse().ok()).unwrap_or_default()
}

fn title(sku: &str) -> &'static str {
    catalogue::product(sku).map(|product| product.title).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::{Basket, decimal, unknown_product};

    #[test]
    fn the_contracts_example_comes_out() {
        let basket = Basket { coupon: 2000, ..Basket::web(&[("TEE-M", 2)]) };
        let body = basket.body("W-1001");
        assert_eq!(body["total"]["amount"], "186.00");
        assert_eq!(body["lines"][0]["unit_price"]["amount"], "99.00");
        assert_eq!(body["discounts"][0]["amount"]["amount"], "20.00");
    }

    #[test]
    fn a_marketplace_has_collected_and_hides_the_buyer() {
        let body = Basket::web(&[("MUG-01", 1), ("LAMP-01", 1)]).marketplace_body("T-1", "2026-11-11T00:00:01Z");
        assert_eq!(body["payments"][0]["amount"], body["total"]);
        assert_eq!(body["lines"][1]["channel_line_id"], "T-1-2");
        assert_eq!(body["shipping_address"]["masked"], true);
        assert!(body.get("payment").is_none());
    }

    #[test]
    fn sums_are_right_where_the_product_is_unknown() {
        assert_eq!(unknown_product("W-1")["total"]["amount"], "18.00");
        assert_eq!(decimal(5), "0.05");
    }
}
