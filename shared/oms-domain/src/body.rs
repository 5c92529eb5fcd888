//! What was ordered: written once when the order arrives and never changed.

use std::collections::BTreeMap;
use std::ops::Deref;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::body_check::{self, FieldError};
pub use crate::buyer::{Address, ClientDevice, Customer, Gift, Invoice};
use crate::id::{Channel, ChannelOrderId, LineId, LocationId, PaymentReference, Sku};
use crate::money::{Currency, Money};

/// An order as it was placed. Build one and hand it to [`PlacedOrder::new`], which checks it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderBody {
    /// Where it was placed.
    pub channel: Channel,
    /// Its number there.
    pub channel_order_id: ChannelOrderId,
    /// The one currency of all its amounts.
    pub currency: Currency,
    /// When the buyer placed it, if the channel says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed_at: Option<Timestamp>,
    /// When the channel wants it shipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_by: Option<Timestamp>,
    /// The buyer's language, a BCP 47 tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Whether unit prices contain the tax.
    #[serde(default)]
    pub prices_include_tax: bool,
    /// Whose prices count.
    #[serde(default)]
    pub price_source: PriceSource,
    /// Who ordered.
    pub customer: Customer,
    /// Where it goes; required for ship and local.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
    /// Where the invoice goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<Address>,
    /// What was ordered.
    pub lines: Vec<Line>,
    /// Discounts on the whole order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discounts: Vec<Discount>,
    /// How it is shipped and what that costs.
    pub shipping: ShippingChoice,
    /// All tax of the order.
    pub tax: Money,
    /// How it is paid: amounts add up to the total.
    pub payments: Vec<DeclaredPayment>,
    /// What the buyer owes in all.
    pub total: Money,
    /// How it is handed over.
    #[serde(default)]
    pub delivery: Delivery,
    /// The buyer's device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientDevice>,
    /// The buyer's note to the seller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer_note: Option<String>,
    /// The seller's own note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seller_note: Option<String>,
    /// Gift wishes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gift: Option<Gift>,
    /// The invoice (发票) wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<Invoice>,
    /// The storefront's own data, kept and shown.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

/// Whose prices count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceSource {
    /// The catalogue's: checked at validation.
    #[default]
    Catalogue,
    /// The channel's: taken as they come.
    Channel,
}

/// What kind of line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Goods.
    #[default]
    Item,
    /// Goods given for nothing.
    Gift,
    /// A set; its parts name it as their parent.
    Bundle,
    /// A service such as gift wrapping; nothing leaves a shelf.
    Service,
}

/// One line of the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its id within the order.
    pub line_id: LineId,
    /// The channel's id of the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_line_id: Option<String>,
    /// What.
    pub sku: Sku,
    /// What, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// How many, at least 1.
    pub quantity: u32,
    /// The price of one.
    pub unit_price: Money,
    /// What kind.
    #[serde(default)]
    pub kind: LineKind,
    /// The channel line id of the set it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Colour, size, ….
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// Discounts on this line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discounts: Vec<Discount>,
    /// How this line's tax comes about (its amounts are part of the order's tax).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taxes: Vec<LineTax>,
}

/// What kind of discount. A gift card is a payment, not a discount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiscountKind {
    /// A coupon.
    Coupon,
    /// A promotion.
    Promotion,
    /// Loyalty points.
    Points,
}

/// A reduction of the price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discount {
    /// The coupon's or promotion's code.
    pub code: String,
    /// What kind.
    pub kind: DiscountKind,
    /// How much, not negative.
    pub amount: Money,
    /// Who bears it: `merchant`, `channel`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub funded_by: Option<String>,
}

/// A tax on a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineTax {
    /// `VAT`, ….
    pub code: String,
    /// A decimal fraction such as `0.13`.
    pub rate: rust_decimal::Decimal,
    /// How much.
    pub amount: Money,
}

/// How it is shipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingChoice {
    /// `standard`, `express`, ….
    pub method: String,
    /// What the buyer pays for it.
    pub fee: Money,
}

/// How it is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryType {
    /// By carrier.
    #[default]
    Ship,
    /// The buyer comes.
    Pickup,
    /// By the shop's own people.
    Local,
    /// Nothing leaves a shelf.
    Digital,
}

/// How and when it is handed over.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Delivery {
    /// How.
    #[serde(rename = "type", default)]
    pub kind: DeliveryType,
    /// Where it is picked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location_id: Option<LocationId>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<TimeWindow>,
}

/// A span of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeWindow {
    /// Its start.
    pub from: Timestamp,
    /// Its end, not before its start.
    pub to: Timestamp,
}

/// Who takes the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Stripe.
    Stripe,
    /// Alipay 支付宝.
    Alipay,
    /// WeChat Pay 微信支付.
    Wechatpay,
    /// Adyen.
    Adyen,
    /// PayPal.
    Paypal,
    /// Cash on delivery 货到付款.
    Cod,
    /// Collected by the sales channel.
    Channel,
    /// A gift card of the shop, kept by the service of coupons and points.
    GiftCard,
}

impl Provider {
    /// Every provider that an order may name.
    pub const ALL: &'static [Self] = &[
        Self::Stripe,
        Self::Alipay,
        Self::Wechatpay,
        Self::Adyen,
        Self::Paypal,
        Self::Cod,
        Self::Channel,
        Self::GiftCard,
    ];

    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::Alipay => "alipay",
            Self::Wechatpay => "wechatpay",
            Self::Adyen => "adyen",
            Self::Paypal => "paypal",
            Self::Cod => "cod",
            Self::Channel => "channel",
            Self::GiftCard => "gift_card",
        }
    }

    /// The provider with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|p| p.name() == name)
    }

    /// Whether the order may go on without this provider's word: the money comes at the door or is with the channel.
    #[must_use]
    pub fn is_promise(self) -> bool {
        match self {
            Self::Cod | Self::Channel => true,
            Self::Stripe | Self::Alipay | Self::Wechatpay | Self::Adyen | Self::Paypal | Self::GiftCard => false,
        }
    }

    /// Whether a payment provider is behind it, which begins payments, tells of them, takes them and calls them off.
    #[must_use]
    pub fn has_api(self) -> bool {
        match self {
            Self::Stripe | Self::Alipay | Self::Wechatpay | Self::Adyen | Self::Paypal => true,
            Self::Cod | Self::Channel | Self::GiftCard => false,
        }
    }
}

/// How far a declared payment has come at its channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclaredStatus {
    /// To be paid.
    #[default]
    Due,
    /// Promised to the channel.
    Authorized,
    /// Taken by the channel.
    Captured,
}

/// A payment as the order declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredPayment {
    /// Through whom.
    pub provider: Provider,
    /// How much.
    pub amount: Money,
    /// Whether the channel collects it.
    #[serde(default)]
    pub collected_by_channel: bool,
    /// How far it has come.
    #[serde(default)]
    pub status: DeclaredStatus,
    /// The channel's reference of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_reference: Option<String>,
    /// When it was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Timestamp>,
    /// Until when it is to be paid, if not at once: a balance (尾款). What has no such time is due first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<PaymentPurpose>,
    /// The code of a gift card: whoever knows it can spend it, so it is told to nobody but the service that keeps count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Our reference for the provider.
    pub reference: PaymentReference,
}

/// What a part of what is owed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentPurpose {
    /// Paid at once, so that goods are set aside (定金).
    Deposit,
    /// The rest, paid later (尾款).
    Balance,
}

impl PaymentPurpose {
    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Deposit => "deposit",
            Self::Balance => "balance",
        }
    }
}

/// An [`OrderBody`] that keeps every rule of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlacedOrder(OrderBody);

impl PlacedOrder {
    /// Checks the body: positive quantities, one currency, amounts that add up exactly, what the delivery needs.
    ///
    /// # Errors
    /// [`FieldError`] names the first field that breaks a rule.
    pub fn new(body: OrderBody) -> Result<Self, FieldError> {
        body_check::check(&body)?;
        Ok(Self(body))
    }

    /// The line with an id.
    #[must_use]
    pub fn line(&self, id: &LineId) -> Option<&Line> {
        self.0.lines.iter().find(|line| line.line_id == *id)
    }
}

impl Deref for PlacedOrder {
    type Target = OrderBody;
    fn deref(&self) -> &OrderBody {
        &self.0
    }
}

impl Line {
    /// Price times quantity.
    #[must_use]
    pub fn gross(&self) -> Money {
        // Checked when the order was placed; a line cannot be out of range here.
        self.unit_price.times(self.quantity).unwrap_or(Money::zero(self.unit_price.currency()))
    }

    /// Whether units of it leave a shelf.
    #[must_use]
    pub fn is_stocked(&self) -> bool {
        match self.kind {
            LineKind::Item | LineKind::Gift => true,
            // The parts of a set are lines of their own and carry its stock.
            LineKind::Bundle | LineKind::Service => false,
        }
    }
}
