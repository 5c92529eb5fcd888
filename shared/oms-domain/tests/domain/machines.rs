//! The tables themselves, and the document that shows them.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use oms_domain::machine::{Machine, mermaid};
use oms_domain::status::{
    BenefitStatus, CaptureStatus, HoldStatus, OrderStatus, PaymentStatus, RefundStatus, ReservationStatus,
    ShipmentStatus,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

const DOCUMENT: &str = "../../docs/state-machines.md";

fn check<S: Machine + Ord + Serialize + DeserializeOwned>(all: &[S], from_name: fn(&str) -> Option<S>) {
    let mut reached: BTreeSet<S> = S::START.iter().copied().collect();
    for _ in all {
        let next = S::MOVES.iter().filter(|(from, _, _)| reached.contains(from)).map(|(_, _, to)| *to);
        reached.extend(next.collect::<Vec<_>>());
    }
    assert_eq!(reached, all.iter().copied().collect(), "{}: states that nothing leads to", S::NAME);
    let pairs: BTreeSet<_> = S::MOVES.iter().map(|(from, _, to)| (*from, *to)).collect();
    assert_eq!(pairs.len(), S::MOVES.len(), "{}: a move stands twice", S::NAME);
    assert!(pairs.iter().all(|(from, to)| from != to), "{}: a move to itself", S::NAME);
    for state in all {
        assert_eq!(from_name(state.name()), Some(*state));
        let text = serde_json::to_string(state).unwrap();
        assert_eq!(text, format!("\"{}\"", state.name()), "stored as clients see it");
        assert_eq!(serde_json::from_str::<S>(&text).unwrap(), *state);
        assert_eq!(state.is_final(), !pairs.iter().any(|(from, _)| from == state));
    }
    assert_eq!(from_name("nonsense"), None);
}

#[test]
fn every_table_is_whole() {
    check(OrderStatus::ALL, OrderStatus::from_name);
    check(HoldStatus::ALL, HoldStatus::from_name);
    check(PaymentStatus::ALL, PaymentStatus::from_name);
    check(ReservationStatus::ALL, ReservationStatus::from_name);
    check(ShipmentStatus::ALL, ShipmentStatus::from_name);
    check(CaptureStatus::ALL, CaptureStatus::from_name);
    check(RefundStatus::ALL, RefundStatus::from_name);
    check(BenefitStatus::ALL, BenefitStatus::from_name);
}

#[test]
fn ranks_never_fall_along_a_parcels_moves_but_out_of_trouble() {
    use ShipmentStatus::{Delivered, Exception, InTransit, Lost};
    for (from, trigger, to) in ShipmentStatus::MOVES {
        let back = to.rank() < from.rank() || (to.rank() == from.rank() && from != to);
        let allowed = matches!((from, to), (Exception, InTransit) | (Lost, Delivered));
        assert_eq!(back, allowed, "{from:?} → {to:?}: {trigger}");
    }
}

fn section<S: Machine>(text: &mut String, words: &str) {
    let _ = write!(text, "\n## {}\n\n{}\n\n```mermaid\n{}```\n", S::NAME, words.trim(), mermaid::<S>());
}

fn document() -> String {
    let mut text = String::from(
        "# State machines

An order is eight machines that move on their own. What a customer sees is worked out from them and never stored.
The diagrams are drawn from the tables in `shared/oms-domain/src/status.rs`, which `decide` and `apply` read as well;
a test fails when this page and the tables differ. To write it anew:

```sh
UPDATE_DOCS=1 cargo test -p oms-domain machines
```

A pair of state and event that a table does not know is never taken as success. News of a lower rank is late: it is
noted in the order's timeline and changes nothing. Anything else is raised to people, as a task of kind `anomaly`.
",
    );
    section::<OrderStatus>(
        &mut text,
        "
Orders that need no payment now (cash on delivery, collected by the channel, nothing to pay) go from validated to
confirmed at once. A held order stays where it is, with its goods set aside, until a person answers or the hold's
deadline passes. An order is cancelled only when goods, stock and money are all back; until then it is cancelling. When
a location that was asked to stop has shipped already, the order returns to fulfilment and nothing is refunded.
Completed needs at least one delivered parcel and nothing open. When every parcel was lost or sent back, the order ends
as cancelled once people have dealt with each parcel and no money is kept.",
    );
    section::<HoldStatus>(
        &mut text,
        "
An order can have several holds, each with a kind: manual review, fraud, high return risk, address, payment mismatch.
While one is active nothing goes to a warehouse. Rejected and expired undo the order. Once a part of the order has left,
the rest stays held until somebody releases it: it can no longer be undone, and silence never lets goods go.",
    );
    section::<PaymentStatus>(
        &mut text,
        "
A capture is a fact: it is recorded from every state, also after the attempt failed or the order is over, and whatever
the order does not need goes back. Other news moves an attempt only along these arrows, so a late failure never undoes a
capture or an authorization. A call whose answer is lost is unknown until the provider has been asked. A dispute that is
lost ends as charged back: that money is gone and is not refunded, unless the bank gives it back after all.",
    );
    section::<CaptureStatus>(
        &mut text,
        "
A capture takes a promise (an authorization) at the moment that the shop has chosen for the channel; a payment has one at
most, of no more than was promised and no more than the order still wants. It keeps one id, which is also the provider's
idempotency key. A lost answer is asked about before anything is sent again. What the provider refuses for good goes to a
person and holds what has not left. An order that is undone withdraws a capture that was not sent and calls the promise
off; one that is under way is answered first.",
    );
    section::<ReservationStatus>(
        &mut text,
        "
A reservation is units of one line at one location. Units are held before payment and committed when a shipment is
planned; units that are planned again elsewhere are committed there at once. It ends exactly once: consumed when the
parcel leaves, or given back.",
    );
    section::<ShipmentStatus>(
        &mut text,
        "
A shipment is what one location sends. Reports of locations and scans of carriers may skip states and may come late; a
state is never taken back by an earlier one. A rejected shipment is planned again elsewhere. Backordered and scheduled
are for goods that are sold before they are there.",
    );
    section::<RefundStatus>(
        &mut text,
        "
A refund keeps one id, which is also the provider's idempotency key, so that it is paid out once however often it is
sent. A lost answer is asked about before anything is sent again. What the provider refuses, or what has no provider to
send it to, goes to a person. What people ask for above the shop's limit starts as requested, and waits for a second
person. A refund that was not sent is declined when the buyer's bank has taken its money back.",
    );
    section::<BenefitStatus>(
        &mut text,
        "
Where a service keeps count of coupons, points and gift cards, an order's are reserved before it is checked, committed
once it is confirmed, and released when it is undone. Each of the three may be said again and has its effect once. An
order that is undone before the answer to its reservation was stored begins as released. Points of a part that is
cancelled or refunded by lines go back without a move. A gift card is a payment: with
these it is authorized, captured and voided, and what goes back of it once it is captured goes back by refunds.",
    );
    text
}

#[test]
fn the_document_shows_the_tables() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT);
    let expected = document();
    if std::env::var_os("UPDATE_DOCS").is_some_and(|v| v == "1") {
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        found == expected,
        "{} is out of date: run UPDATE_DOCS=1 cargo test -p oms-domain machines",
        path.display()
    );
}
