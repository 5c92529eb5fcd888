//! The ledger of a real life: balanced, the same by order and by day, as JSON and as CSV.

use serde_json::{Value, json};

use crate::stack::shared::{Local, beside_others};
use crate::world::{Answer, Basket, yuan};

/// A day's entries, page by page.
async fn of_day(w: &Local, day: &str) -> Vec<Value> {
    let (mut entries, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = w.get("finance", &format!("/v1/ledger?date={day}&limit=50{cursor}")).await.expect(200);
        entries.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else { return entries };
        cursor = format!("&cursor={next}");
    }
}

#[test]
fn a_paid_and_partly_refunded_order_is_in_the_books() {
    beside_others(async |w| {
        let tee = w.product(9900, &[("sz-1", 5)]).await;
        let (order, intent) = w.released_order(&Basket::of(&[(&tee, 2)]), 1).await;
        let id = order.id();
        let ask = json!({ "amount": yuan(600), "reason": "瑕疵补偿" });
        w.post("finance", &format!("/v1/orders/{id}/refunds"), &ask).await.expect(202);
        w.until(id, "should have its refund", |o| o.refunded_as() == ["succeeded"]).await;

        let path = format!("/v1/orders/{id}/ledger");
        let books = w.get("finance", &path).await.expect(200);
        let entries = books["entries"].as_array().unwrap();
        let balance = |account: &str, side: &str| {
            let found = books["balances"].as_array().unwrap().iter().find(|balance| balance["account"] == account);
            found.map(|balance| balance[side].as_str().unwrap_or_default().to_owned())
        };
        let kept = format!("{}.00", (intent.amount - 600) / 100);
        assert_eq!(balance("captured", "debit"), Some(kept), "{books}");
        assert_eq!(balance("refund", "debit"), Some("6.00".to_owned()), "{books}");
        assert_eq!((balance("suspense", "debit"), balance("receivable", "debit")), (None, None), "{books}");
        assert!(entries.iter().any(|entry| entry["reference"] == intent.id.as_str()), "{books}");

        // The days on which it was written: two, should this run over midnight.
        let mut days: Vec<&str> = entries.iter().map(|entry| &entry["at"].as_str().unwrap()[..10]).collect();
        days.dedup();
        let mut listed = Vec::new();
        for day in days {
            listed.extend(of_day(w, day).await.into_iter().filter(|entry| entry["order_id"] == id));
        }
        assert_eq!(listed, *entries);

        let csv = Answer::to(w.request_by("finance", "GET", &path).header("accept", "text/csv")).await;
        assert!(csv.header("content-type").starts_with("text/csv"), "{}", csv.header("content-type"));
        let text = csv.expect(200).as_str().unwrap().to_owned();
        assert_eq!(text.lines().count(), entries.len() + 1, "{text}");
        w.get("support", &path).await.expect_problem(403, "forbidden");
    });
}
