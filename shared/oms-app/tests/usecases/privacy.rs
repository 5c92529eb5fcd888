//! Who ordered stays with the order: nothing that leaves it, and nothing that staff read in lists, names the buyer.

use oms_app::intake::Request;
use oms_app::ports::OrderLists;
use oms_domain::body::{Address, ClientDevice, Gift, Invoice, OrderBody, PlacedOrder};
use oms_domain::task::Role;
use oms_testkit::build::OrderBuilder;

use crate::lives;
use oms_testkit::shop::Shop;
use oms_testkit::shop::acts::{Act, request};
use oms_testkit::shop::checks;

/// What every personal field of an order has in it here.
const CANARY: &str = "canary";

fn canary(field: &str) -> Option<String> {
    Some(format!("{CANARY}-{field}"))
}

fn address(field: &str, masked: bool) -> Address {
    let part = |name: &str| canary(&format!("{field}-{name}"));
    Address {
        name: part("name"),
        phone: part("phone"),
        country: Some("CN".into()),
        region: part("region"),
        city: part("city"),
        district: part("district"),
        town: part("town"),
        lines: vec![format!("{CANARY}-{field}-line-1"), format!("{CANARY}-{field}-line-2")],
        postal_code: part("postal-code"),
        masked,
        channel_token: part("token"),
    }
}

/// The request for an order whose every personal field has a canary.
fn marked(order: &OrderBuilder, channel: &str, number: &str, key: &str) -> Request {
    let mut plain = request(order, channel, number, key);
    let body: &OrderBody = &plain.body;
    let mut body = body.clone();
    body.customer.id = canary("customer").unwrap();
    body.customer.name = canary("name");
    body.customer.email = canary("email");
    body.customer.phone = canary("phone");
    let masked = body.shipping_address.as_ref().is_some_and(|a| a.masked);
    body.shipping_address = Some(address("shipping", masked));
    body.billing_address = Some(address("billing", false));
    body.buyer_note = canary("buyer-note");
    body.seller_note = canary("seller-note");
    body.gift = Some(Gift { message: canary("gift"), hide_prices: true });
    body.invoice = Some(Invoice {
        kind: "general".into(),
        title_kind: Some("person".into()),
        title: canary("title"),
        tax_id: canary("tax-id"),
        email: canary("invoice-email"),
    });
    body.client = Some(ClientDevice { ip: canary("ip"), device_id: canary("device") });
    body.metadata.insert("note".into(), canary("metadata").unwrap());
    for line in &mut body.lines {
        line.attributes.insert("engraving".into(), canary("engraving").unwrap());
    }
    plain.body = PlacedOrder::new(body).unwrap();
    plain
}

/// Everything that left the shop, and everything that lies on desks.
async fn outside(shop: &Shop, stimuli: &mut Vec<String>) -> Vec<String> {
    let mut texts: Vec<String> = shop.bus.events().iter().map(ToString::to_string).collect();
    stimuli.extend(shop.mail.iter().map(|m| serde_json::to_string(&m.stimulus).unwrap()));
    stimuli.extend(shop.queue.sent().iter().map(|(s, _)| serde_json::to_string(s).unwrap()));
    texts.append(&mut stimuli.clone());
    for role in Role::ALL {
        let page = shop.store.tasks(*role, None, 100).await.unwrap();
        texts.extend(page.items.iter().map(|t| serde_json::to_string(t).unwrap()));
    }
    texts.extend(checks::loose_tasks(shop).await);
    texts.extend(shop.stripe.calls());
    texts
}

#[tokio::test]
async fn no_event_stimulus_or_task_names_the_buyer() {
    let mut seen = 0;
    for (name, life) in lives::ALL {
        let mut shop = Shop::new().await;
        let mut stimuli = Vec::new();
        for act in life() {
            if let Act::Place { order, channel, number, key } = &act {
                shop.intake().place(&marked(order, channel, number, key)).await.unwrap();
            } else {
                shop.act(&act).await;
            }
            for text in outside(&shop, &mut stimuli).await {
                assert!(!text.contains(CANARY), "{name}: {text}");
                seen += 1;
            }
            shop.drain().await;
        }
        shop.settle().await;
        for text in outside(&shop, &mut stimuli).await {
            assert!(!text.contains(CANARY), "{name}: {text}");
        }
        assert!(
            shop.orders().await.iter().all(|l| format!("{:?}", l.order.body).contains(CANARY)),
            "{name}: no canary"
        );
    }
    assert!(seen > 400, "hardly anything was looked at: {seen}");
}

#[tokio::test]
async fn what_is_wrong_with_an_address_is_said_without_it() {
    for blank in ["name", "phone", "city", "lines"] {
        let mut shop = Shop::new().await;
        let mut request = marked(&oms_testkit::build::an_order().channel("web", "W-1"), "web", "W-1", "k");
        let mut body = OrderBody::clone(&request.body);
        body.customer.phone = None;
        let address = body.shipping_address.as_mut().unwrap();
        match blank {
            "name" => address.name = None,
            "phone" => address.phone = Some(" ".into()),
            "city" => (address.city, address.region) = (None, None),
            _ => address.lines.clear(),
        }
        request.body = PlacedOrder::new(body).unwrap();
        shop.intake().place(&request).await.unwrap();
        shop.settle().await;
        let order = shop.order(&request.order_id).await;
        assert!(order.rejections[0].detail.contains(blank), "{:?}", order.rejections);
        for text in outside(&shop, &mut Vec::new()).await {
            assert!(!text.contains(CANARY), "{text}");
        }
    }
}
