//! Beginning a payment at its provider: what a storefront asks, and what it is told to do next.

use std::collections::BTreeMap;

use jiff::Timestamp;
use oms_app::ports::{BuyerSecret, NextAction, Payer};
use oms_app::starting::{Ask, Begun};
use oms_domain::body::Provider;
use oms_domain::id::{PaymentId, PaymentReference};
use oms_domain::payment_start::PayerClient;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fields::Text;
use super::schema;

/// With what the buyer pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// A page in a browser.
    Web,
    /// A page in a telephone's browser.
    MobileWeb,
    /// A telephone that scans a code shown elsewhere.
    Qr,
    /// A mini program, or a page inside the provider's own app.
    MiniProgram,
}

impl From<ClientKind> for PayerClient {
    fn from(kind: ClientKind) -> Self {
        match kind {
            ClientKind::Web => Self::Web,
            ClientKind::MobileWeb => Self::MobileWeb,
            ClientKind::Qr => Self::Qr,
            ClientKind::MiniProgram => Self::MiniProgram,
        }
    }
}

/// Who pays, as far as a provider wants to know.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayerRequest {
    /// Who the buyer is to a mini program; needed for `mini_program`.
    pub openid: Option<Text<1, 128>>,
    /// To which of the shop's apps, where it has several; without it the first.
    pub appid: Option<Text<1, 64>>,
    /// From where the buyer calls, where the order does not say; needed for `mobile_web` at WeChat Pay.
    pub ip: Option<Text<1, 45>>,
}

/// A payment to begin.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartPaymentRequest {
    /// With what the buyer pays. A payment that was begun for one kind is not begun for another: open a further attempt.
    pub client: ClientKind,
    /// Where the buyer goes afterwards: a page of one of the shop's hosts.
    pub return_url: Option<Text<1, 1024>>,
    /// Who pays.
    pub payer: Option<PayerRequest>,
}

impl StartPaymentRequest {
    /// What is asked of the use case.
    #[must_use]
    pub fn into_ask(self) -> Ask {
        let payer = self.payer.unwrap_or_default();
        Ask {
            client: self.client.into(),
            return_url: self.return_url.map(Text::into_string),
            payer: Payer {
                openid: payer.openid.map(Text::into_string),
                appid: payer.appid.map(Text::into_string),
                ip: payer.ip.map(Text::into_string),
            },
        }
    }
}

/// What the storefront does next. Clients tolerate new types.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum NextActionView {
    /// Hand this to the provider's own script, in the buyer's browser.
    ClientSecret {
        /// A secret of this payment's, for the buyer's browser alone.
        #[schema(value_type = String)]
        value: BuyerSecret,
    },
    /// Show this as a code to scan.
    QrCode {
        /// What the code says.
        url: String,
    },
    /// Have the browser send this form.
    Form {
        /// Where to.
        action: String,
        /// How.
        method: &'static str,
        /// What is in it.
        fields: BTreeMap<String, String>,
    },
    /// Send the buyer there.
    Redirect {
        /// Where.
        url: String,
    },
    /// Call the provider's app with these.
    Invoke {
        /// By the names that the app wants.
        fields: BTreeMap<String, String>,
    },
    /// Nothing: the buyer has done all, and the provider's word is on its way.
    Wait {},
}

impl From<NextAction> for NextActionView {
    fn from(next: NextAction) -> Self {
        match next {
            NextAction::ClientSecret { value } => Self::ClientSecret { value },
            NextAction::QrCode { url } => Self::QrCode { url },
            NextAction::Form { action, method, fields } => Self::Form { action, method, fields },
            NextAction::Redirect { url } => Self::Redirect { url },
            NextAction::Invoke { fields } => Self::Invoke { fields },
            NextAction::Wait => Self::Wait {},
        }
    }
}

/// A payment that is begun.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StartedPayment {
    /// The attempt.
    #[schema(value_type = String)]
    pub payment_id: PaymentId,
    /// Its reference.
    #[schema(value_type = schema::PaymentReference)]
    pub payment_reference: PaymentReference,
    /// Its provider.
    #[schema(value_type = schema::Provider)]
    pub provider: Provider,
    /// What the storefront does next.
    pub next_action: NextActionView,
    /// Until when it may be paid.
    pub expires_at: Timestamp,
}

impl From<Begun> for StartedPayment {
    fn from(begun: Begun) -> Self {
        Self {
            payment_id: begun.payment.id,
            payment_reference: begun.payment.reference,
            provider: begun.payment.provider,
            next_action: begun.next.into(),
            expires_at: begun.expires_at,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;
    use oms_app::ports::{StartAnswer, Started};
    use serde_json::{Value, json};

    #[test]
    fn what_is_asked() {
        let read = |body: Value| serde_json::from_value::<StartPaymentRequest>(body).map(StartPaymentRequest::into_ask);
        for client in PayerClient::ALL {
            assert_eq!(read(json!({"client": client.name()})).unwrap().client, *client);
        }
        let ask =
            read(json!({"client": "mini_program", "return_url": "https://shop.example/", "payer": {"openid": "o-1"}}));
        let ask = ask.unwrap();
        assert_eq!(ask.return_url.as_deref(), Some("https://shop.example/"));
        assert_eq!(ask.payer, Payer { openid: Some("o-1".into()), appid: None, ip: None });
        for wrong in [
            json!({}),
            json!({"client": "fax"}),
            json!({"client": "web", "x": 1}),
            json!({"client": "web", "return_url": ""}),
        ] {
            assert!(read(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_comes_next_has_a_type() {
        let fields = || BTreeMap::from([("a".to_owned(), "b".to_owned())]);
        for (next, expected) in [
            (NextAction::ClientSecret { value: "x".to_owned().into() }, json!({"type": "client_secret", "value": "x"})),
            (NextAction::QrCode { url: "x".into() }, json!({"type": "qr_code", "url": "x"})),
            (
                NextAction::Form { action: "x".into(), method: "POST", fields: fields() },
                json!({"type": "form", "action": "x", "method": "POST", "fields": {"a": "b"}}),
            ),
            (NextAction::Redirect { url: "x".into() }, json!({"type": "redirect", "url": "x"})),
            (NextAction::Invoke { fields: fields() }, json!({"type": "invoke", "fields": {"a": "b"}})),
            (NextAction::Wait, json!({"type": "wait"})),
        ] {
            assert_eq!(serde_json::to_value(NextActionView::from(next)).unwrap(), expected);
        }
    }

    /// It is answered, and it is in no line of a log: neither by itself nor inside of what holds it.
    #[test]
    fn a_secret_of_the_buyers_is_not_printed() {
        let secret = "pi_1_secret_Wx7";
        let next = NextAction::ClientSecret { value: secret.to_owned().into() };
        let started = Started { provider_payment_id: Some("pi_1".into()), object: None, next: next.clone() };
        let view = NextActionView::from(next.clone());
        for text in [
            format!("{next:?}"),
            format!("{next:#?}"),
            format!("{:?}", StartAnswer::Started(started)),
            format!("{view:?}"),
        ] {
            assert!(!text.contains("Wx7") && text.contains("redacted"), "{text}");
        }
        assert!(serde_json::to_string(&view).unwrap().contains(secret));
    }
}
