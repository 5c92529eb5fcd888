//! A line of an order as answers show it.

use std::collections::BTreeMap;

use oms_domain::body::{Line, LineKind};
use oms_domain::derived;
use oms_domain::id::{LineId, Sku};
use oms_domain::money::{Money, MoneyError};
use oms_domain::order::Order;
use serde::Serialize;
use utoipa::ToSchema;

use super::body_view::{DiscountView, LineTaxView};
use super::schema;

/// A line, and how far its units have come.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LineView {
    /// Its position from 1.
    #[schema(value_type = schema::LineId)]
    pub line_id: LineId,
    /// The channel's id of the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel_line_id: Option<String>,
    /// What.
    #[schema(value_type = schema::Sku)]
    pub sku: Sku,
    /// What, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What kind of line.
    #[schema(value_type = String)]
    pub kind: LineKind,
    /// The `channel_line_id` of the set that it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Colour, size, ….
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// How many were ordered.
    pub quantity: u32,
    /// The price of one.
    #[schema(value_type = schema::Money)]
    pub unit_price: Money,
    /// Discounts on this line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub discounts: Vec<DiscountView>,
    /// How this line's tax comes about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub taxes: Vec<LineTaxView>,
    /// Price times quantity less the line's own discounts.
    #[schema(value_type = schema::Money)]
    pub total: Money,
    /// Left a location.
    pub shipped: u32,
    /// With the buyer.
    pub delivered: u32,
    /// Will never ship.
    pub cancelled: u32,
    /// Came back.
    pub returned: u32,
}

impl LineView {
    /// The view of one of the order's lines.
    ///
    /// # Errors
    /// [`MoneyError`], never for an order that was accepted.
    pub fn of(order: &Order, line: &Line) -> Result<Self, MoneyError> {
        let off = Money::sum(order.body.currency, line.discounts.iter().map(|d| d.amount))?;
        let counters = derived::line_counters(order, line);
        Ok(Self {
            line_id: line.line_id.clone(),
            channel_line_id: line.channel_line_id.clone(),
            sku: line.sku.clone(),
            title: line.title.clone(),
            kind: line.kind,
            parent: line.parent.clone(),
            attributes: line.attributes.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            discounts: line.discounts.iter().map(Into::into).collect(),
            taxes: line.taxes.iter().map(Into::into).collect(),
            total: line.gross().sub(off)?,
            shipped: counters.shipped,
            delivered: counters.delivered,
            cancelled: counters.cancelled,
            returned: counters.returned,
        })
    }
}
