//! Tracking numbers and the scans that come before them.

use oms_app::pointers::Pointer;
use oms_app::ports::ParkedScan;
use oms_domain::id::{Carrier, EventKey, ShipmentId, TrackingNumber};

use super::{Orders, Stock, at, order_id};

fn carrier(text: &str) -> Carrier {
    Carrier::parse(text).expect("a carrier")
}

fn number(text: &str) -> TrackingNumber {
    TrackingNumber::parse(text).expect("a number")
}

fn pointer(shipment: &ShipmentId) -> Pointer {
    Pointer::Tracking { carrier: carrier("standard"), tracking_number: number("SF1"), shipment_id: shipment.clone() }
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

/// A number leads to its shipment as soon as it was made known; another carrier's same number does not.
pub async fn a_number_leads_to_its_shipment(orders: impl Orders, _: impl Stock) {
    let shipment = ShipmentId::of(&order_id(1), 1);
    assert_eq!(orders.shipment(&carrier("standard"), &number("SF1")).await.expect("a look"), None);
    orders.point(&pointer(&shipment)).await.expect("a pointer");
    assert_eq!(orders.shipment(&carrier("standard"), &number("SF1")).await.expect("a look"), Some(shipment));
    assert_eq!(orders.shipment(&carrier("other"), &number("SF1")).await.expect("a look"), None);
    assert_eq!(orders.shipment(&carrier("standard"), &number("SF10")).await.expect("a look"), None);
}

/// Scans wait, each once, and are read in the order in which they happened.
pub async fn a_scan_waits_for_its_number(orders: impl Orders, _: impl Stock) {
    let (early, late) = (scan("standard:z", 1), scan("standard:a", 2));
    for scan in [&late, &early, &late] {
        orders.park_scan(scan).await.expect("a park");
    }
    assert_eq!(orders.shipment(&carrier("standard"), &number("SF1")).await.expect("a look"), None);
    orders.point(&pointer(&ShipmentId::of(&order_id(2), 1))).await.expect("a pointer");
    let waiting = || orders.parked_scans(&early.carrier, &early.tracking_number);
    assert_eq!(waiting().await.expect("scans"), [early.clone(), late.clone()]);
    orders.drop_scan(&early).await.expect("a drop");
    orders.drop_scan(&early).await.expect("a drop once more");
    assert_eq!(waiting().await.expect("scans"), [late]);
}

/// Carriers give numbers out again: the newest parcel has it.
pub async fn a_number_given_out_again(orders: impl Orders, _: impl Stock) {
    for n in [1, 2, 2] {
        orders.point(&pointer(&ShipmentId::of(&order_id(4), n))).await.expect("a pointer");
    }
    let found = orders.shipment(&carrier("standard"), &number("SF1")).await.expect("a look");
    assert_eq!(found, Some(ShipmentId::of(&order_id(4), 2)));
}
