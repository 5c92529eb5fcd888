//! Bodies of orders, as a storefront and a marketplace send them.

use serde_json::{Value, json};

use super::Product;

/// Whole cents, so that sums are exact.
type Cents = i64;

/// Goods to order, sent to Shenzhen.
#[derive(Clone, Debug)]
pub struct Basket {
    lines: Vec<(String, u32, Cents)>,
    channel: &'static str,
    provider: &'static str,
    fee: Cents,
    discounts: Vec<(&'static str, String, Cents)>,
    customer: String,
}

impl Basket {
    /// From the shop's own web page, paid through Stripe, with 8.00 for shipping.
    pub fn of(lines: &[(&Product, u32)]) -> Self {
        Self {
            lines: lines.iter().map(|(product, quantity)| (product.sku.clone(), *quantity, product.cents)).collect(),
            channel: "web",
            provider: "stripe",
            fee: 800,
            discounts: Vec::new(),
            customer: "c-tests".to_owned(),
        }
    }

    /// Paid with this provider.
    pub fn paid_by(self, provider: &'static str) -> Self {
        Self { provider, ..self }
    }

    /// Paid at the door.
    pub fn cod(self) -> Self {
        Self { provider: "cod", ..self }
    }

    /// At a marketplace.
    pub fn tmall(self) -> Self {
        Self { channel: "tmall", ..self }
    }

    /// From the shop's app.
    pub fn app(self) -> Self {
        Self { channel: "app", ..self }
    }

    /// Less this much, for everybody.
    pub fn promotion(self, off: Cents) -> Self {
        self.less("promotion", "SUMMER", off)
    }

    /// Less this much, by a coupon.
    pub fn coupon(self, code: &str, off: Cents) -> Self {
        self.less("coupon", code, off)
    }

    /// So much of it paid with points of this account.
    pub fn points(self, account: &str, off: Cents) -> Self {
        self.less("points", account, off)
    }

    fn less(mut self, kind: &'static str, code: &str, off: Cents) -> Self {
        self.discounts.push((kind, code.to_owned(), off));
        self
    }

    /// By this customer.
    pub fn customer(self, id: &str) -> Self {
        Self { customer: id.to_owned(), ..self }
    }

    /// Who sends it.
    pub fn credential(&self) -> &'static str {
        if self.channel == "tmall" { "channel_tmall" } else { "storefront" }
    }

    /// What it comes to.
    pub fn total(&self) -> Cents {
        let goods: Cents = self.lines.iter().map(|(_, quantity, cents)| Cents::from(*quantity) * cents).sum();
        let off: Cents = self.discounts.iter().map(|(.., off)| off).sum();
        goods + self.fee - off
    }

    /// The request for `POST /v1/orders`; `number` is the order's own at its channel.
    pub fn body(&self, number: &str) -> Value {
        let lines = self.lines.iter().map(|(sku, quantity, cents)| {
            json!({ "sku": sku, "title": format!("测试 {sku}"), "quantity": quantity, "unit_price": yuan(*cents) })
        });
        let mut body = json!({
            "channel": self.channel, "channel_order_id": number, "currency": "CNY",
            "customer": { "id": self.customer, "name": "王芳", "email": "wang@example.com", "phone": "+8613800000000" },
            "shipping_address": {
                "name": "王芳", "phone": "+8613800000000", "country": "CN", "region": "广东省", "city": "深圳市",
                "district": "南山区", "lines": ["科技园路1号"], "postal_code": "518000",
            },
            "lines": lines.collect::<Vec<_>>(),
            "shipping": { "method": "standard", "fee": yuan(self.fee) },
            "tax": yuan(0),
            "payment": { "provider": self.provider },
            "total": yuan(self.total()),
            "client": { "ip": "203.0.113.7", "device_id": "d-9" },
        });
        if !self.discounts.is_empty() {
            let less =
                |(kind, code, off): &(&str, String, Cents)| json!({ "code": code, "kind": kind, "amount": yuan(*off) });
            body["discounts"] = self.discounts.iter().map(less).collect();
        }
        body
    }

    /// The same goods as a marketplace sends them: collected there already, at its prices, the buyer hidden behind a token.
    pub fn collected_body(&self, number: &str) -> Value {
        let paid_at = "2026-11-11T00:00:07Z";
        let mut body = self.body(number);
        for (position, line) in body["lines"].as_array_mut().unwrap().iter_mut().enumerate() {
            line["channel_line_id"] = json!(format!("{number}-{}", position + 1));
        }
        let object = body.as_object_mut().unwrap();
        object.remove("payment");
        object.remove("client");
        body["price_source"] = json!("channel");
        body["placed_at"] = json!(paid_at);
        body["customer"] = json!({ "id": "tmall-buyer-8841" });
        body["shipping_address"] = json!({
            "name": "王**", "phone": "138****0000", "country": "CN", "region": "浙江省", "city": "杭州市",
            "district": "西湖区", "lines": ["***"], "masked": true, "channel_token": "oaid-8841",
        });
        body["payments"] = json!([{
            "provider": "channel", "collected_by": "channel", "status": "captured",
            "reference": format!("alipay-{number}"), "paid_at": paid_at, "amount": yuan(self.total()),
        }]);
        body
    }
}

/// Cents as the contract writes money.
pub fn yuan(cents: Cents) -> Value {
    json!({ "amount": decimal(cents), "currency": "CNY" })
}

/// `18600` as `186.00`.
pub fn decimal(cents: Cents) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
