//! Adyen, played: JSON in which every item holds its own signature, over eight of its fields.

use oms_domain::body::Provider;
use oms_providers::adyen::signature::AdyenSigner;
use serde_json::{Value, json};

use super::{Clock, Delivery, Event, Kind, Lacks, Merchant, Signer, Subject};

const HMAC_KEY: &str = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";
const STRANGERS_KEY: &str = "1111111111111111111111111111111111111111111111111111111111111111";
const ACCOUNT: &str = "WaybillCOM";

#[derive(Debug)]
pub struct Adyen;

impl Subject for Adyen {
    fn provider(&self) -> Provider {
        Provider::Adyen
    }

    fn secret(&self) -> String {
        json!({
            "api_key": "AQE-of-the-suite", "hmac_keys": [HMAC_KEY], "merchant_account": ACCOUNT, "live": true,
            "live_prefix": "1797a841fbb37ca7-Waybill", "capture": "automatic",
        })
        .to_string()
    }

    fn says(&self, event: &Event) -> Delivery {
        let code = match event.kind {
            Kind::Paid => "AUTHORISATION",
            Kind::Unused => "REPORT_AVAILABLE",
        };
        let account = match event.merchant {
            Merchant::Ours => ACCOUNT,
            Merchant::Another => "WaybillUS",
        };
        let key = match event.signer {
            Signer::Provider => HMAC_KEY,
            Signer::Stranger => STRANGERS_KEY,
        };
        let mut item = json!({
            "amount": {"currency": event.currency, "value": event.hundredths}, "eventCode": code,
            "merchantAccountCode": account, "merchantReference": event.reference, "pspReference": event.id,
            "success": "true",
        });
        item["additionalData"] = json!({"hmacSignature": AdyenSigner::new(key).unwrap().sign(&item).unwrap()});
        let live = event.live.to_string();
        Delivery::new([], json!({"live": live, "notificationItems": [{"NotificationRequestItem": item}]}).to_string())
    }

    fn signature(&self, of: &Delivery) -> String {
        let data = &of.json()["notificationItems"][0]["NotificationRequestItem"]["additionalData"];
        data["hmacSignature"].as_str().unwrap().to_owned()
    }

    fn signed(&self, delivery: &Delivery, with: &[&str]) -> Delivery {
        let body = String::from_utf8(delivery.body.clone()).unwrap();
        let field = format!(r#""hmacSignature":{}"#, Value::from(self.signature(delivery)));
        assert_eq!(body.matches(&field).count(), 1);
        let fields: Vec<String> =
            with.iter().map(|signature| format!(r#""hmacSignature":{}"#, Value::from(*signature))).collect();
        delivery.with_body(body.replace(&field, &fields.join(",")))
    }

    fn signs_bytes(&self) -> Lacks {
        Err("eight fields of every item are signed, and the body as such is not")
    }

    fn clock(&self) -> Result<Clock, &'static str> {
        Err("no time is among the fields that are signed")
    }

    fn names_merchant(&self) -> Lacks {
        Ok(())
    }

    fn names_mode(&self) -> Lacks {
        Ok(())
    }

    fn only_currency(&self) -> Option<&'static str> {
        None
    }
}
