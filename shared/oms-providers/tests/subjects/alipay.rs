//! Alipay, played: a form that holds its own signature, over what its fields mean.

use oms_domain::body::Provider;
use oms_providers::alipay::signature::AlipaySigner;
use serde_json::json;
use url::form_urlencoded::{Serializer, parse};

use super::{Clock, Delivery, Event, Kind, Lacks, Merchant, OURS, Signer, Subject, THEIR_PUBLIC_KEY, THEIRS};

const APP_ID: &str = "2014072300007148";
const SELLER: &str = "2088101106499364";

#[derive(Debug)]
pub struct Alipay;

impl Subject for Alipay {
    fn provider(&self) -> Provider {
        Provider::Alipay
    }

    fn secret(&self) -> String {
        json!({
            "app_id": APP_ID, "seller_ids": [SELLER], "app_private_key": OURS, "alipay_public_keys": [THEIR_PUBLIC_KEY],
            "live": true,
        })
        .to_string()
    }

    fn says(&self, event: &Event) -> Delivery {
        let kind = match event.kind {
            Kind::Paid => "trade_status_sync",
            Kind::Unused => "dut_user_sign",
        };
        let app_id = match event.merchant {
            Merchant::Ours => APP_ID,
            Merchant::Another => "2014072300007149",
        };
        let (amount, at) = (event.amount(), event.at.to_string());
        let fields = [
            ("app_id", app_id),
            ("charset", "utf-8"),
            ("notify_id", &event.id),
            ("notify_time", &at),
            ("notify_type", kind),
            ("out_trade_no", &event.reference),
            ("seller_id", SELLER),
            ("subject", "T恤 100% + 1 & more=less"),
            ("total_amount", &amount),
            ("trade_no", "2013112011001004330000121536"),
            ("trade_status", "TRADE_SUCCESS"),
            ("trans_currency", event.currency),
        ];
        let key = match event.signer {
            Signer::Provider => THEIRS,
            Signer::Stranger => OURS,
        };
        let form = AlipaySigner::new(key).unwrap().form(&fields).unwrap();
        Delivery::new([("content-type", "application/x-www-form-urlencoded; charset=utf-8".to_owned())], form)
    }

    fn signature(&self, of: &Delivery) -> String {
        parse(&of.body).find(|(name, _)| name == "sign").unwrap().1.into_owned()
    }

    fn signed(&self, delivery: &Delivery, with: &[&str]) -> Delivery {
        let rest = parse(&delivery.body).filter(|(name, _)| name != "sign");
        let mut form = Serializer::new(String::new());
        form.extend_pairs(rest).extend_pairs(with.iter().map(|sign| ("sign", sign)));
        delivery.with_body(form.finish())
    }

    fn signs_bytes(&self) -> Lacks {
        Err("the signature is over what the form means, so it may be written in other ways")
    }

    fn clock(&self) -> Result<Clock, &'static str> {
        Err("notify_time is when this attempt was made, and nothing says how late one may come")
    }

    fn names_merchant(&self) -> Lacks {
        Ok(())
    }

    fn names_mode(&self) -> Lacks {
        Err("the sandbox has keys of its own: our own configuration says whether it is real money")
    }

    fn only_currency(&self) -> Option<&'static str> {
        Some("CNY")
    }
}
