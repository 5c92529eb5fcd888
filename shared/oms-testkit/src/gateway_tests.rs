//! The provider of the tests, tested.

use oms_domain::id::PaymentReference;

use super::*;
use crate::build::cny;
use crate::seeded::SeededIds;

fn request(number: usize, amount: &str) -> RefundRequest {
    let order_id = SeededIds::new(1).order_id();
    RefundRequest {
        refund_id: RefundId::of(&order_id, number),
        payment_reference: PaymentReference::of(&order_id, 1),
        order_id,
        provider_payment_id: "pi_1".into(),
        provider_refund_id: None,
        captured: cny("100"),
        amount: cny(amount),
        first_sent_at: crate::time::start(),
    }
}

#[tokio::test]
async fn a_key_has_one_effect() {
    let stripe = FakeProvider::new(Provider::Stripe);
    stripe.set_payment("pi_1", ProviderPayment::Captured(cny("100")));
    stripe.script([Script::LoseRequest, Script::LoseAnswer]);
    assert_eq!(stripe.refund(&request(1, "60")).await, RefundAnswer::Unknown);
    assert_eq!(stripe.query_refund(&request(1, "60")).await, RefundAnswer::Unknown);
    assert_eq!(stripe.query_refund(&request(1, "60")).await, RefundAnswer::NotFound);
    stripe.script([Script::LoseAnswer]);
    assert_eq!(stripe.refund(&request(1, "60")).await, RefundAnswer::Unknown);
    let done = RefundAnswer::Succeeded { reference: "re_1".into() };
    assert_eq!(stripe.query_refund(&request(1, "60")).await, done);
    assert_eq!(stripe.refund(&request(1, "60")).await, done);
    assert!(matches!(stripe.refund(&request(1, "50")).await, RefundAnswer::Refused { .. }));
    assert!(matches!(stripe.refund(&request(2, "40.01")).await, RefundAnswer::Refused { .. }));
    assert_eq!(stripe.refunded("pi_1"), Some(cny("60")));
}

#[tokio::test]
async fn a_promise_is_taken_once_and_not_beyond_it() {
    let stripe = FakeProvider::new(Provider::Stripe);
    let order_id = SeededIds::new(1).order_id();
    let request = |number, amount| CaptureRequest {
        capture_id: CaptureId::of(&order_id, number),
        payment_reference: PaymentReference::of(&order_id, 1),
        order_id: order_id.clone(),
        provider_payment_id: "pi_1".into(),
        provider_capture_id: None,
        authorized: cny("100"),
        amount: cny(amount),
        first_sent_at: crate::time::start(),
    };
    stripe.set_payment("pi_1", ProviderPayment::Authorized(cny("100")));
    assert!(matches!(stripe.capture(&request(1, "100.01")).await, CaptureAnswer::Refused { .. }));
    stripe.script([Script::LoseRequest, Script::Pass, Script::LoseAnswer]);
    assert_eq!(stripe.capture(&request(1, "60")).await, CaptureAnswer::Unknown);
    assert_eq!(stripe.query_capture(&request(1, "60")).await, CaptureAnswer::NotFound);
    assert_eq!(stripe.capture(&request(1, "60")).await, CaptureAnswer::Unknown);
    for answer in [stripe.query_capture(&request(1, "60")).await, stripe.capture(&request(2, "40")).await] {
        assert!(matches!(answer, CaptureAnswer::Captured { amount, .. } if amount == cny("60")), "{answer:?}");
    }
    assert_eq!(stripe.payment("pi_1"), Some(ProviderPayment::Captured(cny("60"))));
    assert_eq!(stripe.captures().len(), 1);
}

#[tokio::test]
async fn a_paid_payment_cannot_be_called_off() {
    let stripe = FakeProvider::new(Provider::Stripe);
    let order_id = SeededIds::new(1).order_id();
    let mut request = CancelRequest {
        payment_reference: PaymentReference::of(&order_id, 1),
        order_id,
        provider_payment_id: Some("pi_1".into()),
        object: None,
        amount: cny("1"),
        is_promised: false,
    };
    stripe.set_payment("pi_1", ProviderPayment::Open);
    assert_eq!(stripe.cancel_payment(&request).await, CancelAnswer::Cancelled);
    stripe.set_payment("pi_1", ProviderPayment::Captured(cny("1")));
    assert_eq!(stripe.cancel_payment(&request).await, CancelAnswer::Captured(cny("1")));
    request.provider_payment_id = None;
    assert!(matches!(stripe.cancel_payment(&request).await, CancelAnswer::Refused { .. }));
}
