//! Orders and commits to begin with.

use std::collections::BTreeMap;

use jiff::Timestamp;
use oms_app::ports::Commit;
use oms_domain::body::{
    Address, ClientDevice, Customer, DeclaredPayment, DeclaredStatus, Delivery, Discount, DiscountKind, Line, LineKind,
    OrderBody, PaymentPurpose, PlacedOrder, PriceSource, Provider, ShippingChoice,
};
use oms_domain::event::{Actor, CommitRecord, OrderEvent};
use oms_domain::id::{Channel, ChannelOrderId, LineId, LocationId, OrderId, PaymentReference, Sku};
use oms_domain::location::{Location, LocationKind, Product};
use oms_domain::money::{Currency, Money};

/// A currency by its code.
///
/// # Panics
/// When there is none of this code.
#[must_use]
pub fn currency(code: &str) -> Currency {
    Currency::parse(code).expect("a currency")
}

/// An amount in yuan.
///
/// # Panics
/// When it is not an amount.
#[must_use]
pub fn cny(amount: &str) -> Money {
    Money::parse(amount, currency("CNY")).expect("an amount")
}

/// A stock keeping unit.
///
/// # Panics
/// When it is not one.
#[must_use]
pub fn sku(text: &str) -> Sku {
    Sku::parse(text).expect("a sku")
}

/// A location's id.
///
/// # Panics
/// When it is not one.
#[must_use]
pub fn location_id(text: &str) -> LocationId {
    LocationId::parse(text).expect("a location id")
}

/// The order of the contract's example: two shirts at 99.00 less 20.00 plus 8.00 for shipping, 186.00 in all, by card.
#[must_use]
pub fn an_order() -> OrderBuilder {
    OrderBuilder {
        channel: "web".into(),
        channel_order_id: "W-1001".into(),
        currency: currency("CNY"),
        placed_at: None,
        customer: "c-1".into(),
        lines: vec![("TEE-M".into(), 2, "99.00".into(), LineKind::Item)],
        discount: "20.00".into(),
        points: "0".into(),
        shipping_fee: "8.00".into(),
        payments: vec![(Provider::Stripe, None, DeclaredStatus::Due)],
        balance_due: None,
        price_source: PriceSource::Catalogue,
        delivery: Delivery::default(),
        masked: false,
        locale: Some("zh-CN".into()),
        client: None,
        metadata: BTreeMap::new(),
    }
}

/// Builds an order's body; its total follows from its parts.
#[derive(Debug, Clone)]
pub struct OrderBuilder {
    channel: String,
    channel_order_id: String,
    currency: Currency,
    placed_at: Option<Timestamp>,
    customer: String,
    lines: Vec<(String, u32, String, LineKind)>,
    discount: String,
    points: String,
    shipping_fee: String,
    payments: Vec<(Provider, Option<String>, DeclaredStatus)>,
    /// Until when the last payment is due, of a deposit and its balance.
    balance_due: Option<Timestamp>,
    price_source: PriceSource,
    delivery: Delivery,
    masked: bool,
    locale: Option<String>,
    client: Option<ClientDevice>,
    metadata: BTreeMap<String, String>,
}

impl OrderBuilder {
    /// Where it was placed, and its number there.
    #[must_use]
    pub fn channel(mut self, channel: &str, channel_order_id: &str) -> Self {
        self.channel = channel.into();
        self.channel_order_id = channel_order_id.into();
        self
    }

    /// Who ordered.
    #[must_use]
    pub fn customer(mut self, id: &str) -> Self {
        self.customer = id.into();
        self
    }

    /// When the channel says that it was placed.
    #[must_use]
    pub fn placed_at(mut self, at: Timestamp) -> Self {
        self.placed_at = Some(at);
        self
    }

    /// No lines, to begin with others; no discount, no points and no shipping fee either.
    #[must_use]
    pub fn empty(mut self) -> Self {
        self.lines.clear();
        self.discount = "0".into();
        self.points = "0".into();
        self.shipping_fee = "0".into();
        self
    }

    /// One more line of goods.
    #[must_use]
    pub fn line(self, sku: &str, quantity: u32, unit_price: &str) -> Self {
        self.line_of(LineKind::Item, sku, quantity, unit_price)
    }

    /// One more line of a kind.
    #[must_use]
    pub fn line_of(mut self, kind: LineKind, sku: &str, quantity: u32, unit_price: &str) -> Self {
        self.lines.push((sku.into(), quantity, unit_price.into(), kind));
        self
    }

    /// The discount on the whole order.
    #[must_use]
    pub fn discount(mut self, amount: &str) -> Self {
        self.discount = amount.into();
        self
    }

    /// What the buyer pays of the whole order with points.
    #[must_use]
    pub fn points(mut self, amount: &str) -> Self {
        self.points = amount.into();
        self
    }

    /// What shipping costs.
    #[must_use]
    pub fn shipping_fee(mut self, amount: &str) -> Self {
        self.shipping_fee = amount.into();
        self
    }

    /// The one payment, of the whole total.
    #[must_use]
    pub fn paid_by(mut self, provider: Provider) -> Self {
        self.payments = vec![(provider, None, DeclaredStatus::Due)];
        self
    }

    /// Several payments, which must add up to the total.
    #[must_use]
    pub fn paid_in_parts(mut self, parts: &[(Provider, &str, DeclaredStatus)]) -> Self {
        self.payments = parts.iter().map(|(p, amount, status)| (*p, Some((*amount).to_owned()), *status)).collect();
        self
    }

    /// The last part has a day of its own.
    #[must_use]
    pub fn balance_due(mut self, at: Timestamp) -> Self {
        self.balance_due = Some(at);
        self
    }

    /// A deposit at once and its balance by a time, which must add up to the total.
    #[must_use]
    pub fn deposit_and_balance(self, deposit: &str, balance: &str, due_at: Timestamp) -> Self {
        let part = |amount| (Provider::Stripe, amount, DeclaredStatus::Due);
        Self { balance_due: Some(due_at), ..self.paid_in_parts(&[part(deposit), part(balance)]) }
    }

    /// Paid at its channel already, with the channel's prices and a hidden recipient.
    #[must_use]
    pub fn collected_by_channel(mut self) -> Self {
        self.payments = vec![(Provider::Channel, None, DeclaredStatus::Captured)];
        self.price_source = PriceSource::Channel;
        self.masked = true;
        self
    }

    /// How it is handed over.
    #[must_use]
    pub fn delivery(mut self, delivery: Delivery) -> Self {
        self.delivery = delivery;
        self
    }

    /// The buyer's language; none where the storefront does not say.
    #[must_use]
    pub fn locale(mut self, locale: Option<&str>) -> Self {
        self.locale = locale.map(str::to_owned);
        self
    }

    /// From where the buyer orders.
    #[must_use]
    pub fn from_ip(mut self, ip: &str) -> Self {
        self.client = Some(ClientDevice { ip: Some(ip.into()), device_id: None });
        self
    }

    /// The storefront's own data.
    #[must_use]
    pub fn metadata(mut self, key: &str, value: &str) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }

    fn money(&self, amount: &str) -> Money {
        Money::parse(amount, self.currency).expect("an amount")
    }

    /// The body, with payment references that belong to an order.
    #[must_use]
    pub fn body_for(&self, order_id: &OrderId) -> OrderBody {
        let lines: Vec<Line> = self
            .lines
            .iter()
            .enumerate()
            .map(|(i, (sku_text, quantity, unit_price, kind))| Line {
                line_id: LineId::number(i + 1),
                channel_line_id: Some(format!("{}-{}", self.channel_order_id, i + 1)),
                sku: sku(sku_text),
                title: Some(format!("T恤 {sku_text}")),
                quantity: *quantity,
                unit_price: self.money(unit_price),
                kind: *kind,
                parent: None,
                attributes: BTreeMap::new(),
                discounts: Vec::new(),
                taxes: Vec::new(),
            })
            .collect();
        let fee = self.money(&self.shipping_fee);
        let off = [(DiscountKind::Coupon, "SUMMER", &self.discount), (DiscountKind::Points, "POINTS", &self.points)];
        let off = off.map(|(kind, code, amount)| Discount {
            kind,
            code: code.into(),
            amount: self.money(amount),
            funded_by: None,
        });
        let discounts: Vec<Discount> = off.into_iter().filter(|d| !d.amount.is_zero()).collect();
        let discount = Money::sum(self.currency, discounts.iter().map(|d| d.amount)).expect("a sum");
        let items = Money::sum(self.currency, lines.iter().map(Line::gross)).expect("a sum");
        let total = items.sub(discount).and_then(|goods| goods.add(fee)).expect("a total");
        let payments = self
            .payments
            .iter()
            .enumerate()
            .map(|(i, (provider, amount, status))| DeclaredPayment {
                provider: *provider,
                amount: amount.as_deref().map_or(total, |amount| self.money(amount)),
                collected_by_channel: *provider == Provider::Channel,
                status: *status,
                channel_reference: None,
                paid_at: None,
                due_at: self.balance_due.filter(|_| i + 1 == self.payments.len()),
                purpose: self
                    .balance_due
                    .map(|_| if i == 0 { PaymentPurpose::Deposit } else { PaymentPurpose::Balance }),
                code: (*provider == Provider::GiftCard).then(|| format!("GC-{}", i + 1)),
                reference: PaymentReference::of(order_id, i + 1),
            })
            .collect();
        OrderBody {
            channel: Channel::parse(self.channel.as_str()).expect("a channel"),
            channel_order_id: ChannelOrderId::parse(self.channel_order_id.as_str()).expect("a channel order id"),
            currency: self.currency,
            placed_at: self.placed_at,
            ship_by: None,
            locale: self.locale.clone(),
            prices_include_tax: false,
            price_source: self.price_source,
            customer: Customer {
                id: self.customer.clone(),
                name: Some("王芳".into()),
                email: Some("wang@example.com".into()),
                phone: Some("+8613800000000".into()),
            },
            shipping_address: Some(self.address()),
            billing_address: None,
            lines,
            discounts,
            shipping: ShippingChoice { method: "standard".into(), fee },
            tax: Money::zero(self.currency),
            payments,
            total,
            delivery: self.delivery.clone(),
            client: self.client.clone(),
            buyer_note: None,
            seller_note: None,
            gift: None,
            invoice: None,
            metadata: self.metadata.clone(),
        }
    }

    fn address(&self) -> Address {
        let shown = |text: &str| Some(if self.masked { "***".to_owned() } else { text.to_owned() });
        Address {
            name: shown("王芳"),
            phone: shown("+8613800000000"),
            country: Some("CN".into()),
            region: Some("广东省".into()),
            city: Some("深圳市".into()),
            district: Some("南山区".into()),
            town: None,
            lines: vec!["科技园路1号".into()],
            postal_code: Some("518000".into()),
            masked: self.masked,
            channel_token: self.masked.then(|| "oaid-1".into()),
        }
    }

    /// The order as it is placed under an id.
    ///
    /// # Panics
    /// When the body breaks a rule.
    #[must_use]
    pub fn placed_for(&self, order_id: &OrderId) -> PlacedOrder {
        PlacedOrder::new(self.body_for(order_id)).expect("a body that keeps the rules")
    }

    /// The order's first commit.
    #[must_use]
    pub fn received(&self, order_id: &OrderId, at: Timestamp) -> Commit {
        let body = self.placed_for(order_id);
        let record = CommitRecord {
            order_id: order_id.clone(),
            seq: 1,
            first_event: 1,
            at,
            actor: Actor::named("storefront"),
            cause: None,
            channel: body.channel.clone(),
            channel_order_id: body.channel_order_id.clone(),
            events: vec![OrderEvent::Received { body: Box::new(body) }],
            postings: Vec::new(),
        };
        alone(record)
    }
}

/// A commit that touches nothing but its order.
fn alone(record: CommitRecord) -> Commit {
    Commit {
        record,
        stock: Vec::new(),
        rows: Vec::new(),
        points: Vec::new(),
        stale: Vec::new(),
        work_at: None,
        timer: None,
        payment: None,
    }
}

/// The commit that follows another of the same order, with these events.
#[must_use]
pub fn next_commit(before: &CommitRecord, actor: &str, at: Timestamp, events: Vec<OrderEvent>) -> Commit {
    let record = CommitRecord {
        order_id: before.order_id.clone(),
        seq: before.seq + 1,
        first_event: before.first_event + before.events.len() as u64,
        at,
        actor: Actor::named(actor),
        cause: None,
        channel: before.channel.clone(),
        channel_order_id: before.channel_order_id.clone(),
        events,
        postings: Vec::new(),
    };
    alone(record)
}

/// A registered product at a price in yuan.
#[must_use]
pub fn a_product(sku_text: &str, price: &str) -> Product {
    Product {
        sku: sku(sku_text),
        title: format!("T恤 {sku_text}"),
        price: cny(price),
        weight_grams: Some(200),
        volume_cm3: Some(1500),
        presale: None,
        fragile: false,
    }
}

/// A warehouse in a city of China.
#[must_use]
pub fn a_location(id: &str, region: &str, city: &str, priority: i32) -> Location {
    Location {
        location_id: location_id(id),
        name: format!("{city}仓"),
        country: "CN".into(),
        region: Some(region.into()),
        city: Some(city.into()),
        latitude: None,
        longitude: None,
        priority,
        kind: LocationKind::Warehouse,
        webhook_url: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeded::SeededIds;

    #[test]
    fn the_example_adds_up() {
        let order_id = SeededIds::new(1).order_id();
        assert_eq!(an_order().placed_for(&order_id).total, cny("186.00"));
        let split = an_order().empty().line("A", 1, "10").line("B", 3, "0.10").shipping_fee("1").placed_for(&order_id);
        assert_eq!(split.total, cny("11.30"));
        assert!(an_order().collected_by_channel().placed_for(&order_id).payments[0].collected_by_channel);
    }
}
