//! Tracking numbers and the scans that come before them.

use oms_app::error::StoreError;
use oms_app::ports::{ParkedScan, SideRow};
use oms_domain::id::{Carrier, EventKey, ShipmentId, TrackingNumber};

use super::{Orders, Stock, at, commit, first, next, order_id};

fn carrier(text: &str) -> Carrier {
    Carrier::parse(text).expect("a carrier")
}

fn number(text: &str) -> TrackingNumber {
    TrackingNumber::parse(text).expect("a number")
}

fn index(shipment: &ShipmentId) -> SideRow {
    SideRow::IndexTracking {
        carrier: carrier("standard"),
        tracking_number: number("SF1"),
        shipment_id: shipment.clone(),
    }
}

fn scan(event: &str, occurred: i64) -> ParkedScan {
    ParkedScan {
        carrier: carrier("standard"),
        tracking_number: number("SF1"),
        event_id: EventKey::parse(event).expect("a key"),
        status: "in_transit".into(),
        occurred_at: at(occurred),
        at: at(occurred + 1),
    }
}

/// A number leads to its shipment as soon as the commit that made it known is there; another carrier's same number does not.
pub async fn a_number_leads_to_its_shipment(orders: impl Orders, _: impl Stock) {
    let shipment = ShipmentId::of(&order_id(1), 1);
    assert_eq!(orders.shipment(&carrier("standard"), &number("SF1")).await.expect("a look"), None);
    let mut one = first(&order_id(1), 0);
    one.rows = vec![index(&shipment)];
    commit(&orders, &one, 1).await.expect("a commit");
    assert_eq!(orders.shipment(&carrier("standard"), &number("SF1")).await.expect("a look"), Some(shipment));
    assert_eq!(orders.shipment(&carrier("other"), &number("SF1")).await.expect("a look"), None);
    assert_eq!(orders.shipment(&carrier("standard"), &number("SF10")).await.expect("a look"), None);
}

/// Scans wait, each once, and are read in the order in which they happened.
pub async fn a_scan_waits_for_its_number(orders: impl Orders, _: impl Stock) {
    let (early, late) = (scan("standard:z", 1), scan("standard:a", 2));
    for scan in [&late, &early, &late] {
        assert!(orders.park_scan(scan, at(100)).await.expect("a park"));
    }
    assert_eq!(orders.shipment(&carrier("standard"), &number("SF1")).await.expect("a look"), None);
    let mut one = first(&order_id(2), 5);
    one.rows = vec![index(&ShipmentId::of(&order_id(2), 1))];
    commit(&orders, &one, 1).await.expect("a commit");
    let waiting = || orders.parked_scans(&early.carrier, &early.tracking_number);
    assert_eq!(waiting().await.expect("scans"), [early.clone(), late.clone()]);
    orders.drop_scan(&early).await.expect("a drop");
    orders.drop_scan(&early).await.expect("a drop once more");
    assert_eq!(waiting().await.expect("scans"), [late]);
}

/// A known number takes its scans at once.
pub async fn nothing_is_parked_at_a_known_number(orders: impl Orders, _: impl Stock) {
    let mut one = first(&order_id(3), 0);
    one.rows = vec![index(&ShipmentId::of(&order_id(3), 1))];
    commit(&orders, &one, 1).await.expect("a commit");
    let scan = scan("standard:1", 1);
    assert!(!orders.park_scan(&scan, at(100)).await.expect("a park"));
    assert!(orders.parked_scans(&scan.carrier, &scan.tracking_number).await.expect("scans").is_empty());
}

/// Carriers give numbers out again: the newest parcel has it.
pub async fn a_number_given_out_again(orders: impl Orders, _: impl Stock) {
    let mut one = first(&order_id(4), 0);
    one.rows = vec![index(&ShipmentId::of(&order_id(4), 1))];
    commit(&orders, &one, 1).await.expect("a commit");
    let mut two = next(&one, "warehouse");
    two.rows = vec![index(&ShipmentId::of(&order_id(4), 2))];
    commit(&orders, &two, 2).await.expect("a commit");
    let found = orders.shipment(&carrier("standard"), &number("SF1")).await.expect("a look");
    assert_eq!(found, Some(ShipmentId::of(&order_id(4), 2)));
}

/// Whichever comes first, no scan is lost: it is parked and found after the commit, or refused.
pub async fn scanning_and_shipping_race(orders: impl Orders, _: impl Stock) {
    for round in 0..10 {
        let tracking_number = number(&format!("RACE{round}"));
        let scan = ParkedScan { tracking_number: tracking_number.clone(), ..scan("standard:1", 1) };
        let scanner = tokio::spawn({
            let (orders, scan) = (orders.clone(), scan.clone());
            async move {
                loop {
                    match orders.park_scan(&scan, at(100)).await {
                        Err(StoreError::Contended(_)) => {}
                        other => return other.expect("a park"),
                    }
                }
            }
        });
        let id = order_id(500 + round);
        let mut one = first(&id, 0);
        let shipment_id = ShipmentId::of(&id, 1);
        let carrier = scan.carrier.clone();
        one.rows = vec![SideRow::IndexTracking { carrier, tracking_number: tracking_number.clone(), shipment_id }];
        commit(&orders, &one, round).await.expect("a commit");
        let kept = scanner.await.expect("the scanner");
        let parked = orders.parked_scans(&scan.carrier, &tracking_number).await.expect("scans");
        assert_eq!(parked.len(), usize::from(kept));
    }
}
