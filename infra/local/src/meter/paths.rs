//! The lives that are metered, step by step. A step is one HTTP request and all that follows from it.

use serde_json::{Value, json};

use super::session::Session;
use crate::error::{LocalError, Result};
use crate::shop::Placed;

/// A life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Path {
    /// The reference order: paid, shipped in one parcel, delivered.
    Delivered,
    /// Paid at the door.
    CashOnDelivery,
    /// Paid, then called off before a warehouse has taken it, and refunded.
    Cancelled,
    /// Never paid.
    Expired,
    /// Paid, shipped from two locations, delivered.
    Split,
    /// Begun by the stack, promised, taken when the parcel leaves.
    TakenLater,
    /// Paid, delivered, and one of two units paid back.
    Refunded,
}

impl Path {
    /// All, the reference first.
    pub const ALL: [Self; 7] = [
        Self::Delivered,
        Self::CashOnDelivery,
        Self::Cancelled,
        Self::Split,
        Self::TakenLater,
        Self::Refunded,
        Self::Expired,
    ];

    /// For tables and `--path`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::CashOnDelivery => "cod",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Split => "split",
            Self::TakenLater => "taken-later",
            Self::Refunded => "refunded",
        }
    }

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Delivered => "paid and delivered (the reference order)",
            Self::CashOnDelivery => "cash on delivery",
            Self::Cancelled => "cancelled after payment, refunded",
            Self::Expired => "expired unpaid",
            Self::Split => "split over two locations",
            Self::TakenLater => "begun by the stack, taken when it ships",
            Self::Refunded => "delivered, one of two units refunded",
        }
    }

    /// Two SKUs; for a split order they lie at two locations.
    pub fn lines(self) -> &'static [(&'static str, u32)] {
        match self {
            Self::Split => &[("MUG-01", 1), ("LAMP-01", 1)],
            Self::Delivered
            | Self::CashOnDelivery
            | Self::Cancelled
            | Self::Expired
            | Self::TakenLater
            | Self::Refunded => &[("TEE-M", 1), ("TEE-L", 1)],
        }
    }

    /// How an order is to rest at its end: status, payment and goods.
    fn end(self) -> [&'static str; 3] {
        match self {
            Self::Delivered | Self::CashOnDelivery | Self::Split | Self::TakenLater => {
                ["completed", "paid", "delivered"]
            }
            Self::Refunded => ["completed", "partially_refunded", "delivered"],
            Self::Cancelled => ["cancelled", "refunded", ""],
            Self::Expired => ["expired", "", ""],
        }
    }
}

/// Leads one order through the life. The order's id comes back.
///
/// # Errors
/// A request is refused, or the order does not come to its end.
pub async fn walk(session: &mut Session, path: Path) -> Result<String> {
    let provider = if path == Path::CashOnDelivery { "cod" } else { "stripe" };
    let channel = if path == Path::TakenLater { super::session::TAKES_LATER } else { "web" };
    let order = session.shop.new_order(path.lines(), provider).at(channel);
    let placed = session.step("order posted", async |shop| shop.post(&order).await).await?;
    let id = placed.order_id.clone();
    match path {
        Path::Delivered | Path::Split => {
            pay(session, &placed).await?;
            deliver(session, &id).await?;
        }
        Path::CashOnDelivery => {
            let shipments = deliver(session, &id).await?;
            let amount =
                json!({ "amount": format!("{}.{:02}", placed.cents / 100, placed.cents % 100), "currency": "CNY" });
            for shipment in shipments {
                let report = json!({ "event": "collected", "amount": amount });
                session.step("cash collected", async |shop| shop.warehouse(&shipment, &report).await).await?;
            }
        }
        Path::Cancelled => {
            let intent = pay(session, &placed).await?;
            session.step("called off, refunded", async |shop| shop.cancel(&id).await).await?;
            confirm(session, &intent).await?;
        }
        Path::Refunded => {
            let intent = pay(session, &placed).await?;
            deliver(session, &id).await?;
            session.step("a unit refunded", async |shop| shop.refund_unit(&id, "1").await).await?;
            confirm(session, &intent).await?;
        }
        Path::TakenLater => {
            awaits_payment(session, &placed).await?;
            let intent = session.step("payment begun", async |shop| shop.begin(&placed).await).await?;
            session.step("promised", async |shop| shop.promise(&intent, placed.cents).await).await?;
            deliver(session, &id).await?;
            session.step("taking confirmed", async |shop| shop.tell_taken(&intent).await).await?;
        }
        Path::Expired => {
            session.step("read", async |shop| shop.read(&id).await).await?;
            session.step_until("expiry", &id, "expired").await?;
        }
    }
    let order = session.aside(async |shop| shop.read(&id).await).await?;
    ended(path, &order)?;
    Ok(id)
}

async fn pay(session: &mut Session, placed: &Placed) -> Result<String> {
    awaits_payment(session, placed).await?;
    session.step("payment", async |shop| shop.pay(placed, 1).await).await
}

/// The storefront sees that the order is to be paid.
async fn awaits_payment(session: &mut Session, placed: &Placed) -> Result<()> {
    let order = session.step("read", async |shop| shop.read(&placed.order_id).await).await?;
    if text(&order, "/status") == "awaiting_payment" {
        return Ok(());
    }
    Err(LocalError::Failed(format!("{} should wait for its payment: {order}", placed.order_id)))
}

/// Stripe confirms what was refunded, and what was sent late to ask about it comes.
async fn confirm(session: &mut Session, intent: &str) -> Result<()> {
    for refund in session.shop.refunds_of(intent) {
        session.step("refund confirmed", async |shop| shop.confirm(&refund).await).await?;
    }
    session.late_messages().await
}

/// Reads where the shipments are, and brings each to its door.
async fn deliver(session: &mut Session, id: &str) -> Result<Vec<String>> {
    let order = session.step("read", async |shop| shop.read(id).await).await?;
    let list = order.get("shipments").and_then(Value::as_array).cloned().unwrap_or_default();
    let shipments: Vec<String> = list.iter().map(|shipment| text(shipment, "/shipment_id").to_owned()).collect();
    if shipments.is_empty() {
        return Err(LocalError::Failed(format!("{id} should have a shipment: {order}")));
    }
    for shipment in &shipments {
        let tracking = session.shop.number("SF").replace('-', "");
        for report in [
            json!({ "event": "accepted" }),
            json!({ "event": "packed" }),
            json!({ "event": "shipped", "carrier": "standard", "tracking_number": tracking }),
        ] {
            let name = text(&report, "/event").to_owned();
            session.step(&name, async |shop| shop.warehouse(shipment, &report).await).await?;
        }
        for status in ["in_transit", "out_for_delivery", "delivered"] {
            session.step(status, async |shop| shop.scan(&tracking, status).await).await?;
        }
    }
    Ok(shipments)
}

fn ended(path: Path, order: &Value) -> Result<()> {
    let [status, payment, goods] = path.end();
    let is = |pointer: &str, wanted: &str| wanted.is_empty() || text(order, pointer) == wanted;
    if is("/status", status) && is("/payment_status", payment) && is("/fulfilment_status", goods) {
        return Ok(());
    }
    Err(LocalError::Failed(format!("{} did not come to its end: {order}", path.title())))
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
