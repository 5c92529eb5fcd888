//! Things to begin with: a shop's settings, places, products, and orders as storefronts send them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use oms_domain::body::{
    Address, Customer, DeclaredPayment, DeclaredStatus, Delivery, DeliveryType, Discount, DiscountKind, Line, LineKind,
    OrderBody, PriceSource, Provider, ShippingChoice,
};
use oms_domain::capture::CaptureWhen;
use oms_domain::deposit::DepositOnDefault;
use oms_domain::id::{
    Carrier, Channel, ChannelOrderId, EventKey, LineId, LocationId, OrderId, PaymentReference, Sku, TrackingNumber,
};
use oms_domain::location::{Location, LocationKind, Product};
use oms_domain::money::{Currency, Money};
use oms_domain::payment::{PaymentFact, PaymentFactKind};
use oms_domain::policy::Policy;
use oms_domain::refund_first::RefundFirst;
use oms_domain::stock::StockLevel;

/// So many seconds after the beginning of the tests' time.
pub fn at(seconds: i64) -> Timestamp {
    "2026-11-11T15:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

pub fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

pub fn money(amount: &str, code: &str) -> Money {
    Money::parse(amount, currency(code)).unwrap()
}

pub fn cny(amount: &str) -> Money {
    money(amount, "CNY")
}

pub fn minor(units: i64, currency: Currency) -> Money {
    Money::from_minor(units, currency).unwrap()
}

pub fn sku(text: &str) -> Sku {
    Sku::parse(text).unwrap()
}

pub fn location_id(text: &str) -> LocationId {
    LocationId::parse(text).unwrap()
}

pub fn key(text: impl Into<String>) -> EventKey {
    EventKey::parse(text).unwrap()
}

pub fn carrier() -> Carrier {
    Carrier::parse("standard").unwrap()
}

pub fn tracking(text: &str) -> TrackingNumber {
    TrackingNumber::parse(text).unwrap()
}

/// The nth order of a test: ids have 26 characters, as those of Waybill.
pub fn order_id(n: usize) -> OrderId {
    OrderId::parse(format!("01JC{n:022}")).unwrap()
}

pub fn reference(order: usize, position: usize) -> PaymentReference {
    PaymentReference::of(&order_id(order), position)
}

pub fn policy() -> Policy {
    Policy {
        payment_window_seconds: 1800,
        hold_window_seconds: 86_400,
        review_thresholds: vec![cny("5000.00"), money("1000.00", "USD")],
        refund_approval_above: Vec::new(),
        max_line_quantity: 999,
        live: false,
        benefits: false,
        providers: Provider::ALL.iter().copied().collect(),
        capture_when: CaptureWhen::default(),
        refund_first: RefundFirst::default(),
        deposit_on_default: DepositOnDefault::default(),
        shipment_response_seconds: 86_400,
        close_after_seconds: 1_296_000,
        lookout_seconds: 300,
    }
}

pub fn line(position: usize, name: &str, quantity: u32, unit_price: Money) -> Line {
    Line {
        line_id: LineId::number(position),
        channel_line_id: None,
        sku: sku(name),
        title: None,
        quantity,
        unit_price,
        kind: LineKind::Item,
        parent: None,
        attributes: BTreeMap::new(),
        discounts: Vec::new(),
        taxes: Vec::new(),
    }
}

pub fn discount(amount: Money) -> Discount {
    Discount { code: "SUMMER".into(), kind: DiscountKind::Coupon, amount, funded_by: None }
}

pub fn address() -> Address {
    Address {
        name: Some("王芳".into()),
        phone: Some("+8613800000000".into()),
        country: Some("CN".into()),
        region: Some("广东省".into()),
        city: Some("深圳市".into()),
        lines: vec!["科技园路1号".into()],
        ..Address::default()
    }
}

pub fn due(provider: Provider, amount: Money, reference: PaymentReference) -> DeclaredPayment {
    DeclaredPayment {
        provider,
        amount,
        collected_by_channel: false,
        status: DeclaredStatus::Due,
        channel_reference: None,
        paid_at: None,
        due_at: None,
        purpose: None,
        code: None,
        reference,
    }
}

/// A payment by gift card.
pub fn by_card(code: &str, amount: Money, reference: PaymentReference) -> DeclaredPayment {
    DeclaredPayment { code: Some(code.into()), ..due(Provider::GiftCard, amount, reference) }
}

/// Lines without discounts, shipping or tax, to be paid at once by one provider; the total is their sum.
pub fn order_of(lines: Vec<Line>, provider: Provider) -> OrderBody {
    let currency = lines[0].unit_price.currency();
    let zero = Money::zero(currency);
    let total = Money::sum(currency, lines.iter().map(Line::gross)).unwrap();
    OrderBody {
        channel: Channel::parse("web").unwrap(),
        channel_order_id: ChannelOrderId::parse("W-1001").unwrap(),
        currency,
        placed_at: None,
        ship_by: None,
        locale: None,
        prices_include_tax: false,
        price_source: PriceSource::Catalogue,
        customer: Customer { id: "c-1".into(), name: None, email: None, phone: None },
        shipping_address: Some(address()),
        billing_address: None,
        lines,
        discounts: Vec::new(),
        shipping: ShippingChoice { method: "standard".into(), fee: zero },
        tax: zero,
        payments: vec![due(provider, total, reference(0, 1))],
        total,
        delivery: Delivery::default(),
        client: None,
        buyer_note: None,
        seller_note: None,
        gift: None,
        invoice: None,
        metadata: BTreeMap::new(),
    }
}

/// The contract's example: two shirts at 99.00 less a coupon of 20.00, shipping 8.00, 186.00 in all, by Stripe.
pub fn shirts() -> OrderBody {
    let mut body = order_of(vec![line(1, "TEE-M", 2, cny("99.00"))], Provider::Stripe);
    body.discounts = vec![discount(cny("20.00"))];
    body.shipping.fee = cny("8.00");
    body.total = cny("186.00");
    body.payments[0].amount = cny("186.00");
    body
}

/// The contract's example, to be paid in these parts.
pub fn shirts_in_parts(parts: &[(Provider, &str)]) -> OrderBody {
    let part = |(i, (provider, amount)): (usize, &(Provider, &str))| due(*provider, cny(amount), reference(0, i + 1));
    OrderBody { payments: parts.iter().enumerate().map(part).collect(), ..shirts() }
}

/// The contract's example, paid by somebody else, who may have collected already.
pub fn shirts_by(provider: Provider, status: DeclaredStatus) -> OrderBody {
    let mut body = shirts();
    body.payments[0].provider = provider;
    body.payments[0].status = status;
    body.payments[0].collected_by_channel = provider == Provider::Channel;
    body
}

/// A service that leaves no shelf: complete once it is paid.
pub fn download() -> OrderBody {
    let mut body = order_of(vec![line(1, "EBOOK", 1, cny("30.00"))], Provider::Stripe);
    body.delivery.kind = DeliveryType::Digital;
    body.shipping_address = None;
    body
}

pub fn product(name: &str, price: Money) -> Product {
    Product {
        sku: sku(name),
        title: name.into(),
        price,
        weight_grams: None,
        volume_cm3: None,
        presale: None,
        fragile: false,
    }
}

pub fn location(id: &str, country: &str, region: &str, city: &str, priority: i32) -> Location {
    Location {
        location_id: location_id(id),
        name: id.into(),
        country: country.into(),
        region: Some(region.into()),
        city: Some(city.into()),
        latitude: None,
        longitude: None,
        priority,
        kind: LocationKind::Warehouse,
        webhook_url: None,
    }
}

/// Shenzhen, Guangzhou (same province), Shanghai (same country), Hamburg.
pub fn locations() -> Vec<Location> {
    vec![
        location("hh-1", "DE", "HH", "Hamburg", 0),
        location("sh-1", "CN", "上海市", "上海市", 0),
        location("gz-1", "CN", "广东省", "广州市", 0),
        location("sz-1", "CN", "广东省", "深圳市", 0),
    ]
}

pub fn level(location: &str, name: &str, on_hand: i64) -> StockLevel {
    StockLevel { on_hand, ..StockLevel::empty(location_id(location), sku(name)) }
}

/// A fact about a Stripe payment, with a key of its own, in test mode.
pub fn fact(event: &str, payment: &str, kind: PaymentFactKind) -> PaymentFact {
    PaymentFact {
        key: key(format!("stripe:{event}")),
        provider: Provider::Stripe,
        provider_payment_id: payment.into(),
        reference: None,
        live: false,
        kind,
        fees: Vec::new(),
    }
}
