//! PayPal, played: headers with the time, an id and the signature, which covers the body's CRC-32.

use oms_domain::body::Provider;
use oms_providers::paypal::signature::PaypalSigner;
use serde_json::json;

use super::{Clock, Delivery, Event, Kind, Lacks, Merchant, OURS, Signer, Subject, THEIR_CERTIFICATE, THEIRS};

const SIGNATURE: &str = "paypal-transmission-sig";
const WEBHOOK: &str = "9GN12345AB678901C";
const MERCHANT: &str = "7LTPLLDPVNTCC";
const CAPTURE: &str = "42311647XV020574X";

#[derive(Debug)]
pub struct Paypal;

impl Subject for Paypal {
    fn provider(&self) -> Provider {
        Provider::Paypal
    }

    fn secret(&self) -> String {
        json!({
            "client_id": "AV-of-the-suite", "client_secret": "EP-of-the-suite", "webhook_id": WEBHOOK, "merchant_id": MERCHANT,
            "certificates": [THEIR_CERTIFICATE], "live": true,
        })
        .to_string()
    }

    fn says(&self, event: &Event) -> Delivery {
        let kind = match event.kind {
            Kind::Paid => "PAYMENT.CAPTURE.COMPLETED",
            Kind::Unused => "BILLING.SUBSCRIPTION.CREATED",
        };
        let merchant = match event.merchant {
            Merchant::Ours => MERCHANT,
            Merchant::Another => "8LTPLLDPVNTCC",
        };
        let host = if event.live { "api.paypal.com" } else { "api.sandbox.paypal.com" };
        let body = json!({
            "id": event.id, "event_type": kind,
            "resource": {
                "id": CAPTURE, "status": "COMPLETED", "custom_id": event.reference, "payee": {"merchant_id": merchant},
                "amount": {"currency_code": event.currency, "value": event.amount()},
            },
            "links": [{"href": format!("https://{host}/v1/notifications/webhooks-events/{}", event.id), "rel": "self"}],
        })
        .to_string();
        let key = match event.signer {
            Signer::Provider => THEIRS,
            Signer::Stranger => OURS,
        };
        let signer = PaypalSigner::new(WEBHOOK, key).unwrap();
        Delivery::new(signer.headers(event.at, "69cd13f0-d67a-11e5-baa3-778b53f4ae55", body.as_bytes()).unwrap(), body)
    }

    fn signature(&self, of: &Delivery) -> String {
        of.header(SIGNATURE)
    }

    fn signed(&self, delivery: &Delivery, with: &[&str]) -> Delivery {
        delivery.with_header(SIGNATURE, with)
    }

    fn signs_bytes(&self) -> Lacks {
        Ok(())
    }

    /// It tries for three days, perhaps under the first attempt's signature.
    fn clock(&self) -> Result<Clock, &'static str> {
        let set = |delivery: &Delivery, times: &[&str]| delivery.with_header("paypal-transmission-time", times);
        Ok(Clock { oldest: 4 * 86_400, set })
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
