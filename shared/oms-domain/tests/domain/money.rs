//! Money: what is an amount and what is not, checked sums, and splits that lose nothing.

use oms_domain::money::{Currency, Money, MoneyError};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::given::{cny, currency, minor, money};
use crate::lives::config;

#[test]
fn plain_decimals_are_amounts_at_their_currencys_scale() {
    for (text, code, written, units) in [
        ("20", "CNY", "20.00 CNY", 2000),
        ("20.0", "CNY", "20.00 CNY", 2000),
        ("0.01", "CNY", "0.01 CNY", 1),
        ("007.50", "USD", "7.50 USD", 750),
        ("12.500000000000000000000000000000", "CNY", "12.50 CNY", 1250),
        ("-3.25", "GBP", "-3.25 GBP", -325),
        ("1200", "JPY", "1200 JPY", 1200),
        ("1200.00", "JPY", "1200 JPY", 1200),
        ("1.234", "KWD", "1.234 KWD", 1234),
        ("1.2", "BHD", "1.200 BHD", 1200),
        ("-0", "CNY", "0.00 CNY", 0),
        ("-0.00", "CNY", "0.00 CNY", 0),
        ("1000000000000", "CNY", "1000000000000.00 CNY", 100_000_000_000_000),
    ] {
        let amount = Money::parse(text, currency(code)).unwrap_or_else(|e| panic!("{text} {code}: {e}"));
        assert_eq!(amount.to_string(), written);
        assert_eq!(amount.minor(), units);
    }
}

#[test]
fn digits_that_a_currency_does_not_have_are_refused() {
    for (text, code, exponent) in [
        ("1.001", "CNY", 2),
        ("0.5", "JPY", 0),
        ("1.2345", "KWD", 3),
        ("-1.001", "USD", 2),
        // Beyond what a decimal can hold: refused, not rounded away.
        ("1.0000000000000000000000000000001", "CNY", 2),
        ("0.00000000000000000000000000000000000001", "CNY", 2),
    ] {
        match Money::parse(text, currency(code)) {
            Err(MoneyError::ExcessDigits { exponent: e, .. }) => assert_eq!(e, exponent, "{text}"),
            other => panic!("{text} {code}: {other:?}"),
        }
    }
}

#[test]
fn other_texts_are_no_amounts() {
    for text in
        ["", " ", "-", ".", "1.", ".5", "+1", "1e3", "1,00", "1_000", "0x10", "1 ", " 1", "--1", "１", "NaN", "1.2.3"]
    {
        assert!(matches!(Money::parse(text, currency("CNY")), Err(MoneyError::NotANumber(_))), "{text:?}");
    }
    let long = "1".repeat(41);
    assert!(matches!(Money::parse(&long, currency("CNY")), Err(MoneyError::NotANumber(_))));
}

#[test]
fn amounts_above_any_order_are_refused() {
    for text in ["1000000000000.01", "-1000000000000.01", "99999999999999999999999999999999999999"] {
        assert_eq!(Money::parse(text, currency("CNY")), Err(MoneyError::OutOfRange), "{text}");
    }
    let most = cny("1000000000000");
    assert_eq!(most.add(cny("0.01")), Err(MoneyError::OutOfRange));
    assert_eq!(most.times(2), Err(MoneyError::OutOfRange));
    assert_eq!(most.times(u32::MAX), Err(MoneyError::OutOfRange));
    assert_eq!(Money::from_minor(i64::MAX, currency("CNY")), Err(MoneyError::OutOfRange));
}

#[test]
fn only_currencies_with_minor_units_are_known() {
    for code in ["CNY", "USD", "EUR", "GBP", "JPY", "KRW", "KWD", "HKD", "TWD"] {
        assert_eq!(Currency::parse(code).unwrap().code(), code);
    }
    for code in ["", "cny", "Cny", "CN", "CNYY", "RMB", "XAU", "XXX", "XTS", "人民币"] {
        assert!(matches!(Currency::parse(code), Err(MoneyError::UnknownCurrency(_))), "{code:?}");
    }
}

#[test]
fn two_currencies_never_meet() {
    let (a, b) = (cny("1.00"), money("1.00", "USD"));
    let mismatch = |e: MoneyError| matches!(e, MoneyError::CurrencyMismatch { .. });
    assert!(a.add(b).is_err_and(mismatch));
    assert!(a.sub(b).is_err_and(mismatch));
    assert!(a.min(b).is_err_and(mismatch));
    assert!(a.compare(b).is_err_and(mismatch));
    assert!(Money::sum(currency("CNY"), [a, b]).is_err_and(mismatch));
    assert_ne!(a, b);
}

#[test]
fn nothing_is_neither_above_nor_below_nothing() {
    let zero = Money::new(Decimal::new(-0, 2), currency("CNY")).unwrap();
    for zero in [zero, cny("-0.00"), cny("1.00").sub(cny("1.00")).unwrap(), Money::zero(currency("CNY"))] {
        assert!(zero.is_zero() && !zero.is_negative() && !zero.is_positive());
        assert_eq!(zero, Money::zero(currency("CNY")));
        assert_eq!(serde_json::to_value(zero).unwrap(), serde_json::json!({"amount": "0.00", "currency": "CNY"}));
    }
    assert!(cny("-0.01").is_negative() && cny("0.01").is_positive());
}

#[test]
fn money_is_read_from_texts_only() {
    let read = |text| serde_json::from_str::<Money>(text);
    assert_eq!(read(r#"{"amount":"12.5","currency":"CNY"}"#).unwrap(), cny("12.50"));
    for text in [
        r#"{"amount":12.5,"currency":"CNY"}"#,
        r#"{"amount":"12.5"}"#,
        r#"{"amount":"12.555","currency":"CNY"}"#,
        r#"{"amount":"12.5","currency":"RMB"}"#,
        r#"{"amount":"12.5","currency":"CNY","more":1}"#,
    ] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn splits_go_to_the_largest_remainders_earlier_parts_first() {
    let cases: &[(&str, &str, &[u64], &[&str])] = &[
        ("10.00", "CNY", &[1, 1, 1], &["3.34", "3.33", "3.33"]),
        ("0.05", "CNY", &[1, 1, 1], &["0.02", "0.02", "0.01"]),
        ("100", "JPY", &[3, 3, 1], &["43", "43", "14"]),
        ("1.000", "KWD", &[2, 1], &["0.667", "0.333"]),
        ("59.75", "GBP", &[23_900], &["59.75"]),
        ("5.00", "CNY", &[0, 0], &["2.50", "2.50"]),
        ("5.00", "CNY", &[0, 7], &["0.00", "5.00"]),
        ("-10.00", "CNY", &[1, 1, 1], &["-3.34", "-3.33", "-3.33"]),
        ("0.00", "CNY", &[1, 2], &["0.00", "0.00"]),
        ("5.00", "CNY", &[], &[]),
        ("1000000000000", "CNY", &[u64::MAX, u64::MAX], &["500000000000", "500000000000"]),
    ];
    for (whole, code, weights, parts) in cases {
        let expected: Vec<Money> = parts.iter().map(|p| money(p, code)).collect();
        assert_eq!(money(whole, code).split(weights), expected, "{whole} by {weights:?}");
    }
}

fn any_money() -> impl Strategy<Value = Money> {
    (-1_000_000_000_i64..1_000_000_000, prop::sample::select(vec!["CNY", "JPY", "KWD"]))
        .prop_map(|(units, code)| minor(units, currency(code)))
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn invariant_8_parts_sum_to_the_whole(
        whole in any_money(), weights in prop::collection::vec(0_u64..1_000_000_000_000, 1..20)
    ) {
        let parts = whole.split(&weights);
        prop_assert_eq!(parts.len(), weights.len());
        prop_assert_eq!(Money::sum(whole.currency(), parts.iter().copied()).unwrap(), whole);
        // No part is off its exact share by a whole minor unit.
        let total: u128 = weights.iter().map(|w| u128::from(*w)).sum();
        for (part, weight) in parts.iter().zip(&weights).filter(|_| total > 0) {
            let exact = whole.minor().unsigned_abs() * u128::from(*weight);
            let floor = exact / total;
            let part = part.minor().unsigned_abs();
            prop_assert!(part == floor || part == floor + 1);
            prop_assert!(part == floor || exact % total != 0, "a unit too much");
        }
    }

    #[test]
    fn what_is_written_is_read(amount in any_money()) {
        let text = serde_json::to_string(&amount).unwrap();
        prop_assert_eq!(serde_json::from_str::<Money>(&text).unwrap(), amount);
        prop_assert_eq!(Money::parse(&amount.amount().to_string(), amount.currency()).unwrap(), amount);
        prop_assert_eq!(Money::from_minor(i64::try_from(amount.minor()).unwrap(), amount.currency()).unwrap(), amount);
    }
}
