//! From received to reserved, in one decision: what was ordered is checked, then set aside whole or not at all.

use std::collections::{BTreeMap, BTreeSet};

use crate::allocation;
use crate::benefit;
use crate::body::{Address, DeclaredStatus, DeliveryType, LineKind, PriceSource};
use crate::decide::holds;
use crate::event::{Allotment, OrderEvent, Rejection, RejectionCode};
use crate::id::Sku;
use crate::location::{Location, Product};
use crate::order::Order;
use crate::policy::Context;
use crate::status::{HoldKind, OrderStatus};
use crate::stock::StockLevel;

/// The most stock rows that one order may move at once: a transaction has 100 actions, and the order's own row and its
/// tasks' rows need some of them.
pub(super) const MOST_STOCK_ROWS: usize = 85;

pub(super) fn place(
    order: &Order,
    products: &[Product],
    levels: &[StockLevel],
    locations: &[Location],
    ctx: &Context<'_>,
) -> Vec<OrderEvent> {
    let checked = match order.status {
        // What the buyer spends beside money has to be there first.
        OrderStatus::Received if benefit::needs_reserving(order, ctx.policy) => return Vec::new(),
        OrderStatus::Received => check(order, products, ctx),
        // Checked by a version that set the lines aside in a commit of its own.
        OrderStatus::Validated if !order.reserved => Ok(Vec::new()),
        OrderStatus::Validated
        | OrderStatus::AwaitingPayment
        | OrderStatus::Confirmed
        | OrderStatus::InFulfilment
        | OrderStatus::Completed
        | OrderStatus::Closed
        | OrderStatus::Rejected
        | OrderStatus::Expired
        | OrderStatus::Cancelling
        | OrderStatus::Cancelled => return Vec::new(),
    };
    let decided = checked.and_then(|mut events| {
        events.push(OrderEvent::StockReserved { allotments: reserve(order, levels, locations)? });
        Ok(events)
    });
    decided.unwrap_or_else(|reasons| vec![OrderEvent::Rejected { reasons }])
}

/// What is right with the order, and what a person has to look at; or everything that is wrong with it.
fn check(order: &Order, products: &[Product], ctx: &Context<'_>) -> Result<Vec<OrderEvent>, Vec<Rejection>> {
    let mut reasons = check_lines(order, products, ctx);
    let mut wanted: Vec<(HoldKind, String)> = Vec::new();
    for payment in &order.body.payments {
        if !ctx.policy.offers(payment.provider) {
            reasons.push(Rejection {
                line_id: None,
                code: RejectionCode::PaymentMethod,
                detail: format!("payment by {} is not offered", payment.provider.name()),
            });
        }
    }
    if let Some(missing) = missing_in_address(order) {
        // Money that a channel has already taken is not sent back for a missing street: a person asks the buyer.
        if order.body.payments.iter().any(|p| p.status != DeclaredStatus::Due) {
            wanted.push((HoldKind::Address, format!("the address has no {missing}")));
        } else {
            reasons.push(Rejection {
                line_id: None,
                code: RejectionCode::IncompleteAddress,
                detail: format!("shipping_address.{missing} is missing"),
            });
        }
    }
    if !reasons.is_empty() {
        return Err(reasons);
    }
    // What is still wanted of it is looked at: a part may have been cancelled before it was its turn.
    let worth = order.worth().unwrap_or(order.body.total);
    if let Some(threshold) = ctx.policy.review_threshold(order.body.currency)
        && worth.compare(threshold).is_ok_and(std::cmp::Ordering::is_gt)
    {
        wanted.push((HoldKind::ManualReview, format!("the total {worth} is above {threshold}")));
    }
    let mut events = vec![OrderEvent::Validated];
    for (i, (kind, reason)) in wanted.into_iter().enumerate() {
        events.push(holds::place(order, i, kind, reason, ctx));
    }
    Ok(events)
}

fn check_lines(order: &Order, products: &[Product], ctx: &Context<'_>) -> Vec<Rejection> {
    let mut reasons = Vec::new();
    let mut ordered: BTreeMap<&Sku, u64> = BTreeMap::new();
    for line in &order.body.lines {
        *ordered.entry(&line.sku).or_default() += u64::from(order.wanted(line));
    }
    for line in order.body.lines.iter().filter(|l| order.wanted(l) > 0) {
        let reject = |code, detail| Rejection { line_id: Some(line.line_id.clone()), code, detail };
        let Some(product) = products.iter().find(|p| p.sku == line.sku) else {
            reasons.push(reject(RejectionCode::UnknownSku, format!("{} is not sold here", line.sku)));
            continue;
        };
        let price_counts = order.body.price_source == PriceSource::Catalogue && line.kind != LineKind::Gift;
        if price_counts && product.price != line.unit_price {
            reasons.push(reject(
                RejectionCode::PriceChanged,
                format!("{} costs {}, not {}", line.sku, product.price, line.unit_price),
            ));
        }
        let quantity = ordered.get(&line.sku).copied().unwrap_or_default();
        if quantity > u64::from(ctx.policy.max_line_quantity) {
            reasons.push(reject(
                RejectionCode::QuantityLimit,
                format!("at most {} of {} can be ordered at once", ctx.policy.max_line_quantity, line.sku),
            ));
        }
    }
    reasons
}

/// The first thing that the address lacks for a parcel to arrive. A masked address is complete as it comes.
fn missing_in_address(order: &Order) -> Option<&'static str> {
    match order.body.delivery.kind {
        DeliveryType::Pickup | DeliveryType::Digital => return None,
        DeliveryType::Ship | DeliveryType::Local => {}
    }
    let address = order.body.shipping_address.as_ref()?;
    if address.masked {
        return None;
    }
    let Address { name, phone, country, region, city, lines, .. } = address;
    let blank = |text: &Option<String>| text.as_ref().is_none_or(|t| t.trim().is_empty());
    if blank(name) {
        Some("name")
    } else if blank(phone) && order.body.customer.phone.as_ref().is_none_or(|p| p.trim().is_empty()) {
        Some("phone")
    } else if blank(country) {
        Some("country")
    } else if blank(city) && blank(region) {
        Some("city")
    } else if lines.iter().all(|l| l.trim().is_empty()) {
        Some("lines")
    } else {
        None
    }
}

/// Where each unit is set aside; or the lines for which there is not enough.
fn reserve(order: &Order, levels: &[StockLevel], locations: &[Location]) -> Result<Vec<Allotment>, Vec<Rejection>> {
    let demand = allocation::demand(order);
    if demand.is_empty() {
        return Ok(Vec::new());
    }
    let request = allocation::Request::new(order, locations, levels);
    match allocation::allocate(&demand, &request) {
        // Set aside whole or not at all means in one transaction, which has room for so many stock rows.
        Ok(allotments) if stock_rows(&allotments) > MOST_STOCK_ROWS => Err(vec![Rejection {
            line_id: None,
            code: RejectionCode::OutOfStock,
            detail: "the stock for this order is spread too thinly to set it aside at once".into(),
        }]),
        Ok(allotments) => Ok(allotments),
        Err(short) => Err(demand
            .iter()
            .filter(|d| short.contains(&d.sku))
            .map(|d| Rejection {
                line_id: Some(d.line_id.clone()),
                code: RejectionCode::OutOfStock,
                detail: format!("{} is out of stock", d.sku),
            })
            .collect()),
    }
}

/// How many stock rows an allocation touches.
pub(super) fn stock_rows<'a>(allotments: impl IntoIterator<Item = &'a Allotment>) -> usize {
    allotments.into_iter().map(|a| (&a.sku, &a.location_id)).collect::<BTreeSet<_>>().len()
}
