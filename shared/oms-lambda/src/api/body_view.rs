//! The parts of an order's body as answers show them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use oms_domain::body;
use oms_domain::id::LocationId;
use oms_domain::money::Money;
use serde::Serialize;
use utoipa::ToSchema;

use super::schema;

/// Who ordered.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CustomerView {
    /// The shop's id of the customer.
    pub id: String,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

impl From<&body::Customer> for CustomerView {
    fn from(customer: &body::Customer) -> Self {
        let body::Customer { id, name, email, phone } = customer.clone();
        Self { id, name, email, phone }
    }
}

/// A postal address, or what a marketplace shows of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AddressView {
    /// Recipient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Recipient's telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// ISO 3166-1 alpha-2 code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Province or state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// City.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// District (区/县).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub district: Option<String>,
    /// Town or street office (镇/街道).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub town: Option<String>,
    /// Street, house, flat.
    pub lines: Vec<String>,
    /// Postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Whether a marketplace hides the buyer.
    pub masked: bool,
    /// The marketplace's token for the hidden recipient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_token: Option<String>,
}

impl From<&body::Address> for AddressView {
    fn from(address: &body::Address) -> Self {
        let body::Address {
            name,
            phone,
            country,
            region,
            city,
            district,
            town,
            lines,
            postal_code,
            masked,
            channel_token,
        } = address.clone();
        Self { name, phone, country, region, city, district, town, lines, postal_code, masked, channel_token }
    }
}

/// A reduction of the price.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DiscountView {
    /// The coupon's or promotion's code.
    pub code: String,
    /// What kind.
    #[schema(value_type = String)]
    pub kind: body::DiscountKind,
    /// How much.
    #[schema(value_type = schema::Money)]
    pub amount: Money,
    /// Who bears it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub funded_by: Option<String>,
}

impl From<&body::Discount> for DiscountView {
    fn from(discount: &body::Discount) -> Self {
        let body::Discount { code, kind, amount, funded_by } = discount.clone();
        Self { code, kind, amount, funded_by }
    }
}

/// A tax on a line.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LineTaxView {
    /// `VAT`, ….
    pub code: String,
    /// A decimal fraction such as `0.13`.
    pub rate: String,
    /// How much.
    #[schema(value_type = schema::Money)]
    pub amount: Money,
}

impl From<&body::LineTax> for LineTaxView {
    fn from(tax: &body::LineTax) -> Self {
        let body::LineTax { code, rate, amount } = tax.clone();
        Self { code, rate: rate.to_string(), amount }
    }
}

/// How it is shipped.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ShippingView {
    /// `standard`, `express`, ….
    pub method: String,
    /// What the buyer pays for it.
    #[schema(value_type = schema::Money)]
    pub fee: Money,
}

impl From<&body::ShippingChoice> for ShippingView {
    fn from(shipping: &body::ShippingChoice) -> Self {
        let body::ShippingChoice { method, fee } = shipping.clone();
        Self { method, fee }
    }
}

/// How and when it is handed over.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeliveryView {
    /// How: `ship`, `pickup`, `local` or `digital`.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: body::DeliveryType,
    /// Where it is picked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::LocationId>)]
    pub location_id: Option<LocationId>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<WindowView>,
}

/// A span of time.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WindowView {
    /// Its start.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
}

impl From<&body::Delivery> for DeliveryView {
    fn from(delivery: &body::Delivery) -> Self {
        let body::Delivery { kind, location_id, window } = delivery.clone();
        let window = window.map(|body::TimeWindow { from, to }| WindowView { from, to });
        Self { kind, location_id, window }
    }
}

/// The buyer's device.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClientView {
    /// Internet address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// The storefront's id of the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
}

impl From<&body::ClientDevice> for ClientView {
    fn from(client: &body::ClientDevice) -> Self {
        let body::ClientDevice { ip, device_id } = client.clone();
        Self { ip, device_id }
    }
}

/// Gift wishes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GiftView {
    /// The card's text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// No prices on the slip.
    pub hide_prices: bool,
}

impl From<&body::Gift> for GiftView {
    fn from(gift: &body::Gift) -> Self {
        let body::Gift { message, hide_prices } = gift.clone();
        Self { message, hide_prices }
    }
}

/// The invoice (发票) wanted.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InvoiceView {
    /// `general`, `special`, ….
    #[serde(rename = "type")]
    pub kind: String,
    /// `company` or `person`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title_kind: Option<String>,
    /// The title (抬头).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The tax number (税号).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_id: Option<String>,
    /// Where it is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

impl From<&body::Invoice> for InvoiceView {
    fn from(invoice: &body::Invoice) -> Self {
        let body::Invoice { kind, title_kind, title, tax_id, email } = invoice.clone();
        Self { kind, title_kind, title, tax_id, email }
    }
}

/// What was ordered besides lines and money, as it was sent; what was not sent is not shown.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Wishes {
    /// The buyer's note to the seller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer_note: Option<String>,
    /// The seller's own note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seller_note: Option<String>,
    /// Gift wishes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gift: Option<GiftView>,
    /// The invoice (发票) wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice: Option<InvoiceView>,
    /// The storefront's own data.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

impl From<&body::OrderBody> for Wishes {
    fn from(body: &body::OrderBody) -> Self {
        Self {
            buyer_note: body.buyer_note.clone(),
            seller_note: body.seller_note.clone(),
            gift: body.gift.as_ref().map(Into::into),
            invoice: body.invoice.as_ref().map(Into::into),
            metadata: body.metadata.clone(),
        }
    }
}
