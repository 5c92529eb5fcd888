//! What the buyer is told, in Chinese and English.

use serde::{Deserialize, Serialize};

/// An occasion on which the buyer hears from the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Template {
    /// The order is confirmed.
    OrderConfirmed,
    /// The order could not be taken.
    OrderRejected,
    /// The order was not paid in time.
    OrderExpired,
    /// The rest of the order was not paid by its day, and the deposit is kept.
    OrderExpiredDepositKept,
    /// The order was cancelled.
    OrderCancelled,
    /// A part of the order was cancelled.
    OrderPartCancelled,
    /// A parcel is on its way.
    ParcelShipped,
    /// A parcel has arrived.
    ParcelDelivered,
    /// A parcel is late or in trouble.
    ParcelTrouble,
    /// Money was sent back.
    RefundSent,
}

/// A message in one language. `{order}` stands for the channel's order number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    /// Subject line.
    pub subject: &'static str,
    /// Body.
    pub body: &'static str,
}

impl Template {
    /// Every template.
    pub const ALL: &'static [Self] = &[
        Self::OrderConfirmed,
        Self::OrderRejected,
        Self::OrderExpired,
        Self::OrderExpiredDepositKept,
        Self::OrderCancelled,
        Self::OrderPartCancelled,
        Self::ParcelShipped,
        Self::ParcelDelivered,
        Self::ParcelTrouble,
        Self::RefundSent,
    ];

    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OrderConfirmed => "order_confirmed",
            Self::OrderRejected => "order_rejected",
            Self::OrderExpired => "order_expired",
            Self::OrderExpiredDepositKept => "order_expired_deposit_kept",
            Self::OrderCancelled => "order_cancelled",
            Self::OrderPartCancelled => "order_part_cancelled",
            Self::ParcelShipped => "parcel_shipped",
            Self::ParcelDelivered => "parcel_delivered",
            Self::ParcelTrouble => "parcel_trouble",
            Self::RefundSent => "refund_sent",
        }
    }

    /// The text in English.
    #[must_use]
    pub fn english(self) -> Text {
        let (subject, body) = match self {
            Self::OrderConfirmed => ("Order {order} is confirmed", "Thank you. We are preparing your order {order}."),
            Self::OrderRejected => (
                "Order {order} could not be taken",
                "We are sorry, we cannot take your order {order}. You were not charged for it, or your money is on its way back.",
            ),
            Self::OrderExpired => (
                "Order {order} was not paid in time",
                "Your order {order} was not paid in time and is closed. A payment that still arrives is sent back.",
            ),
            Self::OrderExpiredDepositKept => (
                "The rest of order {order} was not paid in time",
                "The rest of your order {order} was not paid by its day, and the order is closed. As agreed, the deposit is not sent back. Whatever you paid beyond it, and a payment that still arrives, is.",
            ),
            Self::OrderCancelled => {
                ("Order {order} is cancelled", "Your order {order} is cancelled. Whatever you paid has been sent back.")
            }
            Self::OrderPartCancelled => (
                "A part of order {order} is cancelled",
                "A part of your order {order} is cancelled, and the rest is on its way as before. Whatever you paid for the cancelled part is on its way back.",
            ),
            Self::ParcelShipped => {
                ("Order {order} is on its way", "A parcel of your order {order} has left our warehouse.")
            }
            Self::ParcelDelivered => ("Order {order} has arrived", "A parcel of your order {order} was delivered."),
            Self::ParcelTrouble => (
                "A parcel of order {order} is delayed",
                "A parcel of your order {order} is delayed. We are looking into it and will tell you more.",
            ),
            Self::RefundSent => ("Refund for order {order}", "We have sent you a refund for your order {order}."),
        };
        Text { subject, body }
    }

    /// The text in Simplified Chinese.
    #[must_use]
    pub fn chinese(self) -> Text {
        let (subject, body) = match self {
            Self::OrderConfirmed => ("订单 {order} 已确认", "感谢您的购买，您的订单 {order} 已确认，我们正在备货。"),
            Self::OrderRejected => (
                "订单 {order} 未能受理",
                "很抱歉，您的订单 {order} 未能受理。我们不会向您收款；如已付款，款项将原路退回。",
            ),
            Self::OrderExpired => {
                ("订单 {order} 超时未付款", "您的订单 {order} 因超时未付款已关闭。如款项随后到账，将原路退回。")
            }
            Self::OrderExpiredDepositKept => (
                "订单 {order} 尾款超时未付",
                "您的订单 {order} 未在约定日期前支付尾款，已关闭。按照约定，定金不予退还；定金以外已付的款项及随后到账的款项将原路退回。",
            ),
            Self::OrderCancelled => ("订单 {order} 已取消", "您的订单 {order} 已取消，已付款项已原路退回。"),
            Self::OrderPartCancelled => (
                "订单 {order} 部分商品已取消",
                "您的订单 {order} 中部分商品已取消，其余商品照常处理。已为取消部分支付的款项将原路退回。",
            ),
            Self::ParcelShipped => ("订单 {order} 已发货", "您的订单 {order} 中有包裹已从仓库发出。"),
            Self::ParcelDelivered => ("订单 {order} 已签收", "您的订单 {order} 中有包裹已签收。"),
            Self::ParcelTrouble => {
                ("订单 {order} 的包裹延误", "您的订单 {order} 中有包裹出现延误，我们正在核实，稍后会告知您进展。")
            }
            Self::RefundSent => ("订单 {order} 退款通知", "您的订单 {order} 的退款已发出。"),
        };
        Text { subject, body }
    }

    /// The text for a locale: Chinese for `zh…`, English otherwise.
    #[must_use]
    pub fn text(self, locale: &str) -> Text {
        if locale.to_ascii_lowercase().starts_with("zh") { self.chinese() } else { self.english() }
    }
}
