//! Providers that take the money when the buyer pays: there is no promise to take, and nothing is sent.

use oms_app::ports::{CaptureAnswer, PaymentGateway};
use wiremock::MockServer;

use crate::support::capture_request;

#[tokio::test]
async fn whoever_keeps_no_promise_refuses() {
    let server = MockServer::start().await;
    let wechatpay = crate::wechatpay_support::client(&server.uri());
    let alipay = crate::alipay_support::client(&server.uri());
    let gateways: [(&str, &dyn PaymentGateway); 2] = [("WeChat Pay", &wechatpay), ("Alipay", &alipay)];
    for (name, gateway) in gateways {
        let request = capture_request("2026111122001");
        for answer in [gateway.capture(&request).await, gateway.query_capture(&request).await] {
            let CaptureAnswer::Refused { reason } = answer else { panic!("{name}: {answer:?}") };
            assert!(reason.starts_with(name), "{reason}");
        }
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}
