//! Whatever comes in WeChat Pay's or Alipay's name is answered and never panics; and what is not signed is never taken.

use http::{HeaderMap, HeaderName, HeaderValue};
use oms_providers::callback::{CallbackProvider, receive};
use oms_providers::error::Fault;
use oms_providers::secret::{AlipaySecrets, WechatpaySecrets};
use proptest::prelude::*;
use serde_json::json;

use crate::alipay_support::{alipay, fields, signer};
use crate::never_panics::any_json;
use crate::support::now;
use crate::wechatpay_support::{SERIAL, enciphered, notification, signed, transaction, wechatpay};

const WECHATPAY_EVENTS: [&str; 5] =
    ["TRANSACTION.SUCCESS", "REFUND.SUCCESS", "REFUND.ABNORMAL", "REFUND.CLOSED", "ANOTHER.EVENT"];

proptest! {
    // Each case signs with an RSA key, which takes its time without optimisation.
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_as_headers(values in prop::collection::vec(any::<Vec<u8>>(), 4), body in any::<Vec<u8>>()) {
        let names = ["wechatpay-signature", "wechatpay-timestamp", "wechatpay-nonce", "wechatpay-serial"];
        let entry = |(name, value): (&'static str, Vec<u8>)| {
            Some((HeaderName::from_static(name), HeaderValue::from_bytes(&value).ok()?))
        };
        let headers: HeaderMap = names.into_iter().zip(values).filter_map(entry).collect();
        prop_assert_eq!(receive(&wechatpay(), &headers, &body, now()).unwrap_err().fault(), Fault::Unsigned);
        prop_assert_eq!(receive(&alipay(), &headers, &body, now()).unwrap_err().fault(), Fault::Unsigned);
    }

    #[test]
    fn any_form(form in "([a-z_]{0,12}=[ -~]{0,30}&){0,6}sign=[A-Za-z0-9+/=%]{0,400}(&sign_type=RSA2)?") {
        prop_assert_eq!(receive(&alipay(), &HeaderMap::new(), form.as_bytes(), now()).unwrap_err().fault(), Fault::Unsigned);
    }

    #[test]
    fn a_signed_body_of_any_bytes_is_answered(body in any::<Vec<u8>>()) {
        let error = receive(&wechatpay(), &signed(SERIAL, &body), &body, now()).unwrap_err();
        prop_assert_eq!(error.fault(), Fault::NotAnEvent);
        prop_assert!(wechatpay().refused(&error).status.is_client_error());
    }

    #[test]
    fn a_signed_event_with_any_object_is_answered(
        kind in prop::sample::select(WECHATPAY_EVENTS.to_vec()), object in any_json(), plain in any::<Vec<u8>>(),
    ) {
        for event in [notification(kind, &object), enciphered(kind, &plain, crate::wechatpay_support::API_V3_KEY)] {
            let body = event.to_string().into_bytes();
            if let Err(error) = receive(&wechatpay(), &signed(SERIAL, &body), &body, now()) {
                prop_assert_eq!(error.fault(), Fault::Unreadable);
                prop_assert!(wechatpay().refused(&error).status.is_server_error());
            }
        }
    }

    #[test]
    fn any_change_of_a_signed_notification_is_noticed(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut body = notification("TRANSACTION.SUCCESS", &transaction(json!({}))).to_string().into_bytes();
        let headers = signed(SERIAL, &body);
        let at = at.index(body.len());
        body[at] ^= 1 << bit;
        prop_assert_eq!(receive(&wechatpay(), &headers, &body, now()).unwrap_err().name(), "SignatureMismatch");
    }

    #[test]
    fn a_signed_form_with_any_values_is_answered(
        key in prop::sample::select(vec!["trade_status", "total_amount", "refund_fee", "out_biz_no", "out_trade_no", "notify_id", "trade_no", "subject"]),
        value in prop_oneof![any::<String>(), "-?[0-9]{0,30}(\\.[0-9]{0,10})?"],
    ) {
        let body = signer().form(&fields(&[(key, &value)])).unwrap();
        if let Err(error) = receive(&alipay(), &HeaderMap::new(), body.as_bytes(), now()) {
            prop_assert_ne!(error.fault(), Fault::Unsigned, "{}: {}", key, value);
            prop_assert_ne!(error.fault(), Fault::Configuration);
        }
    }

    #[test]
    fn any_text_as_secret(text in any::<String>()) {
        let _either = (WechatpaySecrets::parse(&text), AlipaySecrets::parse(&text));
    }
}
