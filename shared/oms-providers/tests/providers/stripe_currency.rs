//! Stripe's units, in both directions and through the public doors: an event in, a refund out.

use oms_app::ports::{PaymentGateway, RefundAnswer, RefundRequest};
use oms_domain::payment::PaymentFactKind;
use oms_providers::callback::{Callback, receive};
use oms_providers::stripe::signature::header;
use serde_json::json;
use wiremock::matchers::{body_string_contains, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{SECRET, event, headers, intent, money, now, only, refund, refund_request, stripe, stripe_client};

/// The amount that an event of so many units means, or the error's name.
fn read(units: i64, currency: &str) -> Result<String, &'static str> {
    let object = intent(json!({"amount_received": units, "currency": currency}));
    let body = event("payment_intent.succeeded", object).to_string();
    let signature = header(SECRET, now(), body.as_bytes()).unwrap();
    let said = receive(&stripe(), &headers(&[("stripe-signature", &signature)]), body.as_bytes(), now());
    let callback = only(said.map_err(|error| error.name())?);
    let Callback::Fact { fact, .. } = callback else { panic!("{callback:?}") };
    let PaymentFactKind::Captured { amount } = fact.kind else { panic!("{fact:?}") };
    Ok(amount.to_string())
}

#[test]
fn units_to_money() {
    for (units, currency, expected) in [
        (1_099, "usd", Ok("10.99 USD")),
        (1_099, "USD", Ok("10.99 USD")),
        (1, "cny", Ok("0.01 CNY")),
        (500, "jpy", Ok("500 JPY")),
        (500, "krw", Ok("500 KRW")),
        // Whole units at Stripe, two digits in ISO 4217.
        (500, "mga", Ok("500.00 MGA")),
        (5_120, "kwd", Ok("5.120 KWD")),
        (5_123, "bhd", Ok("5.123 BHD")),
        (500, "isk", Ok("5 ISK")),
        (500, "ugx", Ok("5 UGX")),
        (550, "isk", Err("AmountUnsupported")),
        (1, "ugx", Err("AmountUnsupported")),
        (1_045, "huf", Ok("10.45 HUF")),
        (80_045, "twd", Ok("800.45 TWD")),
        (1_000, "iqd", Err("CurrencyUnsupported")),
        (1_000, "clf", Err("CurrencyUnsupported")),
        (1_000, "xau", Err("CurrencyUnsupported")),
        (1_000, "btc", Err("CurrencyUnsupported")),
        (0, "usd", Err("AmountUnsupported")),
        (-100, "usd", Err("AmountUnsupported")),
        (100_000_000_000_000, "usd", Ok("1000000000000.00 USD")),
        (100_000_000_000_001, "usd", Err("AmountUnsupported")),
    ] {
        assert_eq!(read(units, currency), expected.map(str::to_owned), "{units} {currency}");
    }
}

#[tokio::test]
async fn money_to_units() {
    let refused = |amount: &str, currency: &str| (amount.to_owned(), currency.to_owned(), None);
    let sent =
        |amount: &str, currency: &str, units: &str| (amount.to_owned(), currency.to_owned(), Some(units.to_owned()));
    for (amount, currency, units) in [
        sent("10.99", "USD", "1099"),
        sent("500", "JPY", "500"),
        sent("500.00", "MGA", "500"),
        sent("5.120", "KWD", "5120"),
        sent("5", "ISK", "500"),
        sent("5", "UGX", "500"),
        sent("10.45", "HUF", "1045"),
        sent("800.45", "TWD", "80045"),
        refused("500.50", "MGA"),
        refused("5.123", "KWD"),
        refused("1.000", "IQD"),
        refused("0.00", "USD"),
        refused("-1.00", "USD"),
    ] {
        let server = MockServer::start().await;
        let form = units.as_ref().map(|units| format!("&amount={units}&")).unwrap_or_default();
        Mock::given(method("POST"))
            .and(path("/v1/refunds"))
            .and(body_string_contains(form))
            .respond_with(ResponseTemplate::new(200).set_body_json(refund(json!({}))))
            .expect(u64::from(units.is_some()))
            .mount(&server)
            .await;
        let request = RefundRequest { amount: money(&amount, &currency), ..refund_request() };
        let answer = stripe_client(&server.uri(), 2_000).refund(&request).await;
        match units {
            Some(_) => {
                assert_eq!(answer, RefundAnswer::Succeeded { reference: "re_1".to_owned() }, "{amount} {currency}")
            }
            None => assert!(matches!(answer, RefundAnswer::Refused { .. }), "{amount} {currency}: {answer:?}"),
        }
    }
}
