//! What comes in through the gateway: bodies in both forms, and everything that must leave the order as it is.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use oms_domain::status::OrderStatus;
use payment_callback::not_taken;
use serde_json::json;

use crate::desk::{Desk, Written, yuan};
use crate::subjects::{Delivery, Event, Kind, Merchant, SUBJECTS, Signer};

#[tokio::test]
async fn bodies_come_plain_or_in_base64() {
    for subject in SUBJECTS {
        let desk = Desk::of(*subject).await;
        let before = desk.order().await;
        assert_eq!(before.status, OrderStatus::AwaitingPayment);
        let delivery = desk.says(&desk.paid());
        for written in [Written::Plain, Written::Base64] {
            let desk = desk.again();
            assert_eq!(desk.hears(&delivery, written).await, desk.accepted(), "{written:?}");
            desk.is_paid("as it was signed").await;
            // The second is a copy, in whichever form.
            assert_eq!(desk.hears(&delivery, Written::Base64).await, desk.accepted());
            desk.is_paid("again").await;
        }
        // In base64 there may be anything; what was signed is what is in it.
        for body in [b"\xff\xfe\x00".to_vec(), Vec::new(), [delivery.body.as_slice(), b"\xff"].concat()] {
            let answered = desk.hears(&delivery.with_body(body), Written::Base64).await;
            assert_eq!(answered.status, StatusCode::UNAUTHORIZED);
        }
        let twice = data_encoding::BASE64.encode(&delivery.body);
        assert_eq!(desk.hears(&delivery.with_body(twice), Written::Base64).await.status, StatusCode::UNAUTHORIZED);
        let path = format!("/v1/payments/{}/callbacks", subject.provider().name());
        assert!(desk.event(&path, &BTreeMap::new(), "{no base64}", true).await.is_err(), "no event of the gateway's");
        desk.is_untouched(&before, "after all these").await;
    }
}

#[tokio::test]
async fn refused_and_nothing_is_changed() {
    for subject in SUBJECTS {
        let desk = Desk::of(*subject).await;
        let before = desk.order().await;
        let by_stranger = desk.says(&Event { signer: Signer::Stranger, ..desk.paid() });
        assert_eq!(desk.hears(&by_stranger, Written::Plain).await.status, StatusCode::UNAUTHORIZED);
        let unsigned = desk.subject.signed(&desk.says(&desk.paid()), &[]);
        assert_eq!(desk.hears(&unsigned, Written::Plain).await.status, StatusCode::UNAUTHORIZED);
        let no_event = desk.says(&Event { id: String::new(), ..desk.paid() });
        assert_eq!(desk.hears(&no_event, Written::Plain).await.status, StatusCode::BAD_REQUEST);
        if desk.subject.names_merchant().is_ok() {
            let for_another = desk.says(&Event { merchant: Merchant::Another, ..desk.paid() });
            assert_eq!(desk.hears(&for_another, Written::Plain).await.status, StatusCode::INTERNAL_SERVER_ERROR);
        }
        desk.is_untouched(&before, "after refusals").await;
        assert!(desk.shop.store.unhandled().is_empty());
    }
}

/// What an alarm watches: refused by provider, since a wrong secret is one provider's, and what is ours to mend whoever sent it.
#[test]
fn what_is_not_taken_is_counted_by_whose_fault_it_is() {
    for (status, metric, dimensions) in [
        (StatusCode::UNAUTHORIZED, "CallbacksRefused", json!([["function", "provider", "stage"]])),
        (StatusCode::BAD_REQUEST, "CallbacksRefused", json!([["function", "provider", "stage"]])),
        (StatusCode::INTERNAL_SERVER_ERROR, "CallbacksNotStored", json!([["function", "stage"]])),
        (StatusCode::SERVICE_UNAVAILABLE, "CallbacksNotStored", json!([["function", "stage"]])),
    ] {
        let line = not_taken("stripe", "prod", status).to_json(jiff::Timestamp::UNIX_EPOCH);
        let told = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(told["Metrics"], json!([{"Name": metric, "Unit": "Count"}]), "{status}");
        assert_eq!(told["Dimensions"], dimensions, "{status}");
        let said = (&line["function"], &line["provider"], &line["stage"], &line[metric]);
        assert_eq!(said, (&json!("payment-callback"), &json!("stripe"), &json!("prod"), &json!(1)), "{status}");
    }
}

#[tokio::test]
async fn at_the_address_of_another() {
    for subject in SUBJECTS {
        let desk = Desk::of(*subject).await;
        let before = desk.order().await;
        let delivery = desk.says(&desk.paid());
        for other in SUBJECTS.iter().map(|other| other.provider()).filter(|other| *other != subject.provider()) {
            let answered = desk.hears_at(other.name(), &delivery, Written::Base64).await.unwrap();
            assert_eq!(answered.status, StatusCode::UNAUTHORIZED, "of {:?} at {other:?}", subject.provider());
        }
        for nobody in ["cod", "channel", "nobody", "STRIPE"] {
            let answered = desk.hears_at(nobody, &delivery, Written::Base64).await.unwrap();
            assert_eq!(answered.status, StatusCode::NOT_FOUND, "{nobody}");
        }
        desk.is_untouched(&before, "at another's address").await;
    }
}

#[tokio::test]
async fn what_has_no_meaning_is_noted_and_acknowledged() {
    for subject in SUBJECTS {
        let desk = Desk::of(*subject).await;
        let before = desk.order().await;
        let unused = desk.says(&Event { kind: Kind::Unused, ..desk.paid() });
        for _ in 0..2 {
            assert_eq!(desk.hears(&unused, Written::Plain).await, desk.accepted());
        }
        let noted = desk.shop.store.unhandled();
        assert_eq!(noted.len(), 1, "{noted:?}");
        assert_eq!(noted[0].0, subject.provider().name());
        desk.is_untouched(&before, "after an event without a meaning").await;
    }
}

/// An amount, a currency or a mode that does not fit is recorded, or refused until somebody has looked; it pays for nothing.
#[tokio::test]
async fn what_does_not_fit_the_order_does_not_pay_for_it() {
    for subject in SUBJECTS {
        let provider = subject.provider();
        let desk = Desk::of(*subject).await;
        for (what, event) in [
            ("too little", Event { hundredths: 18_599, ..desk.paid() }),
            ("a cent", Event { hundredths: 1, ..desk.paid() }),
            ("another currency", Event { currency: "USD", ..desk.paid() }),
            ("play money", Event { live: false, ..desk.paid() }),
        ] {
            if what == "play money" && desk.subject.names_mode().is_err() {
                continue;
            }
            let mut desk = desk.again();
            let answered = desk.hears(&desk.says(&event), Written::Plain).await;
            assert!(
                answered == desk.accepted() || answered.status == StatusCode::INTERNAL_SERVER_ERROR,
                "{provider:?}: {what}: {answered:?}"
            );
            desk.shop.drain().await;
            let order = desk.order().await;
            assert_ne!(order.status, OrderStatus::InFulfilment, "{provider:?}: {what}");
            assert_ne!(order.captured().unwrap(), yuan("186.00"), "{provider:?}: {what}");
        }
    }
}

#[tokio::test]
async fn the_id_of_an_event_counts_once_whatever_comes_with_it() {
    for subject in SUBJECTS {
        let desk = Desk::of(*subject).await;
        assert_eq!(desk.hears(&desk.says(&desk.paid()), Written::Plain).await, desk.accepted());
        let before = desk.order().await;
        let with_another_body: Delivery = desk.says(&Event { hundredths: 99_900, ..desk.paid() });
        assert_eq!(desk.hears(&with_another_body, Written::Plain).await, desk.accepted());
        desk.is_untouched(&before, "by the same id with another body").await;
        desk.is_paid("once").await;
    }
}
