//! What the world does to the shop: each act is one request, with the retries that its sender makes.

use oms_app::callbacks;
use oms_app::commands;
use oms_app::error::AppError;
use oms_app::intake::{IntakeError, Request};
use oms_app::ports::{Clock, Payer};
use oms_app::starting::Ask;
use oms_domain::body::Provider;
use oms_domain::command::{Command, RefundAsk, Report};
use oms_domain::event::RefundLine;
use oms_domain::id::{Carrier, EventKey, LineId, OrderId, PaymentId, ShipmentId, TrackingNumber};
use oms_domain::payment::{PaymentFact, PaymentFactKind, RefundFactStatus};
use oms_domain::payment_start::PayerClient;
use oms_domain::refusal::Refusal;

use crate::build::{OrderBuilder, cny, location_id, sku};
use crate::faults::Run;
use crate::gateway::ProviderPayment;
use crate::shop::work::Failed;
use crate::shop::{Shop, order_id};

/// How often a sender tries before it gives up.
const MOST_TRIES: usize = 30;

/// One request from outside, or time that passes.
#[derive(Debug, Clone)]
pub enum Act {
    /// An order is sent, under a key.
    Place {
        /// The order.
        order: Box<OrderBuilder>,
        /// Where it was placed.
        channel: &'static str,
        /// Its number there.
        number: &'static str,
        /// The request's key.
        key: &'static str,
    },
    /// Stripe calls back.
    Told(Box<PaymentFact>),
    /// The storefront tells the payment's id at the provider.
    Identify {
        /// The id.
        payment: &'static str,
        /// What it is to bring.
        amount: &'static str,
    },
    /// The storefront asks for a further attempt to pay, under a key.
    Open {
        /// Through whom.
        provider: Provider,
        /// What it is to bring.
        amount: &'static str,
        /// The request's key.
        key: &'static str,
    },
    /// The storefront has Waybill begin an attempt, by its number.
    Start {
        /// The number.
        payment: usize,
        /// With what the buyer pays.
        client: PayerClient,
    },
    /// A location reports on a shipment, by its number.
    Report {
        /// The number.
        shipment: usize,
        /// What it reports.
        report: Report,
        /// The request's key.
        key: &'static str,
    },
    /// A carrier scans a parcel.
    Scan {
        /// The tracking number.
        number: &'static str,
        /// What the scan says, by the contract's name.
        status: &'static str,
        /// The carrier's id of the event.
        event: &'static str,
    },
    /// Staff or the buyer ask for something.
    Ask(Box<Command>),
    /// Staff or the buyer cancel units of a line, by its position from 1.
    CancelLines {
        /// The position.
        line: usize,
        /// How many units.
        quantity: u32,
        /// The request's key.
        key: &'static str,
    },
    /// Finance sends money back.
    Refund {
        /// How much.
        amount: &'static str,
        /// The request's key.
        key: &'static str,
    },
    /// Finance sends back what units of a line are worth, by its position from 1.
    RefundLines {
        /// The position.
        line: usize,
        /// How many units.
        quantity: u32,
        /// The request's key.
        key: &'static str,
    },
    /// People count a shelf.
    Count {
        /// Where.
        place: &'static str,
        /// What.
        sku: &'static str,
        /// How many they find.
        on_hand: u32,
    },
    /// Time passes, and the sweep runs.
    Pass(i64),
}

impl Act {
    /// The number of an order of the channel `web` that is placed.
    #[must_use]
    pub fn place(order: OrderBuilder) -> Self {
        Self::Place { order: Box::new(order.channel("web", "W-1")), channel: "web", number: "W-1", key: "key-1" }
    }

    /// A callback.
    #[must_use]
    pub fn told(fact: PaymentFact) -> Self {
        Self::Told(Box::new(fact))
    }

    /// A request of staff or the buyer.
    #[must_use]
    pub fn ask(command: Command) -> Self {
        Self::Ask(Box::new(command))
    }

    /// A location hands a shipment to the carrier.
    #[must_use]
    pub fn shipped(shipment: usize, number: &str, key: &'static str) -> Self {
        let report = Report::Shipped {
            carrier: Carrier::parse("standard").unwrap(),
            tracking_number: TrackingNumber::parse(number).unwrap(),
        };
        Self::Report { shipment, report, key }
    }
}

/// The intake's request for an order.
#[must_use]
pub fn request(order: &OrderBuilder, channel: &str, number: &str, key: &str) -> Request {
    let id = order_id(channel, number);
    let body = order.placed_for(&id);
    // The real one is a hash of the parsed JSON; here bodies differ by what they cost.
    let body_hash = format!("{:016x}", body.total.minor());
    Request { credential: channel.to_owned(), key: key.to_owned(), body_hash, order_id: id, body }
}

impl Shop {
    /// The order that a life is about.
    #[must_use]
    pub fn id(&self) -> OrderId {
        if let Some(id) = &self.about {
            return id.clone();
        }
        let mut ids = self.store.order_ids();
        assert!(ids.len() <= 1, "several orders");
        ids.pop().unwrap_or_else(|| order_id("web", "W-1"))
    }

    /// What the world does before it tells: the provider takes the money, or opens a payment.
    pub fn prepare(&self, act: &Act) {
        if let Act::Told(fact) = act
            && let PaymentFactKind::Captured { amount } = fact.kind
        {
            self.stripe.set_payment(&fact.provider_payment_id, ProviderPayment::Captured(amount));
        }
        if let Act::Told(fact) = act
            && let PaymentFactKind::Authorized { amount, .. } = fact.kind
            && !matches!(
                self.stripe.payment(&fact.provider_payment_id),
                Some(ProviderPayment::Captured(_) | ProviderPayment::Cancelled)
            )
        {
            self.stripe.set_payment(&fact.provider_payment_id, ProviderPayment::Authorized(amount));
        }
        if let Act::Told(fact) = act
            && let PaymentFactKind::Refund { refund_id: Some(refund_id), status, .. } = &fact.kind
        {
            match status {
                RefundFactStatus::Pending => {}
                RefundFactStatus::Succeeded => self.stripe.settle(refund_id, true),
                RefundFactStatus::Failed => self.stripe.settle(refund_id, false),
            }
        }
        if let Act::Told(fact) = act
            && matches!(
                fact.kind,
                PaymentFactKind::Pending | PaymentFactKind::Authorized { .. } | PaymentFactKind::Failed { .. }
            )
            && self.stripe.payment(&fact.provider_payment_id).is_none()
        {
            self.stripe.set_payment(&fact.provider_payment_id, ProviderPayment::Open);
        }
        if let Act::Identify { payment, .. } = act
            && self.stripe.payment(payment).is_none()
        {
            self.stripe.set_payment(payment, ProviderPayment::Open);
        }
    }

    /// Does an act once.
    pub async fn try_act(&self, act: &Act) -> Result<(), Failed> {
        let id = self.id();
        match act {
            Act::Place { order, channel, number, key } => {
                let request = request(order, channel, number, key);
                let intake = self.intake();
                match self.plan.run(intake.place(&request)).await {
                    Run::Done(Ok(placed)) => {
                        assert_eq!(placed, request.order_id);
                        Ok(())
                    }
                    Run::Done(Err(IntakeError::App(error))) => Err(Failed::Error(error)),
                    // In flight: the sender is told to come again.
                    Run::Done(Err(IntakeError::InFlight)) | Run::Crashed => Err(Failed::Died),
                    Run::Done(Err(error @ (IntakeError::KeyReused | IntakeError::Duplicate(_)))) => {
                        Err(Failed::NotTaken(error))
                    }
                }
            }
            Act::Told(fact) => {
                let engine = self.engine();
                self.call(callbacks::record_payment(&engine, &id, fact)).await.map(|_| ())
            }
            Act::Identify { payment, amount } => {
                let command = Command::IdentifyPayment {
                    provider: Provider::Stripe,
                    amount: cny(amount),
                    provider_payment_id: (*payment).to_owned(),
                };
                let engine = self.engine();
                self.call(commands::command(&engine, &id, command, "storefront")).await.map(|_| ())
            }
            Act::Open { provider, amount, key } => {
                let engine = self.engine();
                let asked =
                    commands::open_payment(&engine, &id, *provider, cny(amount), "storefront", Some((key, amount)));
                self.call(asked).await.map(|_| ())
            }
            Act::Start { payment, client } => {
                let starting = self.starting();
                let ask = Ask { client: *client, return_url: None, payer: Payer::default() };
                let payment_id = PaymentId::number(*payment);
                let begun = async {
                    let loaded = starting.engine.orders.load(&id).await?.ok_or(AppError::NotFound("order"))?;
                    starting.start(loaded, &payment_id, &ask, "storefront").await
                };
                self.call(begun).await.map(|_| ())
            }
            Act::Report { shipment, report, key } => {
                let carriers = self.carriers();
                let shipment = ShipmentId::of(&id, *shipment);
                self.call(carriers.report(&shipment, report.clone(), "warehouse", key, key)).await.map(|_| ())
            }
            Act::Scan { number, status, event } => {
                let carriers = self.carriers();
                let carrier = Carrier::parse("standard").unwrap();
                let number = TrackingNumber::parse(*number).unwrap();
                let event = EventKey::parse(format!("standard:{event}")).unwrap();
                let now = self.clock.now();
                self.call(carriers.scan(&carrier, &number, event, status, now)).await.map(|_| ())
            }
            Act::Ask(command) => {
                let engine = self.engine();
                self.call(commands::command(&engine, &id, (**command).clone(), "support")).await.map(|_| ())
            }
            Act::CancelLines { line, quantity, key } => {
                let engine = self.engine();
                let lines = vec![RefundLine { line_id: LineId::number(*line), quantity: *quantity }];
                let hash = format!("{line}-{quantity}");
                let asked =
                    commands::cancel_lines(&engine, &id, lines, "fewer".into(), "support", Some((*key, hash.as_str())));
                self.call(asked).await.map(|_| ())
            }
            Act::Refund { amount, key } => {
                let engine = self.engine();
                let ask = RefundAsk::Amount(cny(amount));
                let asked = commands::refund(&engine, &id, ask, "goodwill".into(), "finance", key, amount);
                self.call(asked).await.map(|_| ())
            }
            Act::RefundLines { line, quantity, key } => {
                let engine = self.engine();
                let lines = vec![RefundLine { line_id: LineId::number(*line), quantity: *quantity }];
                let hash = format!("{line}-{quantity}");
                let ask = RefundAsk::Lines(lines);
                let asked = commands::refund(&engine, &id, ask, "broken".into(), "finance", key, &hash);
                self.call(asked).await.map(|_| ())
            }
            Act::Count { place, sku: name, on_hand } => {
                let inventory = self.inventory();
                let (place, name) = (location_id(place), sku(name));
                self.call(inventory.count(&place, &name, *on_hand, 0, None)).await.map(|_| ())
            }
            Act::Pass(seconds) => {
                self.clock.advance_seconds(*seconds);
                self.sweep_all().await;
                Ok(())
            }
        }
    }

    /// Does an act, again and again as its sender would, until it is answered.
    pub async fn act(&self, act: &Act) {
        self.prepare(act);
        let mut died = false;
        for attempt in 0..MOST_TRIES {
            match Box::pin(self.try_act(act)).await {
                Ok(()) => return,
                // Whoever died before the answer came may find that it was done.
                Err(Failed::Error(AppError::Refused(Refusal::ThingState { .. } | Refusal::WrongState { .. })))
                    if died =>
                {
                    return;
                }
                Err(Failed::Error(error)) if !error.is_transient() => panic!("{act:?} is refused: {error}"),
                Err(Failed::NotTaken(error)) => panic!("{act:?} is refused: {error}"),
                Err(failed) => {
                    died |= matches!(failed, Failed::Died);
                    // At once, then after longer than any lease.
                    if attempt > 0 {
                        self.clock.advance_seconds(31);
                    }
                }
            }
        }
        panic!("{act:?} was never done");
    }

    /// An act, and all that follows from it now.
    pub async fn live(&mut self, act: &Act) {
        Box::pin(self.act(act)).await;
        Box::pin(self.drain()).await;
    }

    /// Several acts in turn.
    pub async fn live_all(&mut self, acts: &[Act]) {
        for act in acts {
            self.live(act).await;
        }
    }
}
