//! Stripe, played: one header with the time and the signature.

use oms_domain::body::Provider;
use oms_providers::stripe::signature::header;
use serde_json::json;

use super::{Clock, Delivery, Event, Kind, Lacks, Signer, Subject};

const HEADER: &str = "stripe-signature";
const SECRET: &str = "whsec_of_the_suite";

#[derive(Debug)]
pub struct Stripe;

/// The time and the signature of a header.
fn parts(of: &Delivery) -> (String, String) {
    let header = of.header(HEADER);
    let (time, tag) = header.split_once(",v1=").unwrap();
    (time.strip_prefix("t=").unwrap().to_owned(), tag.to_owned())
}

impl Subject for Stripe {
    fn provider(&self) -> Provider {
        Provider::Stripe
    }

    fn secret(&self) -> String {
        json!({"api_key": "sk_test_of_the_suite", "webhook_secrets": [SECRET]}).to_string()
    }

    fn says(&self, event: &Event) -> Delivery {
        let kind = match event.kind {
            Kind::Paid => "payment_intent.succeeded",
            Kind::Unused => "customer.created",
        };
        let intent = json!({
            "id": "pi_suite", "object": "payment_intent", "amount": event.hundredths, "amount_received": event.hundredths,
            "currency": event.currency.to_ascii_lowercase(), "metadata": {"payment_reference": event.reference},
        });
        let body = json!({"id": event.id, "object": "event", "livemode": event.live, "type": kind, "data": {"object": intent}});
        let secret = match event.signer {
            Signer::Provider => SECRET,
            Signer::Stranger => "whsec_of_somebody_else",
        };
        let body = body.to_string();
        Delivery::new([(HEADER, header(secret, event.at, body.as_bytes()).unwrap())], body)
    }

    fn signature(&self, of: &Delivery) -> String {
        parts(of).1
    }

    fn signed(&self, delivery: &Delivery, with: &[&str]) -> Delivery {
        let (time, _) = parts(delivery);
        let headers: Vec<String> = with.iter().map(|tag| format!("t={time},v1={tag}")).collect();
        delivery.with_header(HEADER, &headers.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn signs_bytes(&self) -> Lacks {
        Ok(())
    }

    fn clock(&self) -> Result<Clock, &'static str> {
        let set = |delivery: &Delivery, times: &[&str]| {
            let (_, tag) = parts(delivery);
            let times: String = times.iter().map(|time| format!("t={time},")).collect();
            delivery.with_header(HEADER, &[&format!("{times}v1={tag}")])
        };
        Ok(Clock { oldest: 300, set })
    }

    fn names_merchant(&self) -> Lacks {
        Err("the endpoint's secret is the account's own, and an event names no account")
    }

    fn names_mode(&self) -> Lacks {
        Ok(())
    }

    fn only_currency(&self) -> Option<&'static str> {
        None
    }
}
