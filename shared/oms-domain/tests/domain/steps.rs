//! Random steps in the lives of orders: commands of people and workflows, facts of providers, locations and carriers,
//! in any state, at any time. What a step means is worked out against the state that it finds.

use jiff::Timestamp;
use oms_domain::body::Provider;
use oms_domain::capture::CaptureMoment;
use oms_domain::command::{Command, Report, Scan};
use oms_domain::event::RefundLine;
use oms_domain::id::{PaymentReference, ShipmentId};
use oms_domain::money::Money;
use oms_domain::payment::{FeeFact, PaymentFact, PaymentFactKind};
use oms_domain::policy::Policy;
use oms_domain::status::ShipmentStatus;
use proptest::prelude::*;

use crate::given;
use crate::till::Mood;
use crate::world::World;

/// Something that somebody does. Numbers choose among what is there.
#[derive(Debug, Clone)]
pub enum What {
    Work { mood: u8 },
    Fact { payment: u8, kind: u8, amount: u8, odd: u8 },
    FactAgain { which: u8 },
    Natural { shipment: u8 },
    Report { shipment: u8, report: u8 },
    Scan { shipment: u8, scan: u8 },
    Cancel,
    CancelLines { line: u8, quantity: u8, more: u8 },
    Hold { which: u8, release: bool },
    Refund { amount: u8, line: u8, quantity: u8 },
    RefundByHand { which: u8, how: u8, mood: u8 },
    Capture { which: u8, how: u8, mood: u8 },
    CallOff { which: u8, how: u8 },
    RefundFact { which: u8, status: u8, elsewhere: u8 },
    Identify { payment: u8 },
    Open { payment: u8, provider: u8 },
    Start { which: u8, client: u8 },
    Raw { command: u8, stale: bool },
    Close { which: u8 },
    Restock { row: u8 },
    Pass { time: u8 },
    ToWake,
    Update,
}

#[derive(Debug, Clone)]
pub struct Step {
    pub order: u8,
    pub what: What,
}

pub fn step() -> impl Strategy<Value = Step> {
    let n = any::<u8>;
    let what = prop_oneof![
        10 => n().prop_map(|mood| What::Work { mood }),
        8 => (n(), n(), n(), n()).prop_map(|(payment, kind, amount, odd)| What::Fact { payment, kind, amount, odd }),
        2 => n().prop_map(|which| What::FactAgain { which }),
        5 => n().prop_map(|shipment| What::Natural { shipment }),
        3 => (n(), n()).prop_map(|(shipment, report)| What::Report { shipment, report }),
        3 => (n(), n()).prop_map(|(shipment, scan)| What::Scan { shipment, scan }),
        1 => Just(What::Cancel),
        2 => (n(), n(), n()).prop_map(|(line, quantity, more)| What::CancelLines { line, quantity, more }),
        2 => (n(), proptest::bool::weighted(0.8)).prop_map(|(which, release)| What::Hold { which, release }),
        2 => (n(), n(), n()).prop_map(|(amount, line, quantity)| What::Refund { amount, line, quantity }),
        2 => (n(), n(), n()).prop_map(|(which, how, mood)| What::RefundByHand { which, how, mood }),
        2 => (n(), n(), n()).prop_map(|(which, how, mood)| What::Capture { which, how, mood }),
        1 => (n(), n()).prop_map(|(which, how)| What::CallOff { which, how }),
        2 => (n(), n(), n()).prop_map(|(which, status, elsewhere)| What::RefundFact { which, status, elsewhere }),
        1 => n().prop_map(|payment| What::Identify { payment }),
        1 => (n(), n()).prop_map(|(payment, provider)| What::Open { payment, provider }),
        1 => (n(), n()).prop_map(|(which, client)| What::Start { which, client }),
        2 => (n(), any::<bool>()).prop_map(|(command, stale)| What::Raw { command, stale }),
        1 => n().prop_map(|which| What::Close { which }),
        1 => n().prop_map(|row| What::Restock { row }),
        1 => n().prop_map(|time| What::Pass { time }),
        1 => Just(What::ToWake),
        1 => Just(What::Update),
    ];
    (any::<u8>(), what).prop_map(|(order, what)| Step { order, what })
}

pub fn pick<T: Clone>(items: &[T], n: u8) -> Option<T> {
    (!items.is_empty()).then(|| items[n as usize % items.len()].clone())
}

pub fn mood(n: u8) -> Mood {
    match n {
        0..=150 => Mood::Fine,
        151..=180 => Mood::Slow,
        181..=205 => Mood::LostAnswer,
        206..=230 => Mood::LostCall,
        231..=255 => Mood::Refusing,
    }
}

impl World {
    /// Takes a step. Refusals are answers like others.
    pub fn take(&mut self, step: &Step) {
        let life = step.order as usize % self.lives.len();
        match &step.what {
            What::Work { mood: m } => {
                if let Some(work) = self.due(life) {
                    self.run(life, work, mood(*m));
                }
            }
            What::Fact { payment, kind, amount, odd } => {
                let fact = self.fact(life, *payment, *kind, *amount, *odd);
                self.tell(life, fact);
            }
            What::FactAgain { which } => {
                if let Some((life, fact)) = pick(&self.told, *which) {
                    let before = self.lives[life].order.clone();
                    self.tell(life, fact);
                    assert_eq!(before, self.lives[life].order, "a fact has its effect once");
                }
            }
            What::Natural { shipment } => self.natural(life, *shipment),
            What::Report { shipment, report } => {
                if let Some(id) = self.any_shipment(life, *shipment) {
                    let report = self.a_report(life, *report);
                    self.say(life, Command::Report { shipment_id: id, report });
                }
            }
            What::Scan { shipment, scan } => {
                if let Some(id) = self.any_shipment(life, *shipment) {
                    let scans = [
                        Scan::InTransit,
                        Scan::OutForDelivery,
                        Scan::Delivered,
                        Scan::Exception,
                        Scan::Lost,
                        Scan::ReturnedToSender,
                    ];
                    self.say(life, Command::Scan { shipment_id: id, scan: scans[*scan as usize % scans.len()] });
                }
            }
            What::Cancel => self.say(life, Command::Cancel { reason: "changed my mind".into() }),
            What::CancelLines { line, quantity, more } => self.cancel_lines(life, *line, *quantity, *more),
            What::Hold { which, release } => self.answer_hold(life, *which, *release),
            What::Refund { amount, line, quantity } => self.ask_refund(life, *amount, *line, *quantity),
            What::RefundByHand { which, how, mood } => self.refund_by_hand(life, *which, *how, *mood),
            What::Capture { which, how, mood } => self.capture_by_hand(life, *which, *how, *mood),
            What::CallOff { which, how } => self.answer_call_off(life, *which, *how),
            What::RefundFact { which, status, elsewhere } => self.refund_fact(life, *which, *status, *elsewhere),
            What::Identify { payment } => self.identify(life, *payment),
            What::Open { payment, provider } => self.open(life, *payment, *provider),
            What::Start { which, client } => self.start(life, *which, *client),
            What::Raw { command, stale } => self.raw(life, *command, *stale),
            What::Close { which } => self.close(life, *which),
            What::Restock { row } => {
                let rows: Vec<_> = self.stock.keys().cloned().collect();
                if let Some(row) = pick(&rows, *row) {
                    self.fill(&row, 3);
                }
            }
            What::Pass { time } => self.pass([1, 45, 600, 3600, 86_400, 400_000, 1_300_000][*time as usize % 7]),
            What::Update => self.older = false,
            What::ToWake => {
                if let Some(wake) = self.next_wake(life) {
                    self.now = self.now.max(wake);
                }
            }
        }
    }

    /// Tells an order something that it may refuse.
    pub fn say(&mut self, life: usize, command: Command) {
        let _ = self.order_act(life, command);
    }

    pub fn tell(&mut self, life: usize, fact: PaymentFact) {
        if let PaymentFactKind::Captured { amount } = &fact.kind
            && amount.currency() == self.lives[life].order.body.currency
            && fact.live == self.policy.live
        {
            self.till.take(&fact.provider_payment_id, *amount);
        }
        if let PaymentFactKind::Authorized { amount, .. } = &fact.kind
            && amount.currency() == self.lives[life].order.body.currency
            && fact.live == self.policy.live
        {
            self.till.promise(&fact.provider_payment_id, *amount);
        }
        self.told.push((life, fact.clone()));
        self.order_act(life, Command::RecordPayment(fact)).expect("a fact is never refused");
    }

    /// A fact about one of three payments that the provider may know: right, wrong, of the other mode or currency.
    fn fact(&mut self, life: usize, payment: u8, kind: u8, amount: u8, odd: u8) -> PaymentFact {
        let key = self.new_key();
        let order = &self.lives[life].order;
        let declared = &order.body.payments[payment as usize % order.body.payments.len()];
        let provider = if declared.provider.has_api() { declared.provider } else { Provider::Stripe };
        let mut money = match amount {
            0..=160 => declared.amount,
            161..=185 => declared.amount.split(&[1, 1])[0],
            186..=205 => declared.amount.add(declared.amount).unwrap(),
            206..=225 => order.body.total,
            226..=250 => given::minor(i64::from(amount) + 1, order.body.currency),
            251..=255 => Money::zero(order.body.currency),
        };
        if odd < 8 {
            money = given::minor(100, given::currency("USD"));
        }
        // Some tell until when, and not all of that can be true.
        let expires_at = match odd % 4 {
            0 => None,
            1 => Some(Policy::after(self.now, 3 * 86_400)),
            2 => Some(Timestamp::MIN),
            _ => Some(Timestamp::MAX),
        };
        let kind = match kind {
            0..=60 if self.policy.capture_when.otherwise != CaptureMoment::Provider => {
                PaymentFactKind::Authorized { amount: money, expires_at }
            }
            0..=110 => PaymentFactKind::Captured { amount: money },
            111..=150 => PaymentFactKind::Authorized { amount: money, expires_at },
            151..=170 => PaymentFactKind::Pending,
            171..=190 => PaymentFactKind::Failed { reason: "card_declined".into() },
            191..=210 => PaymentFactKind::Cancelled,
            211..=225 => PaymentFactKind::Disputed { amount: money },
            226..=233 => PaymentFactKind::DisputeWon,
            234..=240 => PaymentFactKind::DisputeLost { amount: money },
            241..=255 => PaymentFactKind::Other { name: "charge.updated".into() },
        };
        let reference = match odd {
            8..=100 => Some(declared.reference.clone()),
            101..=106 => Some(PaymentReference::of(&given::order_id(99), 1)),
            _ => None,
        };
        let provider_payment_id = format!("{}_{life}_{}", provider.name(), (payment / 16) % 4);
        // Told by some events only, and again by others.
        let fee = FeeFact {
            reference: format!("fee_{provider_payment_id}_{}", amount % 2),
            is_returned: amount % 4 == 3,
            amount: given::minor(i64::from(amount % 8), order.body.currency),
        };
        let fees = if amount.is_multiple_of(3) { vec![fee] } else { Vec::new() };
        PaymentFact { key, provider, provider_payment_id, reference, live: odd >= 250, kind, fees }
    }

    fn any_shipment(&self, life: usize, n: u8) -> Option<ShipmentId> {
        let ids: Vec<ShipmentId> = self.lives[life].order.shipments.iter().map(|s| s.id.clone()).collect();
        pick(&ids, n)
    }

    /// What most likely happens next to a parcel.
    fn natural(&mut self, life: usize, n: u8) {
        let Some(id) = self.any_shipment(life, n) else { return };
        let status = self.lives[life].order.shipment(&id).unwrap().status;
        let scan = |scan| Command::Scan { shipment_id: id.clone(), scan };
        let command = match status {
            ShipmentStatus::Released => Command::Report { shipment_id: id.clone(), report: Report::Accepted },
            ShipmentStatus::Accepted => Command::Report { shipment_id: id.clone(), report: Report::Packed },
            ShipmentStatus::Packed => {
                let tracking_number = given::tracking(&format!("SF{n}"));
                let report = Report::Shipped { carrier: given::carrier(), tracking_number };
                Command::Report { shipment_id: id.clone(), report }
            }
            ShipmentStatus::Shipped | ShipmentStatus::Exception => scan(Scan::InTransit),
            ShipmentStatus::InTransit => scan(Scan::Delivered),
            ShipmentStatus::Backordered
            | ShipmentStatus::Scheduled
            | ShipmentStatus::Planned
            | ShipmentStatus::Delivered
            | ShipmentStatus::Rejected
            | ShipmentStatus::Cancelled
            | ShipmentStatus::Lost
            | ShipmentStatus::ReturnedToSender => return,
        };
        self.say(life, command);
    }

    fn a_report(&self, life: usize, n: u8) -> Report {
        match n % 8 {
            0 => Report::Accepted,
            1 => Report::Rejected { reason: Some("no stock".into()) },
            2 => Report::Packed,
            3 => Report::Shipped { carrier: given::carrier(), tracking_number: given::tracking(&format!("SF{n}")) },
            4 => Report::Delivered,
            5 => Report::Collected { amount: self.lives[life].order.body.payments[0].amount },
            6 => Report::Cancelled,
            _ => Report::CancelRefused,
        }
    }

    /// Units of one line, sometimes of two.
    fn cancel_lines(&mut self, life: usize, line: u8, quantity: u8, more: u8) {
        let lines = &self.lives[life].order.body.lines;
        let part = |n: u8, quantity: u8| RefundLine {
            line_id: lines[n as usize % lines.len()].line_id.clone(),
            quantity: u32::from(quantity % 3) + u32::from(quantity < 250),
        };
        let mut asked = vec![part(line, quantity)];
        if more < 80 {
            asked.push(part(line.wrapping_add(1), more));
        }
        self.say(life, Command::CancelLines { lines: asked, reason: "fewer".into() });
    }

    fn answer_hold(&mut self, life: usize, n: u8, release: bool) {
        let ids: Vec<_> = self.lives[life].order.holds.iter().map(|h| h.id.clone()).collect();
        let Some(hold_id) = pick(&ids, n) else { return };
        let reason = "looked at it".to_owned();
        let command =
            if release { Command::ReleaseHold { hold_id, reason } } else { Command::RejectHold { hold_id, reason } };
        self.say(life, command);
    }

    /// A step of a workflow at the wrong time, perhaps with stock as it was at the beginning.
    fn raw(&mut self, life: usize, n: u8, stale: bool) {
        let mut levels = self.levels();
        if stale {
            for level in &mut levels {
                level.on_hand += 2;
                level.held = 0;
            }
        }
        let (locations, products) = (self.locations.clone(), self.products.clone());
        let command = match n % 5 {
            0 => Command::Validate { products, levels, locations },
            1 => Command::Plan { levels, locations },
            2 => Command::Compensate,
            3 => Command::ReleaseStock,
            _ => Command::RetryPlan,
        };
        self.say(life, command);
    }

    fn close(&mut self, life: usize, n: u8) {
        let reason = "seen".to_owned();
        let open: Vec<String> =
            self.lives[life].order.anomalies.iter().filter(|a| !a.closed).map(|a| a.id.clone()).collect();
        let command = match pick(&open, n) {
            Some(anomaly_id) if n.is_multiple_of(2) => Command::CloseAnomaly { anomaly_id, reason },
            Some(_) | None => match self.any_shipment(life, n) {
                Some(shipment_id) => Command::CloseTrouble { shipment_id, reason },
                None => return,
            },
        };
        self.say(life, command);
    }
}
