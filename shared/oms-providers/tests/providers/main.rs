//! Tests of the adapters to the outside: signatures, meanings, requests to the byte, and agreement with other people's
//! code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod alipay_api;
mod alipay_callbacks;
mod alipay_support;
mod carrier;
mod cross_check;
mod cross_check_alipay;
mod cross_check_wechatpay;
mod never_panics;
mod never_panics_rsa;
mod rsa_secrets;
mod secrets;
mod spoilt;
mod standard_webhooks;
mod stripe_cancel;
mod stripe_currency;
mod stripe_events;
mod stripe_refund;
mod stripe_signature;
mod support;
mod warehouse;
mod wechatpay_api;
mod wechatpay_callbacks;
mod wechatpay_support;
