//! What WeChat Pay, Alipay, Adyen and PayPal say: their notifications, signed as they sign them, and delivered.

use local_stack::wallets::{Refund, Signed, Trade, Wallet, paypal};
use serde_json::Value;

use super::{Answer, World};

impl World {
    /// The notification that a trade was paid, never told before.
    pub fn wallet_paid(&self, wallet: Wallet, trade: &Trade) -> Signed {
        wallet.paid(&self.stack, &self.number("evt"), trade).unwrap()
    }

    /// The notification that a refund has gone through, never told before.
    pub fn wallet_refunded(&self, wallet: Wallet, trade: &Trade, refund: &Refund) -> Signed {
        wallet.refunded(&self.stack, &self.number("evt"), trade, refund).unwrap()
    }

    /// PayPal's notification that the buyer's bank promises the money, never told before.
    pub fn paypal_promised(&self, trade: &Trade) -> Signed {
        paypal::promised(&self.stack.providers.paypal, &self.number("evt"), trade).unwrap()
    }

    /// Delivers a notification, whether its signature fits or not.
    pub async fn wallet_delivers(&self, wallet: Wallet, said: &Signed) -> Answer {
        let request = self.request("POST", &format!("/v1/payments/{}/callbacks", wallet.name()));
        let request = said.headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        Answer::to(request.body(said.body.clone())).await
    }

    /// Delivers a notification that must be heard, in the wallet's own manner.
    pub async fn wallet_says(&self, wallet: Wallet, said: &Signed) {
        let heard = wallet.heard();
        let heard = serde_json::from_str(heard).unwrap_or_else(|_| Value::from(heard));
        assert_eq!(self.wallet_delivers(wallet, said).await.expect(200), heard, "{}", wallet.name());
    }
}
