//! What buyers order, how they pay, and what the provider tells of it.

use oms_domain::body::{DeclaredStatus, Delivery, DeliveryType, Provider};
use oms_domain::command::Command;
use oms_domain::id::PaymentReference;
use oms_domain::order::Order;
use oms_domain::payment::{FeeFact, PaymentFact, PaymentFactKind, RefundFactStatus};
use oms_domain::payment_start::{PayerClient, Taking};
use oms_domain::status::ShipmentStatus;

use crate::build::{OrderBuilder, an_order, cny};
use crate::gateway::ProviderPayment;
use crate::shop::acts::Act;
use crate::shop::work::later;
use crate::shop::{PAYMENT_WINDOW, facts};
use crate::sim::chance::What;
use crate::sim::world::{AtProvider, GOODS, Todo, World, channel, name, place_number};

/// What is paid at once of an order with a deposit.
const DEPOSIT: &str = "10.00";
/// After so many seconds its rest is due.
const BALANCE_DUE: i64 = 150_000;

/// How an order is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    Card,
    Cash,
    Channel,
    /// A voucher that the channel took, and a card.
    Both,
    /// A gift card of the shop, and a card for the rest.
    GiftAndCard,
    /// A gift card of the shop for all of it.
    Gift,
    /// A gift card of the shop, and cash for the rest.
    GiftAndCash,
    /// A deposit at once and the rest by a day, both by card.
    Deposit,
}

/// What a buyer does about a payment.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Pays,
    Never,
    TooLittle,
    TooMuch,
    Twice,
    FailsFirst,
    PromisesFirst,
    OnlyPromises,
    TooLate,
    InParts,
    /// As most cards of a shop that takes money later: promised, and left to the shop.
    LeftToTheShop,
}

/// Decides what will happen to an order, as far as nobody has to wait for the shop.
pub fn plan(world: &mut World, order: u16) {
    let means = world.chance.weighted(
        What::Order,
        order,
        &[
            (50, Means::Card),
            (14, Means::Cash),
            (14, Means::Channel),
            (8, Means::Both),
            (9, Means::GiftAndCard),
            (3, Means::Gift),
            (3, Means::GiftAndCash),
            (8, Means::Deposit),
        ],
    );
    let basket = basket(world, order);
    let total = total(world, order, &basket);
    let part = |less: i128| name(format!("{}.{:02}", (total - less) / 100, (total - less) % 100));
    let (basket, due) = match means {
        Means::Card => (basket, part(0)),
        Means::Cash => (basket.paid_by(Provider::Cod), ""),
        Means::Channel => (basket.collected_by_channel(), ""),
        Means::Both => {
            let card = part(1_000);
            let parts =
                [(Provider::Channel, "10.00", DeclaredStatus::Captured), (Provider::Stripe, card, DeclaredStatus::Due)];
            (basket.paid_in_parts(&parts), card)
        }
        Means::GiftAndCard => {
            let card = part(1_000);
            (basket.paid_in_parts(&[gift("10.00"), (Provider::Stripe, card, DeclaredStatus::Due)]), card)
        }
        Means::Gift => (basket.paid_in_parts(&[gift(part(0))]), ""),
        Means::GiftAndCash => {
            let cash = (Provider::Cod, part(1_000), DeclaredStatus::Due);
            (basket.paid_in_parts(&[gift("10.00"), cash]), "")
        }
        Means::Deposit => {
            let rest = part(1_000);
            (basket.deposit_and_balance(DEPOSIT, rest, later(world.now(), BALANCE_DUE)), rest)
        }
    };
    let at = 3 * i64::try_from(world.chance.pick(What::Order, order, 60)).unwrap_or(0);
    place(world, order, at, basket, means);
    match means {
        Means::Card | Means::Both | Means::GiftAndCard => pay(world, order, at, due),
        Means::Deposit => pay_in_turn(world, order, at, due),
        Means::Cash | Means::Channel | Means::Gift | Means::GiftAndCash => {}
    }
    if world.chance.hits(What::Order, order, 150) {
        let wait = world.chance.weighted(What::Order, order, &[(1, 600), (1, 0), (1, 20), (1, 9_000), (1, 180_000)]);
        world.send(at + wait, order, Act::ask(Command::Cancel { reason: "changed my mind".into() }));
    }
    for time in 0..2 {
        if !world.chance.hits(What::Order, order, 200) {
            continue;
        }
        let wait = world.chance.weighted(What::Order, order, &[(3, 600), (2, 0), (2, 61), (1, 2_000), (1, 90_000)]);
        let line = 1 + world.chance.pick(What::Order, order, 2);
        let quantity = world.chance.weighted(What::Order, order, &[(5, 1), (1, 2)]);
        let key = name(format!("fewer-{order}-{time}"));
        world.send(at + wait, order, Act::CancelLines { line, quantity, key });
    }
}

fn gift(amount: &'static str) -> (Provider, &'static str, DeclaredStatus) {
    (Provider::GiftCard, amount, DeclaredStatus::Due)
}

fn basket(world: &mut World, order: u16) -> OrderBuilder {
    let mut basket = an_order().empty().customer(name(format!("c-{}", order % 4))).shipping_fee("8.00");
    let lines = 1 + usize::from(world.chance.hits(What::Order, order, 350));
    for _ in 0..lines {
        let (sku, price) = GOODS[world.chance.pick(What::Order, order, GOODS.len())];
        let quantity = world.chance.weighted(What::Order, order, &[(6, 1), (3, 2), (1, 3)]);
        basket = basket.line(sku, quantity, price);
    }
    if world.chance.hits(What::Order, order, 400) {
        basket = basket.discount("3.00");
    }
    if world.chance.hits(What::Order, order, 350) {
        basket = basket.points("2.50");
    }
    if world.chance.hits(What::Order, order, 20) {
        basket = basket.line("NOPE", 1, "1.00");
    }
    if world.chance.hits(What::Order, order, 60) {
        basket = basket.delivery(Delivery { kind: DeliveryType::Digital, ..Delivery::default() });
    }
    basket
}

fn total(world: &World, order: u16, basket: &OrderBuilder) -> i128 {
    basket.body_for(&world.subject_of(order).id).total.minor()
}

/// The order is sent; some senders send it under a second key, or something else under the same.
fn place(world: &mut World, order: u16, at: i64, basket: OrderBuilder, means: Means) {
    let (channel, number) = (channel(order), place_number(order));
    let place = |basket: &OrderBuilder, key: &str| Act::Place {
        order: Box::new(basket.clone().channel(channel, number)),
        channel,
        number,
        key: name(format!("{key}-{order}")),
    };
    world.send(at, order, place(&basket, "key"));
    if world.chance.hits(What::Order, order, 40) {
        world.send(at + 1, order, place(&basket, "other"));
    }
    // Payments in parts would no longer add up.
    let in_parts =
        matches!(means, Means::Both | Means::GiftAndCard | Means::Gift | Means::GiftAndCash | Means::Deposit);
    if world.chance.hits(What::Order, order, 30) && !in_parts {
        world.send(at + 1, order, place(&basket.line("MUG", 1, "30.10"), "key"));
    }
}

/// A deposit at once, or too much of one, or none; the rest by its day, or too late, or never.
fn pay_in_turn(world: &mut World, order: u16, placed: i64, rest: &'static str) {
    let card = |n: u32| name(format!("pi-{order}-{n}"));
    let at = placed + world.chance.weighted(What::Payment, order, &[(4, 60), (2, 5), (1, 10_000)]);
    let deposit = world.chance.weighted(What::Payment, order, &[(8, DEPOSIT), (1, "11.00"), (1, "9.00")]);
    world.after(at, order, Todo::AtProvider(AtProvider::Pays(card(1), deposit)));
    let waits = [(4, Some(40_000)), (4, None), (1, Some(BALANCE_DUE - 2)), (2, Some(BALANCE_DUE + 900)), (1, Some(0))];
    if let Some(wait) = world.chance.weighted(What::Payment, order, &waits) {
        world.after(placed + wait, order, Todo::AtProvider(AtProvider::PaysBalance(card(2), rest)));
    }
}

fn pay(world: &mut World, order: u16, placed: i64, due: &'static str) {
    let card = |n: u32| name(format!("pi-{order}-{n}"));
    let wait = world.chance.weighted(What::Payment, order, &[(4, 60), (2, 0), (2, 5), (2, 600), (1, 10_000)]);
    let at = placed + wait;
    if world.chance.hits(What::Payment, order, 350) {
        world.after(placed, order, Todo::AtProvider(AtProvider::Opens(card(1))));
        world.send(placed + 1, order, Act::Identify { payment: card(1), amount: due });
    }
    // Some change their mind about how to pay, before or after they have begun.
    if world.chance.hits(What::Payment, order, 60) {
        let begin = |payment, client| Act::Start { payment, client };
        if world.chance.hits(What::Payment, order, 500) {
            world.send(placed + 2, order, begin(1, PayerClient::Web));
            if world.chance.hits(What::Payment, order, 500) {
                let wait = world.chance.weighted(What::Payment, order, &[(3, 60), (1, 4), (1, 12_000)]);
                world.after(placed + wait, order, Todo::AtProvider(AtProvider::PaysBegun(due)));
            }
        }
        let wait = world.chance.weighted(What::Payment, order, &[(3, 5), (1, 300), (1, 12_000)]);
        let provider =
            if world.chance.hits(What::Payment, order, 500) { Provider::Stripe } else { Provider::Wechatpay };
        world.send(placed + wait, order, Act::Open { provider, amount: due, key: name(format!("open-{order}")) });
        world.send(placed + wait + 1, order, begin(2, PayerClient::Qr));
    }
    let fates = [
        (60, Fate::Pays),
        (10, Fate::Never),
        (5, Fate::TooLittle),
        (3, Fate::TooMuch),
        (7, Fate::Twice),
        (6, Fate::FailsFirst),
        (5, Fate::PromisesFirst),
        (3, Fate::OnlyPromises),
        (6, Fate::TooLate),
        (3, Fate::InParts),
        (if channel(order) == "web" { 0 } else { 40 }, Fate::LeftToTheShop),
    ];
    let less = |text: &str, cut: &str| cny(text).sub(cny(cut)).expect("one currency");
    let text = |money: oms_domain::money::Money| name(format!("{}.{:02}", money.minor() / 100, money.minor() % 100));
    let pays = |n: u32, amount: &'static str| Todo::AtProvider(AtProvider::Pays(card(n), amount));
    let promises = || Todo::AtProvider(AtProvider::Promises(card(1), due));
    match world.chance.weighted(What::Payment, order, &fates) {
        Fate::Never => {}
        Fate::Pays => world.after(at, order, pays(1, due)),
        Fate::TooLittle => world.after(at, order, pays(1, text(less(due, "1.00")))),
        Fate::TooMuch => world.after(at, order, pays(1, text(less(due, "-1.00")))),
        Fate::Twice => {
            world.after(at, order, pays(1, due));
            world.after(at + 3, order, pays(2, due));
        }
        Fate::FailsFirst => {
            tell(world, order, at, card(1), PaymentFactKind::Pending);
            tell(world, order, at + 5, card(1), PaymentFactKind::Failed { reason: "card_declined".into() });
            world.after(at + 60, order, pays(1, due));
        }
        Fate::PromisesFirst => {
            world.after(at, order, promises());
            world.after(at + 7_000, order, pays(1, due));
        }
        Fate::OnlyPromises => {
            world.after(at, order, promises());
            world.after(at + 500_000, order, Todo::AtProvider(AtProvider::Lapses(card(1))));
        }
        Fate::LeftToTheShop => {
            world.after(at, order, promises());
            world.after(at + 1_500_000, order, Todo::AtProvider(AtProvider::Lapses(card(1))));
        }
        Fate::TooLate => {
            let slack = world.chance.weighted(What::Payment, order, &[(2, 900), (2, 0), (1, -2), (1, 20)]);
            world.after(placed + PAYMENT_WINDOW + slack, order, pays(1, due));
        }
        Fate::InParts => {
            world.after(at, order, pays(1, "1.00"));
            world.after(at + 30, order, pays(1, due));
        }
    }
}

/// Something happens at the provider, and it tells of it.
pub fn happens(world: &mut World, order: u16, what: &AtProvider) {
    let stripe = world.shop.stripe.clone();
    match what {
        AtProvider::Opens(payment) => {
            if stripe.payment(payment).is_none() {
                stripe.set_payment(payment, ProviderPayment::Open);
            }
        }
        AtProvider::Promises(payment, amount) => {
            if !matches!(stripe.payment(payment), None | Some(ProviderPayment::Open)) {
                return;
            }
            let amount = cny(amount);
            stripe.set_payment(payment, ProviderPayment::Authorized(amount));
            // Some providers say until when, by the same event or one of its own, and not all of that can be true.
            let days = world.chance.weighted(What::Payment, order, &[(6, 0), (2, 3), (1, 20), (1, -2), (1, 100_000)]);
            let expires_at = (days != 0).then(|| later(world.now(), days * 86_400));
            let apart = expires_at.is_some() && world.chance.hits(What::Payment, order, 400);
            let first = expires_at.filter(|_| !apart);
            tell(world, order, 1, payment, PaymentFactKind::Authorized { amount, expires_at: first });
            if apart {
                let wait = world.chance.weighted(What::Payment, order, &[(2, 1), (1, 0), (1, 5_000)]);
                tell(world, order, wait, payment, PaymentFactKind::Authorized { amount, expires_at });
            }
        }
        AtProvider::PaysBegun(amount) => {
            let reference = PaymentReference::of(&world.subject_of(order).id, 1);
            let payment = name(format!("pi_{reference}"));
            match stripe.taking(&reference) {
                Some(Taking::Promised) => {
                    happens(world, order, &AtProvider::Promises(payment, amount));
                    world.after(1_500_000, order, Todo::AtProvider(AtProvider::Lapses(payment)));
                }
                Some(Taking::AsSetUp | Taking::AtOnce) => happens(world, order, &AtProvider::Pays(payment, amount)),
                None => {}
            }
        }
        AtProvider::Pays(payment, amount) => {
            if stripe.payment(payment) == Some(ProviderPayment::Cancelled) {
                return;
            }
            let amount = cny(amount);
            // What the provider has taken of a payment is a sum: it never shrinks.
            if let Some(ProviderPayment::Captured(before)) = stripe.payment(payment)
                && before.compare(amount).is_ok_and(std::cmp::Ordering::is_ge)
            {
                return;
            }
            stripe.set_payment(payment, ProviderPayment::Captured(amount));
            tell(world, order, 1, payment, PaymentFactKind::Captured { amount });
            if world.chance.hits(What::Payment, order, 60) {
                let wait = world.chance.weighted(What::Payment, order, &[(1, 50_000), (1, 2), (2, 400), (1, 5_000)]);
                tell(world, order, wait, payment, PaymentFactKind::Disputed { amount });
                if world.chance.hits(What::Payment, order, 500) {
                    tell(world, order, 400_000, payment, PaymentFactKind::DisputeWon);
                } else if world.chance.hits(What::Payment, order, 500) {
                    let wait = world.chance.weighted(What::Payment, order, &[(2, 400_000), (1, 1), (1, 60_000)]);
                    tell(world, order, wait, payment, PaymentFactKind::DisputeLost { amount });
                }
            }
        }
        AtProvider::PaysBalance(payment, amount) => {
            if stripe.payment(payment) == Some(ProviderPayment::Cancelled) {
                return;
            }
            let amount = cny(amount);
            stripe.set_payment(payment, ProviderPayment::Captured(amount));
            let reference = Some(PaymentReference::of(&world.subject_of(order).id, 2));
            let fact = fact(world, order, payment, PaymentFactKind::Captured { amount });
            world.send(1, order, Act::told(PaymentFact { reference, ..fact }));
        }
        AtProvider::Lapses(payment) => {
            if matches!(stripe.payment(payment), Some(ProviderPayment::Open | ProviderPayment::Authorized(_))) {
                stripe.set_payment(payment, ProviderPayment::Cancelled);
                tell(world, order, 1, payment, PaymentFactKind::Cancelled);
            }
        }
        AtProvider::Settles(refund, succeeded) => {
            let Some(booked) = stripe.refunds().get(refund).cloned() else { return };
            if booked.succeeded.is_none() {
                stripe.settle(refund, *succeeded);
            }
            let done = stripe.refunds().get(refund).and_then(|r| r.succeeded);
            let status = if done == Some(true) { RefundFactStatus::Succeeded } else { RefundFactStatus::Failed };
            let kind = PaymentFactKind::Refund {
                refund_id: Some(refund.clone()),
                provider_refund_id: booked.reference.clone(),
                amount: booked.amount,
                status,
            };
            let payment = name(booked.provider_payment_id);
            tell(world, order, 1, payment, kind);
        }
    }
}

/// The provider tells the shop, under an event id of its own.
fn tell(world: &mut World, order: u16, seconds: i64, payment: &str, kind: PaymentFactKind) {
    let fact = fact(world, order, payment, kind);
    world.send(seconds, order, Act::told(fact));
}

fn fact(world: &mut World, order: u16, payment: &str, kind: PaymentFactKind) -> PaymentFact {
    let subject = world.subject_mut(order);
    subject.told += 1;
    let event = format!("evt-{order}-{}", subject.told);
    // Some events say what the provider keeps, others of the same money do not.
    let fees = if subject.told.is_multiple_of(3) { Vec::new() } else { fees(payment, &kind) };
    PaymentFact { fees, ..facts::fact(&subject.id, &event, payment, kind) }
}

/// What the provider keeps of what it has taken, and asks for a dispute, each under a name of its own.
fn fees(payment: &str, kind: &PaymentFactKind) -> Vec<FeeFact> {
    let fee = |what: &str, minor: i128| {
        let amount = cny(&format!("{}.{:02}", minor / 100, minor % 100));
        vec![FeeFact { reference: format!("txn-{what}-{payment}"), is_returned: false, amount }]
    };
    match kind {
        PaymentFactKind::Captured { amount } => fee(&amount.minor().to_string(), amount.minor() * 29 / 1_000),
        PaymentFactKind::Disputed { .. } | PaymentFactKind::DisputeLost { .. } => fee("dispute", 1_500),
        PaymentFactKind::Pending
        | PaymentFactKind::Authorized { .. }
        | PaymentFactKind::CaptureFailed { .. }
        | PaymentFactKind::Failed { .. }
        | PaymentFactKind::Cancelled
        | PaymentFactKind::Refund { .. }
        | PaymentFactKind::DisputeWon
        | PaymentFactKind::Other { .. } => Vec::new(),
    }
}

/// What happens just when it is least welcome: the buyer's bank disputes a payment while a shipment is planned again.
pub fn react(world: &mut World, order: u16, before: Option<&Order>, after: &Order) {
    let refused = |o: &Order| o.shipments.iter().filter(|s| s.status == ShipmentStatus::Rejected).count();
    let Some(before) = before.filter(|b| refused(b) < refused(after)) else { return };
    let paid = before.payments.iter().find(|p| p.captured.is_positive() && p.provider == Provider::Stripe);
    let known = paid.and_then(|p| Some((name(p.provider_payment_id.clone()?), p.captured)));
    if let Some((payment, amount)) = known
        && world.chance.hits(What::Payment, order, 250)
    {
        tell(world, order, 0, payment, PaymentFactKind::Disputed { amount });
    }
}

/// The provider tells of every capture of ours that had its effect, sooner or later.
pub fn tell_captures(world: &mut World, order: u16) {
    for (capture, (payment, amount)) in world.shop.stripe.captures() {
        let ours = capture.order().and_then(|id| world.number(&id)) == Some(order);
        if ours && world.subject_mut(order).taken_later.insert(capture) {
            let wait = world.chance.weighted(What::Payment, order, &[(2, 1), (1, 0), (2, 40), (1, 7_000)]);
            tell(world, order, wait, &payment, PaymentFactKind::Captured { amount });
        }
    }
}

/// What the provider does about refunds that it has taken: it settles the pending ones, and tells of the others.
pub fn settle_refunds(world: &mut World, order: u16) {
    for (refund, booked) in world.shop.stripe.refunds() {
        if world.number_of(&refund) != Some(order) || !world.subject_mut(order).settling.insert(refund.clone()) {
            continue;
        }
        let pending = booked.succeeded.is_none();
        if pending || world.chance.hits(What::Payment, order, 300) {
            let wait = world.chance.weighted(What::Payment, order, &[(2, 30), (1, 0), (2, 900), (1, 7_000)]);
            let succeeds = !world.chance.hits(What::Payment, order, 200);
            world.after(wait, order, Todo::AtProvider(AtProvider::Settles(refund, succeeds)));
        }
    }
}
