//! `POST /v1/orders`: an order as a storefront or a channel sends it.

use jiff::Timestamp;
use oms_domain::body;
use oms_domain::id::{Channel, ChannelOrderId, LocationId, Sku};
use oms_domain::money::{Currency, Money};
use serde::Deserialize;
use utoipa::ToSchema;

use super::fields::{Country, Email, Locale, Note, Text, TextMap};
use super::schema;
use super::values::{Ip, Rate};

/// An order to take. `total` is exactly lines − discounts + shipping + tax (without + tax when `prices_include_tax`).
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderRequest {
    /// Where it was placed: one of the credential's channels.
    #[schema(value_type = schema::Channel)]
    pub channel: Channel,
    /// Its number there. With the channel it names one order.
    #[schema(value_type = String, min_length = 1, max_length = 120)]
    pub channel_order_id: ChannelOrderId,
    /// The one currency of all its amounts.
    #[schema(value_type = schema::Currency)]
    pub currency: Currency,
    /// When the buyer placed it.
    pub placed_at: Option<Timestamp>,
    /// When the channel wants it shipped.
    pub ship_by: Option<Timestamp>,
    /// The buyer's language; without it Chinese for orders that go to China, English otherwise.
    pub locale: Option<Locale>,
    /// Whether unit prices contain the tax. Default false.
    pub prices_include_tax: Option<bool>,
    /// Whose prices count. Default `catalogue`; `channel` is taken only from the channel's own credential.
    #[schema(value_type = Option<schema::PriceSource>)]
    pub price_source: Option<body::PriceSource>,
    /// Who ordered.
    pub customer: CustomerRequest,
    /// Where it goes; required for delivery types `ship` and `local`.
    pub shipping_address: Option<AddressRequest>,
    /// Where the invoice goes.
    pub billing_address: Option<AddressRequest>,
    /// What was ordered.
    #[schema(min_items = 1, max_items = 80)]
    pub lines: Vec<LineRequest>,
    /// Discounts on the whole order.
    #[schema(max_items = 50)]
    pub discounts: Option<Vec<DiscountRequest>>,
    /// How it is shipped.
    pub shipping: ShippingRequest,
    /// All tax of the order.
    #[schema(value_type = schema::Money)]
    pub tax: Money,
    /// How it is paid, when one payment covers the total. Either this or `payments`.
    pub payment: Option<PaymentRequest>,
    /// How it is paid, when there are several payments or the channel has already collected. Amounts add up to the total.
    #[schema(min_items = 1, max_items = 10)]
    pub payments: Option<Vec<DeclaredPaymentRequest>>,
    /// What the buyer owes in all.
    #[schema(value_type = schema::Money)]
    pub total: Money,
    /// How it is handed over. Default: shipped.
    pub delivery: Option<DeliveryRequest>,
    /// The buyer's device, for the checks against fraud.
    pub client: Option<ClientRequest>,
    /// The buyer's note to the seller.
    pub buyer_note: Option<Note<1000>>,
    /// The seller's own note.
    pub seller_note: Option<Note<1000>>,
    /// Gift wishes.
    pub gift: Option<GiftRequest>,
    /// The invoice (发票) wanted.
    pub invoice: Option<InvoiceRequest>,
    /// The storefront's own data, kept and shown.
    pub metadata: Option<TextMap<50, 64, 500>>,
}

/// Who ordered.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerRequest {
    /// The shop's id of the customer.
    pub id: Text<1, 120>,
    /// Name.
    pub name: Option<Text<0, 200>>,
    /// Mail address.
    pub email: Option<Email>,
    /// Telephone number.
    pub phone: Option<Text<0, 40>>,
}

/// A postal address, or what a marketplace shows of it. A masked one is valid as it comes.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressRequest {
    /// Recipient.
    pub name: Option<Text<0, 200>>,
    /// Recipient's telephone number.
    pub phone: Option<Text<0, 40>>,
    /// ISO 3166-1 alpha-2 code.
    pub country: Option<Country>,
    /// Province or state.
    pub region: Option<Text<0, 100>>,
    /// City.
    pub city: Option<Text<0, 100>>,
    /// District (区/县).
    pub district: Option<Text<0, 100>>,
    /// Town or street office (镇/街道).
    pub town: Option<Text<0, 100>>,
    /// Street, house, flat.
    #[schema(max_items = 10)]
    pub lines: Option<Vec<Text<0, 200>>>,
    /// Postal code.
    pub postal_code: Option<Text<0, 20>>,
    /// Whether a marketplace hides the buyer. Default false.
    pub masked: Option<bool>,
    /// The marketplace's token for the hidden recipient (OAID).
    pub channel_token: Option<Text<0, 1024>>,
}

/// One line.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineRequest {
    /// The channel's id of the line, unique within the order.
    pub channel_line_id: Option<Text<0, 120>>,
    /// What.
    #[schema(value_type = schema::Sku)]
    pub sku: Sku,
    /// What, in words.
    pub title: Option<Text<0, 300>>,
    /// How many.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: u32,
    /// The price of one.
    #[schema(value_type = schema::Money)]
    pub unit_price: Money,
    /// What kind of line. Default `item`.
    #[schema(value_type = Option<schema::LineKind>)]
    pub kind: Option<body::LineKind>,
    /// The `channel_line_id` of the set that it is part of.
    pub parent: Option<Text<0, 120>>,
    /// Colour, size, ….
    pub attributes: Option<TextMap<20, 64, 200>>,
    /// Discounts on this line.
    #[schema(max_items = 20)]
    pub discounts: Option<Vec<DiscountRequest>>,
    /// How this line's tax comes about; its amounts are part of the order's tax.
    #[schema(max_items = 10)]
    pub taxes: Option<Vec<LineTaxRequest>>,
}

/// A reduction of the price.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DiscountRequest {
    /// The coupon's or promotion's code.
    pub code: Text<1, 100>,
    /// What kind.
    #[schema(value_type = schema::DiscountKind)]
    pub kind: body::DiscountKind,
    /// How much, not negative.
    #[schema(value_type = schema::Money)]
    pub amount: Money,
    /// Who bears it: `merchant`, `channel`, ….
    pub funded_by: Option<Text<0, 40>>,
}

/// A tax on a line.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineTaxRequest {
    /// `VAT`, ….
    pub code: Text<1, 40>,
    /// A decimal fraction such as `0.13`.
    pub rate: Rate,
    /// How much.
    #[schema(value_type = schema::Money)]
    pub amount: Money,
}

/// How it is shipped.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShippingRequest {
    /// `standard`, `express`, ….
    pub method: Text<1, 40>,
    /// What the buyer pays for it.
    #[schema(value_type = schema::Money)]
    pub fee: Money,
}

/// One payment of the whole total.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentRequest {
    /// Through whom.
    #[schema(value_type = schema::Provider)]
    pub provider: body::Provider,
    /// The code of a gift card: required for `gift_card`, and only for that.
    pub code: Option<Text<1, 64>>,
}

/// Who collects a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CollectedBy {
    /// The shop.
    Merchant,
    /// The sales channel.
    Channel,
}

/// One of several payments, or one that the channel has collected.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclaredPaymentRequest {
    /// Through whom.
    #[schema(value_type = schema::Provider)]
    pub provider: body::Provider,
    /// How much.
    #[schema(value_type = schema::Money)]
    pub amount: Money,
    /// Who collects it. Default `merchant`, but `channel` for the provider `channel` and for what is already collected.
    pub collected_by: Option<CollectedBy>,
    /// How far it has come. Default `due`; the others are taken only from the channel's own credential.
    #[schema(value_type = Option<schema::DeclaredStatus>)]
    pub status: Option<body::DeclaredStatus>,
    /// The channel's reference of it.
    pub reference: Option<Text<0, 200>>,
    /// When it was paid.
    pub paid_at: Option<Timestamp>,
    /// Until when it is to be paid, if not at once; what has none is due first.
    pub due_at: Option<Timestamp>,
    /// `deposit` (due at once) or `balance` (with a `due_at`), for people.
    #[schema(value_type = Option<schema::PaymentPurpose>)]
    pub purpose: Option<body::PaymentPurpose>,
    /// The code of a gift card: required for `gift_card`, and only for that.
    pub code: Option<Text<1, 64>>,
}

/// How and when it is handed over.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliveryRequest {
    /// How. Default `ship`.
    #[serde(rename = "type")]
    #[schema(value_type = Option<schema::DeliveryType>)]
    pub kind: Option<body::DeliveryType>,
    /// Where it is picked up; required for `pickup`.
    #[schema(value_type = Option<schema::LocationId>)]
    pub location_id: Option<LocationId>,
    /// When.
    pub window: Option<WindowRequest>,
}

/// A span of time.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowRequest {
    /// Its start.
    pub from: Timestamp,
    /// Its end, not before its start.
    pub to: Timestamp,
}

/// The buyer's device.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientRequest {
    /// Internet address.
    pub ip: Option<Ip>,
    /// The storefront's id of the device.
    pub device_id: Option<Text<0, 200>>,
}

/// Gift wishes.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiftRequest {
    /// The card's text.
    pub message: Option<Note<500>>,
    /// No prices on the slip. Default false.
    pub hide_prices: Option<bool>,
}

/// The invoice (发票) wanted.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvoiceRequest {
    /// `general`, `special`, ….
    #[serde(rename = "type")]
    pub kind: Text<1, 40>,
    /// `company` or `person`.
    pub title_kind: Option<Text<0, 40>>,
    /// The title (抬头).
    pub title: Option<Text<0, 200>>,
    /// The tax number (税号).
    pub tax_id: Option<Text<0, 40>>,
    /// Where it is sent.
    pub email: Option<Email>,
}
