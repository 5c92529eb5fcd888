//! Random orders that are valid: several lines, one SKU twice, discounts of lines and of the order, gifts, services,
//! tax included or added, several payments, gift cards, cash on delivery, collected by the channel; in currencies of 0, 2, 3 digits.

use oms_domain::body::{
    DeclaredPayment, DeclaredStatus, DeliveryType, Discount, DiscountKind, Line, LineKind, LineTax, OrderBody,
    PaymentPurpose, PriceSource, Provider,
};
use oms_domain::capture::CaptureMoment;
use oms_domain::deposit::OnDefault;
use oms_domain::id::{ChannelOrderId, LocationId};
use oms_domain::location::Product;
use oms_domain::money::{Currency, Money};
use oms_domain::refund_first::RefundFirst;
use oms_domain::stock::StockLevel;
use proptest::prelude::*;

use crate::given;
use crate::world::World;

const CURRENCIES: [&str; 4] = ["CNY", "GBP", "JPY", "KWD"];
const SKUS: [&str; 4] = ["TEE-M", "TEE-L", "MUG", "CAP"];
const PLACES: [&str; 3] = ["sz-1", "sh-1", "hh-1"];

/// The catalogue's price of a SKU, in minor units.
fn price(sku: usize) -> i64 {
    [9_900, 2_390, 1_001, 333][sku]
}

#[derive(Debug, Clone)]
pub struct LinePlan {
    sku: usize,
    quantity: u32,
    kind: u8,
    own_price: Option<u16>,
    /// Hundredths of the line's price.
    off: u8,
    tax: u8,
}

#[derive(Debug, Clone)]
pub struct BodyPlan {
    currency: usize,
    lines: Vec<LinePlan>,
    /// Hundredths of what is left of the lines.
    off: u8,
    fee: u16,
    tax: u16,
    tax_included: bool,
    delivery: u8,
    whole: u8,
    /// Payments: who, with which weight, and how far the channel has come.
    payments: Vec<(u8, u16, u8)>,
    short_address: bool,
    /// Whether points are spent: not drawn, but chosen by the test.
    points: bool,
}

fn line_plan() -> impl Strategy<Value = LinePlan> {
    (0..SKUS.len(), 1_u32..4, 0_u8..10, proptest::option::weighted(0.1, 0_u16..9000), 0_u8..101, 0_u8..20).prop_map(
        |(sku, quantity, kind, own_price, off, tax)| LinePlan {
            sku,
            quantity,
            kind,
            own_price,
            off: if off > 60 { 0 } else { off },
            tax,
        },
    )
}

pub fn body_plan() -> impl Strategy<Value = BodyPlan> {
    let payments = proptest::collection::vec((0_u8..10, 1_u16..100, 0_u8..3), 1..4);
    (
        (0..CURRENCIES.len(), proptest::collection::vec(line_plan(), 1..5), 0_u8..101, 0_u16..2000, 0_u16..2000),
        (any::<bool>(), 0_u8..12, 0_u8..20, payments, proptest::bool::weighted(0.05)),
    )
        .prop_map(
            |((currency, lines, off, fee, tax), (tax_included, delivery, whole, payments, short_address))| BodyPlan {
                currency,
                lines,
                off: if off > 50 { 0 } else { off },
                fee: if fee > 1000 { 0 } else { fee },
                tax,
                tax_included,
                delivery,
                whole,
                payments,
                short_address,
                points: false,
            },
        )
}

/// A hundredth part, rounded down to minor units.
fn hundredths(amount: Money, part: u8) -> Money {
    let units = i64::try_from(amount.minor()).unwrap() * i64::from(part) / 100;
    given::minor(units, amount.currency())
}

fn line(plan: &LinePlan, position: usize, currency: Currency) -> Line {
    let mut line = given::line(position, SKUS[plan.sku], plan.quantity, given::minor(price(plan.sku), currency));
    line.channel_line_id = Some(format!("L{position}"));
    match plan.kind {
        0 => {
            line.kind = LineKind::Gift;
            line.unit_price = Money::zero(currency);
            return line;
        }
        1 => line.kind = LineKind::Service,
        _ => {}
    }
    if let Some(own) = plan.own_price {
        line.unit_price = given::minor(i64::from(own), currency);
    }
    if plan.off > 0 {
        line.discounts = vec![given::discount(hundredths(line.gross(), plan.off))];
    }
    if plan.tax > 10 {
        let rate = rust_decimal::Decimal::new(i64::from(plan.tax), 2);
        line.taxes = vec![LineTax { code: "VAT".into(), rate, amount: Money::zero(currency) }];
    }
    line
}

fn payment(plan: (u8, u16, u8), amount: Money, order: usize, position: usize) -> DeclaredPayment {
    let provider = match plan.0 {
        0..=5 => Provider::Stripe,
        6 => Provider::Alipay,
        7 => Provider::Cod,
        8 => Provider::Channel,
        // Nothing can be set aside on a card that is to bring nothing.
        _ if amount.is_positive() => {
            return given::by_card(&format!("GC-{position}"), amount, given::reference(order, position));
        }
        _ => Provider::Channel,
    };
    let mut payment = given::due(provider, amount, given::reference(order, position));
    if provider == Provider::Channel || plan.0 == 5 {
        payment.collected_by_channel = true;
        payment.status = [DeclaredStatus::Due, DeclaredStatus::Authorized, DeclaredStatus::Captured][plan.2 as usize];
        if provider != Provider::Channel && payment.status == DeclaredStatus::Due {
            payment.collected_by_channel = false;
        }
        payment.channel_reference =
            (plan.1.is_multiple_of(2) && payment.collected_by_channel).then(|| format!("T{order}-{position}"));
    }
    payment
}

/// The same discounts as points of two accounts; a part of the order's stays a coupon.
fn spend_points(body: &mut OrderBody) {
    for (i, discount) in body.lines.iter_mut().flat_map(|l| &mut l.discounts).enumerate() {
        (discount.kind, discount.code) = (DiscountKind::Points, format!("P-{}", i % 2));
    }
    let Some(whole) = body.discounts.pop() else { return };
    let parts = [(DiscountKind::Points, "P-0"), (DiscountKind::Coupon, "SUMMER"), (DiscountKind::Points, "P-2")];
    let part = |((kind, code), amount): ((DiscountKind, &str), Money)| Discount {
        kind,
        code: code.into(),
        amount,
        ..whole.clone()
    };
    body.discounts = parts.into_iter().zip(whole.amount.split(&[2, 1, 3])).map(part).collect();
}

impl BodyPlan {
    /// The same order with points instead of coupons.
    pub fn with_points(mut self) -> Self {
        self.points = true;
        self
    }

    pub fn body(&self, order: usize) -> OrderBody {
        let currency = given::currency(CURRENCIES[self.currency]);
        let lines: Vec<Line> = self.lines.iter().enumerate().map(|(i, l)| line(l, i + 1, currency)).collect();
        let mut body = given::order_of(lines, Provider::Stripe);
        body.channel_order_id = ChannelOrderId::parse(format!("W-{order}")).unwrap();
        if self.lines.iter().any(|l| l.own_price.is_some()) && self.whole > 2 {
            body.price_source = PriceSource::Channel;
        }
        let mut goods = body.total;
        for discount in body.lines.iter().flat_map(|l| &l.discounts) {
            goods = goods.sub(discount.amount).unwrap();
        }
        if self.off > 0 {
            body.discounts = vec![given::discount(hundredths(goods, self.off))];
            goods = goods.sub(body.discounts[0].amount).unwrap();
        }
        body.shipping.fee = given::minor(i64::from(self.fee), currency);
        body.tax = given::minor(i64::from(self.tax), currency);
        body.prices_include_tax = self.tax_included;
        body.total = goods.add(body.shipping.fee).unwrap();
        if !self.tax_included {
            body.total = body.total.add(body.tax).unwrap();
        }
        let weights: Vec<u64> = self.payments.iter().map(|(_, w, _)| u64::from(*w)).collect();
        let parts = body.total.split(&weights);
        body.payments =
            self.payments.iter().zip(parts).enumerate().map(|(i, (p, m))| payment(*p, m, order, i + 1)).collect();
        // A deposit and its balance, where the second part is the buyer's to pay.
        if let [first, second] = body.payments.as_mut_slice()
            && first.amount.is_positive()
            && second.status == DeclaredStatus::Due
            && second.provider.has_api()
            && !second.collected_by_channel
            && self.fee.is_multiple_of(2)
        {
            second.due_at = Some(given::at(100_000));
            if self.fee.is_multiple_of(4) {
                first.purpose = Some(PaymentPurpose::Deposit);
            }
        }
        match self.delivery {
            0 => {
                body.delivery.kind = DeliveryType::Pickup;
                body.delivery.location_id = Some(given::location_id(PLACES[self.whole as usize % PLACES.len()]));
            }
            1 => {
                body.delivery.kind = DeliveryType::Digital;
                body.shipping_address = None;
            }
            2 => body.delivery.kind = DeliveryType::Local,
            _ => {}
        }
        if self.points {
            spend_points(&mut body);
        }
        if self.short_address && body.shipping_address.is_some() {
            body.shipping_address = Some(oms_domain::body::Address { city: None, region: None, ..given::address() });
        }
        body
    }
}

#[derive(Debug, Clone)]
pub struct ShopPlan {
    pub bodies: Vec<BodyPlan>,
    /// On hand and safety stock of each SKU at each place.
    shelves: Vec<(i64, i64)>,
    /// Above this, in units of the currency, a person looks.
    threshold: Option<i64>,
    /// Whether the version before this one began the orders; the update comes with a step.
    older: bool,
    /// When promises are taken.
    capture: CaptureMoment,
    /// What a refund takes from first.
    first: RefundFirst,
    /// What becomes of deposits.
    on_default: OnDefault,
}

/// A shop with small shelves and up to `orders` orders.
pub fn shop_plan(orders: usize) -> impl Strategy<Value = ShopPlan> {
    (
        proptest::collection::vec(body_plan(), 1..=orders),
        proptest::collection::vec((0_i64..9, 0_i64..2), SKUS.len() * PLACES.len()),
        proptest::option::weighted(0.2, 0_i64..300),
        proptest::bool::weighted(0.3),
        (
            proptest::sample::select(CaptureMoment::ALL),
            proptest::sample::select(RefundFirst::ALL),
            proptest::sample::select(OnDefault::ALL),
        ),
    )
        .prop_map(|(bodies, shelves, threshold, older, (capture, first, on_default))| ShopPlan {
            bodies,
            shelves,
            threshold,
            older,
            capture,
            first,
            on_default,
        })
}

impl ShopPlan {
    /// The same shop, whose buyers spend points.
    pub fn with_points(mut self) -> Self {
        self.bodies = self.bodies.into_iter().map(BodyPlan::with_points).collect();
        self
    }

    pub fn world(&self) -> World {
        let mut stock = Vec::new();
        for (i, (on_hand, safety_stock)) in self.shelves.iter().enumerate() {
            let id: LocationId = given::location_id(PLACES[i / SKUS.len()]);
            stock.push(StockLevel {
                on_hand: *on_hand,
                safety_stock: *safety_stock,
                ..StockLevel::empty(id, given::sku(SKUS[i % SKUS.len()]))
            });
        }
        let currency = given::currency(CURRENCIES[self.bodies[0].currency]);
        let products: Vec<Product> =
            SKUS.iter().enumerate().map(|(i, name)| given::product(name, given::minor(price(i), currency))).collect();
        let mut world = World::new(given::locations(), stock, products);
        world.older = self.older;
        world.policy.capture_when.otherwise = self.capture;
        world.policy.deposit_on_default.otherwise = self.on_default;
        if let Some(units) = self.threshold {
            world.policy.review_thresholds = vec![given::money(&units.to_string(), currency.code())];
            world.policy.refund_approval_above = vec![given::money(&(units / 10).to_string(), currency.code())];
        }
        world.policy.refund_first = self.first;
        for (i, plan) in self.bodies.iter().enumerate() {
            let body = BodyPlan { currency: self.bodies[0].currency, ..plan.clone() }.body(i);
            // Where gift cards are taken, a service keeps count of them, and of coupons.
            world.policy.benefits |= body.payments.iter().any(|p| p.provider == Provider::GiftCard);
            world.place(body);
        }
        world
    }
}
