//! The lives that orders lead in the demo, each to the end that it must have.

use std::time::Duration;

use jiff::Unit;
use local_stack::clock;
use local_stack::error::{LocalError, Result};
use local_stack::wallets::Wallet;
use serde_json::json;

use super::baskets::{Basket, decimal, unknown_product};
use super::order::Order;
use super::world::{World, say};

/// One life.
pub(crate) struct Walk {
    /// For `--only`.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) title_zh: &'static str,
    /// Whether its order has to lie for a while, and is placed before all others.
    pub(crate) waits: bool,
    life: Life,
}

#[derive(Clone, Copy)]
enum Life {
    Delivered,
    Split,
    Channel,
    CashOnDelivery,
    Cancelled,
    Wallet(Wallet),
    GiftCard,
    Rejected,
    Held,
    Expired,
}

const fn walk_of(name: &'static str, title: &'static str, title_zh: &'static str, life: Life) -> Walk {
    Walk { name, title, title_zh, waits: matches!(life, Life::Expired), life }
}

/// In the order in which they are walked; what waits comes last.
pub(crate) const WALKS: [Walk; 13] = [
    walk_of("delivered", "paid and delivered", "付款并送达", Life::Delivered),
    walk_of("split", "split over two warehouses", "两仓拆单发货", Life::Split),
    walk_of("channel", "already paid at its channel", "渠道已收款", Life::Channel),
    walk_of("cod", "cash on delivery", "货到付款", Life::CashOnDelivery),
    walk_of("cancelled", "cancelled after payment, with a refund", "付款后取消并退款", Life::Cancelled),
    walk_of(
        "wechatpay",
        "paid with WeChat Pay, cancelled and refunded",
        "微信支付，取消并退款",
        Life::Wallet(Wallet::Wechatpay),
    ),
    walk_of(
        "alipay",
        "paid with Alipay, cancelled and refunded",
        "支付宝支付，取消并退款",
        Life::Wallet(Wallet::Alipay),
    ),
    walk_of(
        "adyen",
        "paid through Adyen, cancelled and refunded",
        "Adyen 支付，取消并退款",
        Life::Wallet(Wallet::Adyen),
    ),
    walk_of(
        "paypal",
        "paid with PayPal, cancelled and refunded",
        "PayPal 支付，取消并退款",
        Life::Wallet(Wallet::Paypal),
    ),
    walk_of(
        "gift-card",
        "partly paid with a gift card, cancelled and refunded",
        "部分用礼品卡支付，取消并退款",
        Life::GiftCard,
    ),
    walk_of("rejected", "rejected: an unknown product", "商品不存在，拒单", Life::Rejected),
    walk_of("held", "held for review and released", "人工审核后放行", Life::Held),
    walk_of("expired", "expired unpaid, its stock given back", "超时未付，释放库存", Life::Expired),
];

/// An order that nobody pays, and what was promised of its SKU before.
pub(crate) struct Unpaid {
    order_id: String,
    promised_before: u64,
}

/// A SKU that only the unpaid order takes, so that its stock tells of it alone.
const UNPAID_SKU: &str = "UMB-01";

/// Places the order that nobody pays, so that its time runs while others walk.
pub(crate) async fn begin_unpaid(world: &World) -> Result<Unpaid> {
    println!("\nFirst an order that nobody will pay, so that its time runs out meanwhile:\n");
    let promised_before = world.promised(UNPAID_SKU).await?;
    let placed = world.place("storefront", &Basket::web(&[(UNPAID_SKU, 1)]).body(&world.number("W"))).await?;
    world.until(placed.id(), "awaiting payment", |order| order.status() == "awaiting_payment").await?;
    let promised = world.promised(UNPAID_SKU).await?;
    expect(promised == promised_before + 1, &placed, &format!("hold one {UNPAID_SKU}"))?;
    say(&format!("one {UNPAID_SKU} is held for it"));
    Ok(Unpaid { order_id: placed.id().to_owned(), promised_before })
}

/// Leads one life to its end and answers with the order as it is then.
pub(crate) async fn walk(world: &World, walk: &Walk, unpaid: Option<&Unpaid>) -> Result<Order> {
    match walk.life {
        Life::Delivered => delivered(world).await,
        Life::Split => split(world).await,
        Life::Channel => channel(world).await,
        Life::CashOnDelivery => cash_on_delivery(world).await,
        Life::Cancelled => cancelled(world).await,
        Life::Wallet(wallet) => paid_by_wallet(world, wallet).await,
        Life::GiftCard => paid_by_gift_card(world).await,
        Life::Rejected => rejected(world).await,
        Life::Held => held(world).await,
        Life::Expired => match unpaid {
            Some(unpaid) => expired(world, unpaid).await,
            None => Err(LocalError::Failed("the unpaid order was not placed".to_owned())),
        },
    }
}

async fn delivered(world: &World) -> Result<Order> {
    let basket = Basket { coupon: 2000, ..Basket::web(&[("TEE-M", 2)]) };
    let (order, _) = place_and_pay(world, &basket).await?;
    let order = released(world, &order, 1).await?;
    deliver_all(world, &order).await?;
    let order = completed(world, &order).await?;
    expect(order.text("/totals/captured/amount") == decimal(basket.total()), &order, "have captured its total")?;
    expect(order.0.pointer("/lines/0/delivered") == Some(&json!(2)), &order, "have two units delivered")?;
    Ok(order)
}

async fn split(world: &World) -> Result<Order> {
    let (order, _) = place_and_pay(world, &Basket::web(&[("MUG-01", 2), ("LAMP-01", 1)])).await?;
    let order = released(world, &order, 2).await?;
    let shipments = order.shipments();
    let places: Vec<&str> = shipments.iter().map(|shipment| shipment.location.as_str()).collect();
    expect(places.contains(&"sz-1") && places.contains(&"sh-1"), &order, "ship from sz-1 and sh-1")?;
    for (number, shipment) in shipments.iter().enumerate() {
        let tracking = world.ship(shipment).await?;
        world.carry(&tracking).await?;
        if number == 0 {
            let half = |order: &Order| order.text("/fulfilment_status") == "partially_delivered";
            world.until(order.id(), "partially delivered", half).await?;
            say("the first parcel is there: partially_delivered");
        }
    }
    completed(world, &order).await
}

async fn channel(world: &World) -> Result<Order> {
    let basket = Basket { channel: "tmall", shipping: 0, ..Basket::web(&[("MUG-01", 1), ("LAMP-01", 1)]) };
    let paid_at = clock::now().round(Unit::Second).unwrap_or_else(|_| clock::now()).to_string();
    let placed = world.place("channel_tmall", &basket.marketplace_body(&world.number("T"), &paid_at)).await?;
    let order = released(world, &placed, 2).await?;
    expect(order.text("/payment_status") == "paid", &order, "be paid at its channel")?;
    expect(!order.happened("payment_requested"), &order, "never be asked for payment")?;
    expect(!order.text("/shipments/0/lines/0/channel_line_id").is_empty(), &order, "keep its channel's line ids")?;
    deliver_all(world, &order).await?;
    completed(world, &order).await
}

async fn cash_on_delivery(world: &World) -> Result<Order> {
    let basket = Basket { provider: "cod", ..Basket::web(&[("TEE-L", 1)]) };
    let placed = world.place("storefront", &basket.body(&world.number("W"))).await?;
    let order = released(world, &placed, 1).await?;
    let shipments = order.shipments();
    deliver_all(world, &order).await?;
    for shipment in &shipments {
        let money = json!({ "amount": decimal(basket.total()), "currency": "CNY" });
        world.warehouse(shipment, &json!({ "event": "collected", "amount": money })).await?;
    }
    completed(world, &order).await
}

async fn cancelled(world: &World) -> Result<Order> {
    let basket = Basket::web(&[("KEYB-87", 1)]);
    let (order, intent) = place_and_pay(world, &basket).await?;
    let order = released(world, &order, 1).await?;
    // What no warehouse has taken on yet is simply withdrawn; this one has, so it must be asked.
    for shipment in &order.shipments() {
        world.warehouse(shipment, &json!({ "event": "accepted" })).await?;
    }
    let path = format!("/v1/orders/{}/cancellation", order.id());
    world.command("support", &path, &json!({ "reason": "顾客改变主意" })).await?;
    let asked = |order: &Order| order.shipments().iter().all(|shipment| shipment.cancel_requested);
    let order = world.until(order.id(), "waiting for the warehouse", asked).await?;
    say("the warehouse is asked to stop; nothing is refunded before it answers");
    expect(world.refunds_of(&intent).is_empty(), &order, "not be refunded yet")?;
    for shipment in &order.shipments() {
        world.warehouse(shipment, &json!({ "event": "cancelled" })).await?;
    }
    let over = |order: &Order| order.status() == "cancelled" && order.text("/payment_status") == "refunded";
    let order = world.until(order.id(), "cancelled and refunded", over).await?;
    let refunds = world.refunds_of(&intent);
    let back: i64 = refunds.iter().map(|refund| refund.amount).sum();
    expect(back == i64::from(basket.total()) && refunds.len() == 1, &order, "be refunded in full, once")?;
    for refund in &refunds {
        world.confirm_refund(refund).await?;
    }
    let order = world.order(order.id()).await?;
    expect(order.text("/totals/refunded/amount") == decimal(basket.total()), &order, "count the refund once")?;
    Ok(order)
}

async fn paid_by_wallet(world: &World, wallet: Wallet) -> Result<Order> {
    let basket = Basket { provider: wallet.name(), ..Basket::web(&[("TEE-L", 1)]) };
    let placed = world.place("storefront", &basket.body(&world.number("W"))).await?;
    let order = world.until(placed.id(), "payable", |order| order.status() == "awaiting_payment").await?;
    world.begin_by_wallet(wallet, &order).await?;
    let trade = world.pay_by_wallet(wallet, order.text("/payments/0/payment_reference"), basket.total()).await?;
    let order = released(world, &order, 1).await?;
    let path = format!("/v1/orders/{}/cancellation", order.id());
    world.command("storefront", &path, &json!({ "reason": "买错了" })).await?;
    world.wallet_refunds(wallet, &trade).await?;
    let over = |order: &Order| order.status() == "cancelled" && order.text("/payment_status") == "refunded";
    let order = world.until(order.id(), "cancelled and refunded", over).await?;
    expect(order.text("/totals/refunded/amount") == decimal(basket.total()), &order, "have its money back once")?;
    Ok(order)
}

async fn paid_by_gift_card(world: &World) -> Result<Order> {
    let basket = Basket::web(&[("TEE-L", 1)]);
    let (card, part) = (world.sell_gift_card(50), 3000);
    let placed = world.place("storefront", &basket.body_with_gift_card(&world.number("W"), &card, part)).await?;
    let order = world.until(placed.id(), "payable", |order| order.status() == "awaiting_payment").await?;
    expect(world.left_on(&card) == 20.into(), &order, "set 30.00 of the card aside")?;
    say("30.00 of the gift card's 50.00 are set aside");
    let rest = basket.total() - part;
    let intent = world.pay(&order, order.text("/payments/1/payment_reference"), rest).await?;
    released(world, &order, 1).await?;
    let taken = |order: &Order| order.text("/totals/captured/amount") == decimal(basket.total());
    let order = world.until(order.id(), "paid with both", taken).await?;
    let path = format!("/v1/orders/{}/cancellation", order.id());
    world.command("storefront", &path, &json!({ "reason": "买错了" })).await?;
    let over = |order: &Order| order.status() == "cancelled" && order.text("/payment_status") == "refunded";
    let order = world.until(order.id(), "cancelled and refunded", over).await?;
    let back: Vec<i64> = world.refunds_of(&intent).iter().map(|refund| refund.amount).collect();
    expect(back == [i64::from(rest)], &order, "send the buyer's money back once")?;
    expect(world.left_on(&card) == 50.into(), &order, "make the card whole again")?;
    say("the card has its 50.00 again, the buyer the rest");
    Ok(order)
}

async fn rejected(world: &World) -> Result<Order> {
    let placed = world.place("storefront", &unknown_product(&world.number("W"))).await?;
    let order = world.until(placed.id(), "rejected", |order| order.status() == "rejected").await?;
    expect(order.count("rejections") == 1, &order, "say why, by line")?;
    say(&format!("refused: {}", order.text("/rejections/0/detail")));
    Ok(order)
}

async fn held(world: &World) -> Result<Order> {
    let (order, _) = place_and_pay_once(world, &Basket::web(&[("CHAIR-01", 3)]), |order| {
        order.text("/holds/0/status") == "active" && order.status() != "received"
    })
    .await?;
    let order = world.until(order.id(), "paid", |order| order.text("/payment_status") == "paid").await?;
    say(&format!("held: {}", order.text("/holds/0/reason")));
    expect(order.shipments().is_empty(), &order, "move no goods while it is held")?;
    let path = format!("/v1/orders/{}/holds/{}/release", order.id(), order.text("/holds/0/hold_id"));
    world.command("support", &path, &json!({ "reason": "已与客户确认" })).await?;
    let order = released(world, &order, 1).await?;
    deliver_all(world, &order).await?;
    completed(world, &order).await
}

async fn expired(world: &World, unpaid: &Unpaid) -> Result<Order> {
    say("nobody has paid the order that was placed first");
    // The message that makes it prompt is delayed by the window; should it be lost, the sweep comes within a minute.
    let order = world
        .until_within(Duration::from_secs(100), &unpaid.order_id, "expired", |order| order.status() == "expired")
        .await?;
    let promised = world.promised(UNPAID_SKU).await?;
    expect(promised == unpaid.promised_before, &order, &format!("give its {UNPAID_SKU} back exactly once"))?;
    say(&format!("its {UNPAID_SKU} is free again"));
    Ok(order)
}

/// Places, waits until it is to be paid, pays. The order and the payment's id come back.
async fn place_and_pay(world: &World, basket: &Basket) -> Result<(Order, String)> {
    place_and_pay_once(world, basket, |order| order.status() == "awaiting_payment").await
}

async fn place_and_pay_once(
    world: &World,
    basket: &Basket,
    payable: impl Fn(&Order) -> bool,
) -> Result<(Order, String)> {
    let placed = world.place("storefront", &basket.body(&world.number("W"))).await?;
    let order = world.until(placed.id(), "payable", payable).await?;
    let reference = order.text("/payments/0/payment_reference").to_owned();
    let intent = world.pay(&order, &reference, basket.total()).await?;
    Ok((order, intent))
}

/// Waits until this many shipments are with their warehouses.
async fn released(world: &World, order: &Order, count: usize) -> Result<Order> {
    let there = |order: &Order| {
        let shipments = order.shipments();
        shipments.len() == count && shipments.iter().all(|shipment| shipment.status == "released")
    };
    let order = world.until(order.id(), &format!("released in {count}"), there).await?;
    let places: Vec<String> = order.shipments().into_iter().map(|shipment| shipment.location).collect();
    say(&format!("released to {}", places.join(" and ")));
    Ok(order)
}

async fn deliver_all(world: &World, order: &Order) -> Result<()> {
    for shipment in &order.shipments() {
        let tracking = world.ship(shipment).await?;
        world.carry(&tracking).await?;
    }
    Ok(())
}

/// Waits for the good end.
async fn completed(world: &World, order: &Order) -> Result<Order> {
    let over = |order: &Order| {
        order.status() == "completed"
            && order.text("/payment_status") == "paid"
            && order.text("/fulfilment_status") == "delivered"
    };
    world.until(order.id(), "completed, paid and delivered", over).await
}

fn expect(is_so: bool, order: &Order, what: &str) -> Result<()> {
    if is_so {
        return Ok(());
    }
    order.print_timeline();
    Err(LocalError::Failed(format!("{} should {what}; it is {}", order.id(), order.states())))
}
