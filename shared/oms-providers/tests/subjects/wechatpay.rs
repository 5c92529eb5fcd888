//! WeChat Pay, played: headers with the time, a nonce and the signature; the object in the body is enciphered.

use oms_domain::body::Provider;
use oms_providers::secret::Secret;
use oms_providers::wechatpay::resource::seal;
use oms_providers::wechatpay::signature::PlatformSigner;
use serde_json::json;

use super::{Clock, Delivery, Event, Kind, Lacks, Merchant, OURS, Signer, Subject, THEIR_PUBLIC_KEY, THEIRS};

const SIGNATURE: &str = "wechatpay-signature";
const KEY_ID: &str = "PUB_KEY_ID_0119000000012024";
const API_V3_KEY: &str = "an-api-v3-key-of-32-characters-1";
const MCHID: &str = "1900000001";
const APPID: &str = "wxd678efh567hg6787";

#[derive(Debug)]
pub struct Wechatpay;

impl Subject for Wechatpay {
    fn provider(&self) -> Provider {
        Provider::Wechatpay
    }

    fn secret(&self) -> String {
        json!({
            "mchid": MCHID, "appids": [APPID], "api_v3_keys": [API_V3_KEY], "merchant_serial": "3775B6A45ACD588826D15E583A95F5DD",
            "merchant_private_key": OURS, "public_keys": {KEY_ID: THEIR_PUBLIC_KEY}, "live": true,
        })
        .to_string()
    }

    fn says(&self, event: &Event) -> Delivery {
        let kind = match event.kind {
            Kind::Paid => "TRANSACTION.SUCCESS",
            Kind::Unused => "PAYSCORE.USER_PAID",
        };
        let mchid = match event.merchant {
            Merchant::Ours => MCHID,
            Merchant::Another => "1900000002",
        };
        let transaction = json!({
            "transaction_id": "1217752501201407033233368018", "mchid": mchid, "appid": APPID, "out_trade_no": event.reference,
            "trade_state": "SUCCESS", "amount": {"total": event.hundredths, "currency": event.currency},
        });
        let key = Secret::parse("test", API_V3_KEY).unwrap();
        let ciphertext = seal(&key, "fdasflkja484", "transaction", transaction.to_string().as_bytes()).unwrap();
        let body = json!({
            "id": event.id, "event_type": kind, "resource_type": "encrypt-resource", "summary": "支付成功",
            "resource": {
                "original_type": "transaction", "algorithm": "AEAD_AES_256_GCM", "associated_data": "transaction",
                "nonce": "fdasflkja484", "ciphertext": ciphertext,
            },
        })
        .to_string();
        let key = match event.signer {
            Signer::Provider => THEIRS,
            Signer::Stranger => OURS,
        };
        let signer = PlatformSigner::new(KEY_ID, key).unwrap();
        Delivery::new(signer.headers(event.at, "a-nonce", body.as_bytes()).unwrap(), body)
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

    fn clock(&self) -> Result<Clock, &'static str> {
        Ok(Clock { oldest: 300, set: |delivery, times| delivery.with_header("wechatpay-timestamp", times) })
    }

    fn names_merchant(&self) -> Lacks {
        Ok(())
    }

    fn names_mode(&self) -> Lacks {
        Err("it has no test mode: our own configuration says whether it is real money")
    }

    fn only_currency(&self) -> Option<&'static str> {
        Some("CNY")
    }
}
