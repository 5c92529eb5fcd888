//! Only entries with something for a location that has an address call for a delivery; in doubt they do.

use oms_app::ports::StockStore;
use oms_domain::id::LocationId;
use oms_domain::location::Location;
use oms_domain::outgoing::{OutgoingEvent, Publish, outgoing};
use oms_testkit::build::a_location;
use oms_testkit::faults::Fault;
use oms_testkit::shop::{Shop, order_id};

use crate::lives;

/// A shop, and an order's entries: the one that releases its parcel from Shenzhen, and one that moves no parcel.
async fn shop() -> (Shop, OutgoingEvent, OutgoingEvent) {
    let mut shop = Shop::new().await;
    shop.live_all(&lives::paid_and_delivered()[..2]).await;
    let records = shop.records(&order_id("web", "W-1")).await;
    let all: Vec<OutgoingEvent> = records.iter().filter_map(|record| outgoing(record, Publish::All)).collect();
    let releases = |entry: &&OutgoingEvent| entry.data.names.contains(&"shipment_released");
    let released = all.iter().find(releases).expect("it is released").clone();
    let other = all.into_iter().find(|entry| !releases(&entry)).expect("it was received");
    (shop, released, other)
}

async fn address(shop: &Shop, place: &str, webhook_url: Option<&str>) {
    let location = a_location(place, "广东省", "深圳市", 1);
    shop.store.put_location(&Location { webhook_url: webhook_url.map(str::to_owned), ..location }).await.unwrap();
}

#[tokio::test]
async fn what_was_read_counts_for_a_minute() {
    let (shop, released, other) = shop().await;
    let receivers = shop.publisher().receivers;
    let reads = || shop.plan.trace().iter().filter(|call| call.ends_with("locations")).count();
    let before = reads();
    assert!(!receivers.hear_of(&other).await);
    assert_eq!(reads(), before, "nothing has to be read where no parcel moves");
    assert!(receivers.hear_of(&released).await);
    assert!(receivers.hear_of(&released).await);
    assert_eq!(reads(), before + 1);

    address(&shop, "sz-1", None).await;
    shop.clock.advance_seconds(59);
    assert!(receivers.hear_of(&released).await, "it still counts");
    shop.clock.advance_seconds(1);
    assert!(!receivers.hear_of(&released).await);
    address(&shop, "sz-1", Some("https://sz.example/")).await;
    shop.clock.advance_seconds(60);
    assert!(receivers.hear_of(&released).await);
}

#[tokio::test]
async fn in_doubt_there_is_a_receiver() {
    let (shop, released, _) = shop().await;
    address(&shop, "sz-1", None).await;
    let receivers = shop.publisher().receivers;
    shop.plan.fail_call("stock.locations", 1, Fault::Before);
    assert!(receivers.hear_of(&released).await, "the locations could not be read");
    assert!(!receivers.hear_of(&released).await);

    let at = |place: Option<&str>| {
        let mut entry = released.clone();
        for event in &mut entry.data.events {
            if let Some(shipment) = &mut event.shipment {
                shipment.location_id = place.map(|place| LocationId::parse(place).unwrap());
            }
        }
        entry
    };
    assert!(receivers.hear_of(&at(None)).await, "an entry that does not say where");
    address(&shop, "new-1", None).await;
    assert!(!receivers.hear_of(&at(Some("new-1"))).await, "a location that was not known yet is looked up at once");
    assert!(receivers.hear_of(&at(Some("nowhere"))).await, "one that nobody knows");
}
