//! The books over HTTP: of a day page by page, of an order, as JSON and as CSV, for finance.

use std::collections::BTreeMap;

use serde_json::Value;

use super::asks::escaped;
use super::counter::{Answer, Counter, TMALL, WEB, token};

fn get(counter: &Counter, caller: &str, path: &str, accept: &str) -> Answer {
    let credential = format!("Bearer {}", token(caller));
    counter.ask("GET", path, &[("authorization", &credential), ("accept", accept)], b"").unwrap()
}

fn entries(answer: &Answer, member: &str) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()[member].as_array().unwrap().clone()
}

/// What an entry adds to its account, in hundredths.
fn signed(entry: &Value) -> i64 {
    let hundredths = |side: &str| entry[side].as_str().map_or(0, |text| text.replace('.', "").parse::<i64>().unwrap());
    assert!(hundredths("debit") * hundredths("credit") == 0, "either a debit or a credit: {entry}");
    hundredths("debit") - hundredths("credit")
}

fn by_account(entries: &[Value]) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for entry in entries {
        *sums.entry(entry["account"].as_str().unwrap().to_owned()).or_default() += signed(entry);
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

/// The lines behind the header.
fn lines(answer: &Answer) -> Vec<String> {
    assert_eq!((answer.status, answer.content_type()), (200, "text/csv; charset=utf-8; header=present"));
    let mut lines = answer.text.split_terminator("\r\n").map(str::to_owned);
    let header = lines.next().unwrap();
    assert!(header.starts_with("at,order_id,channel,channel_order_id,commit,posting,event,account,"), "{header}");
    lines.collect()
}

#[test]
fn an_orders_books_balance_and_come_to_what_it_has() {
    let counter = Counter::open();
    let path = format!("/v1/orders/{}/ledger", WEB.id());
    let answer = get(&counter, "finance", &path, "*/*");
    let all = entries(&answer, "entries");
    let expected = [("captured", 19_700), ("refund", 100), ("sales", -19_800)];
    let expected: BTreeMap<String, i64> = expected.map(|(account, sum)| (account.to_owned(), sum)).into();
    assert_eq!(by_account(&all), expected);
    assert_eq!(by_account(&entries(&answer, "balances")), expected);
    let told: Vec<&str> = all.iter().map(|entry| entry["event"].as_str().unwrap()).collect();
    assert_eq!(
        told,
        [
            "payment_captured",
            "payment_captured",
            "order_confirmed",
            "order_confirmed",
            "refund_succeeded",
            "refund_succeeded"
        ]
    );
    assert_eq!((&all[0]["reference"], &all[0]["provider"]), (&"pi_web".into(), &"stripe".into()));
    assert_eq!(lines(&get(&counter, "finance", &path, "application/json;q=0.5, text/csv")).len(), all.len());
}

#[test]
fn a_day_is_read_page_by_page() {
    let counter = Counter::open();
    let mut paged = Vec::new();
    let mut path = "/v1/ledger?date=2026-11-11&limit=1".to_owned();
    loop {
        let answer = get(&counter, "finance", &path, "application/json");
        let items = entries(&answer, "items");
        assert_eq!(items.iter().map(signed).sum::<i64>(), 0, "a page holds whole commits");
        paged.extend(items);
        let Some(cursor) = answer.json()["next_cursor"].as_str().map(str::to_owned) else { break };
        path = format!("/v1/ledger?date=2026-11-11&limit=1&cursor={}", escaped(&cursor));
    }
    // Two orders were paid and a little was sent back; others were not paid.
    let sums = by_account(&paged);
    assert_eq!(sums.get("captured"), Some(&39_400), "{sums:?}");
    for order in [WEB.id(), TMALL.id()] {
        let of_order = entries(&get(&counter, "finance", &format!("/v1/orders/{order}/ledger"), "*/*"), "entries");
        let of_day: Vec<Value> = paged.iter().filter(|entry| entry["order_id"] == *order).cloned().collect();
        assert_eq!(of_day, of_order);
    }
    let whole = get(&counter, "finance", "/v1/ledger?date=2026-11-11", "*/*");
    assert_eq!(entries(&whole, "items"), paged, "one page holds it all");

    let mut csv = Vec::new();
    let mut next = Some("/v1/ledger?date=2026-11-11&tz=%2B00:00&limit=1".to_owned());
    while let Some(path) = next {
        let page = get(&counter, "manager", &path, "text/csv");
        csv.extend(lines(&page));
        let link = page.headers.get("link").map(|link| link.to_str().unwrap().to_owned());
        next = link.map(|link| link.strip_prefix('<').unwrap().split_once(">; rel=\"next\"").unwrap().0.to_owned());
    }
    assert_eq!(csv.len(), paged.len());
}

/// The shop of these tests opens at midnight in London, eight in the morning in Shanghai, and the evening before in New York.
#[test]
fn a_day_begins_where_its_reader_lives() {
    let counter = Counter::open();
    for (query, is_there) in [
        ("date=2026-11-11", true),
        ("date=2026-11-11&tz=Z", true),
        ("date=2026-11-11&tz=%2B08:00", true),
        // A plus that was not escaped comes as a space.
        ("date=2026-11-11&tz=+08:00", true),
        ("date=2026-11-10&tz=-05:00", true),
        ("date=2026-11-11&tz=-05:00", false),
        ("date=2026-11-10", false),
        ("date=2026-11-12&tz=%2B08:00", false),
    ] {
        let found = entries(&get(&counter, "finance", &format!("/v1/ledger?{query}"), "*/*"), "items");
        assert_eq!(!found.is_empty(), is_there, "{query}");
    }
}

#[test]
fn bad_questions_name_their_field() {
    let counter = Counter::open();
    for (query, field) in [
        ("", "date"),
        ("date=", "date"),
        ("date=yesterday", "date"),
        ("date=2026-02-30", "date"),
        ("date=20261111", "date"),
        ("date=9999-12-31", "date"),
        ("date=2026-11-11&tz=Shanghai", "tz"),
        ("date=2026-11-11&tz=%2B8:00", "tz"),
        ("date=2026-11-11&tz=%2B15:00", "tz"),
        ("date=2026-11-11&tz=%2B08:60", "tz"),
        ("date=2026-11-11&tz=", "tz"),
        ("date=2026-11-11&limit=0", "limit"),
        ("date=2026-11-11&limit=101", "limit"),
        ("date=2026-11-11&cursor=x", "cursor"),
        ("date=2026-11-11&channel=web", "channel"),
    ] {
        let answer = get(&counter, "finance", &format!("/v1/ledger?{query}"), "text/csv");
        assert_eq!((answer.status, answer.json()["field"].as_str()), (400, Some(field)), "{query}: {}", answer.text);
    }
    assert_eq!(get(&counter, "finance", "/v1/orders/01JDZZZZZZZZZZZZZZZZZZZZZZ/ledger", "*/*").status, 404);
}
