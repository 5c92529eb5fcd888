//! WeChat Pay, Alipay, Adyen and PayPal as a stack meets them: their APIs on loopback, which take nothing from strangers, and
//! their notifications, signed as they sign them. Written from their documentation alone, beside the product's own code.
//!
//! All know a payment by the shop's reference until it is paid, and a refund by the shop's number for good: the same number
//! is one refund however often it is sent, and no more goes back than came in.

pub mod adyen;
pub mod alipay;
mod books;
mod keys;
pub mod paypal;
mod server;
pub mod wechatpay;

pub use self::books::{Books, Refund, Trade};
pub use self::keys::{OUR_PUBLIC_KEY, OURS, THEIR_CERTIFICATE, THEIR_PUBLIC_KEY, THEIRS};
pub use self::server::WalletsStandIn;

use crate::error::Result;
use crate::stack_file::StackFile;

/// The merchant's number at WeChat Pay.
pub const MCHID: &str = "1900000001";
/// Its app.
pub const APPID: &str = "wx0000000000local1";
/// The number of its API certificate.
pub const MERCHANT_SERIAL: &str = "1234567890ABCDEF000000000000000000000001";
/// The name of WeChat Pay's key.
pub const PLATFORM_SERIAL: &str = "PUB_KEY_ID_0119000000010001";
/// The app at Alipay.
pub const APP_ID: &str = "9021000000000001";
/// The account that takes money through it.
pub const SELLER_ID: &str = "2088000000000001";
/// The account at Adyen.
pub const MERCHANT_ACCOUNT: &str = "LocalShopCOM";
/// The app at PayPal.
pub const CLIENT_ID: &str = "AV-local";
/// Its webhook.
pub const WEBHOOK_ID: &str = "9GN0LOCAL67890";
/// The account that takes money through it.
pub const MERCHANT_ID: &str = "7LTLOCALPVNTC";

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wallet {
    /// WeChat Pay.
    Wechatpay,
    /// Alipay.
    Alipay,
    /// Adyen.
    Adyen,
    /// PayPal.
    Paypal,
}

/// A request as the wallet sends it.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Its headers.
    pub headers: Vec<(&'static str, String)>,
    /// Its body.
    pub body: String,
}

impl Wallet {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Wechatpay, Self::Alipay, Self::Adyen, Self::Paypal];

    /// The provider's name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wechatpay => "wechatpay",
            Self::Alipay => "alipay",
            Self::Adyen => "adyen",
            Self::Paypal => "paypal",
        }
    }

    /// The exact answer to a notification that was heard.
    pub fn heard(self) -> &'static str {
        match self {
            Self::Wechatpay => "",
            Self::Alipay => "success",
            Self::Adyen => "[accepted]",
            Self::Paypal => r#"{"received":true}"#,
        }
    }

    /// The notification that a trade was paid, under this id; Adyen's have none but the payment's.
    ///
    /// # Errors
    /// The stack's keys cannot sign.
    pub fn paid(self, stack: &StackFile, id: &str, trade: &Trade) -> Result<Signed> {
        match self {
            Self::Wechatpay => wechatpay::paid(&stack.providers.wechatpay, id, trade),
            Self::Alipay => alipay::paid(&stack.providers.alipay, id, trade),
            Self::Adyen => adyen::paid(&stack.providers.adyen, trade),
            Self::Paypal => paypal::paid(&stack.providers.paypal, id, trade),
        }
    }

    /// The notification that a refund has gone through, under this id; Adyen's have none but the refund's.
    ///
    /// # Errors
    /// The stack's keys cannot sign.
    pub fn refunded(self, stack: &StackFile, id: &str, trade: &Trade, refund: &Refund) -> Result<Signed> {
        match self {
            Self::Wechatpay => wechatpay::refunded(&stack.providers.wechatpay, id, trade, refund),
            Self::Alipay => alipay::refunded(&stack.providers.alipay, id, trade, refund),
            Self::Adyen => adyen::refunded(&stack.providers.adyen, trade, refund),
            Self::Paypal => paypal::refunded(&stack.providers.paypal, id, refund),
        }
    }
}
