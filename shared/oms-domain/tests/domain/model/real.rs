//! The same order as the code has it: what an action of the model is as a command, and what the order then is in the
//! model's words.

use std::sync::LazyLock;

use jiff::Timestamp;
use oms_domain::body::{PlacedOrder, Provider};
use oms_domain::command::{CallOffAnswered, Command, RefundAnswered, RefundAsk, Report, Scan};
use oms_domain::decide::{self, ALL_BACK, decide};
use oms_domain::event::RefundCause;
use oms_domain::id::{EventKey, HoldId, PaymentId};
use oms_domain::money::Money;
use oms_domain::order::{Hold, Order};
use oms_domain::payment::{PaymentFact, PaymentFactKind, RefundFactStatus};
use oms_domain::policy::{Context, Policy};
use oms_domain::status::{HoldStatus, OrderStatus, RefundStatus};
use oms_domain::stock::{self, StockLevel};
use oms_domain::wake;

use super::rules::Action;
use super::state::{AtProvider, Attempt, Books, Parcel, Promise, Refund, Shelf, State, Why, Window};
use crate::given::{self, at, cny, fact, key, level, line, order_id, reference};

/// The two places, the nearer one first, as the allocation chooses them.
const PLACES: [&str; 2] = ["sz-1", "sh-1"];

/// A real order, its two shelves, and the time.
#[derive(Clone)]
pub struct Real {
    order: Order,
    shelves: [StockLevel; 2],
    now: Timestamp,
}

static TOTAL: LazyLock<Money> = LazyLock::new(|| cny("99.00"));
static PLAIN: LazyLock<Policy> = LazyLock::new(|| policy(false));
static REVIEWING: LazyLock<Policy> = LazyLock::new(|| policy(true));

fn total() -> Money {
    *TOTAL
}

/// Time passes only where an action says so: locations and carriers may be silent for as long as they like.
fn policy(reviewed: bool) -> Policy {
    let review_thresholds = if reviewed { vec![cny("50.00")] } else { Vec::new() };
    Policy { review_thresholds, shipment_response_seconds: i64::MAX, close_after_seconds: i64::MAX, ..given::policy() }
}

impl Real {
    pub fn received(state: &State) -> Self {
        let body = given::order_of(vec![line(1, "TEE-M", 1, total())], Provider::Stripe);
        let order = Order::received(order_id(0), PlacedOrder::new(body).unwrap(), at(0));
        let units = i64::from(state.books.shelves[0].on_hand);
        Self { order, shelves: PLACES.map(|place| level(place, "TEE-M", units)), now: at(0) }
    }

    /// What an action is to the order; none for what it cannot see.
    fn command(&self, state: &State, action: Action) -> Option<Command> {
        use Action::*;
        let reason = String::from("because");
        let shipment = |p: usize| self.order.shipments[p].id.clone();
        let report = |p: usize, report| Command::Report { shipment_id: shipment(p), report };
        let refund = |r: usize| self.order.refunds[r].id.clone();
        let answer = |r: usize, answer| Command::AnswerRefund { refund_id: refund(r), answer };
        // People answer the review first.
        let hold = || {
            let mut open: Vec<_> = self.order.active_holds().collect();
            open.sort_by_key(|hold| hold.reason == ALL_BACK);
            open.first().map_or(HoldId::number(1), |hold| hold.id.clone())
        };
        let levels = || self.shelves.to_vec();
        Some(match action {
            Place => Command::Validate {
                products: vec![given::product("TEE-M", total())],
                levels: levels(),
                locations: given::locations(),
            },
            Plan => Command::Plan { levels: levels(), locations: given::locations() },
            Compensate => Command::Compensate,
            ReleaseStock => Command::ReleaseStock,
            Submit(r) => Command::SubmitRefund { refund_id: refund(r) },
            Decline | Pay(_) | WindowPasses | ReviewPasses | CallOff(_) | Send(_) | Refuse(_) | Leave(_)
            | CannotShip(_) | Stop(_) | Lose(_) => return None,
            ToldDeclined => told("declined", 0, PaymentFactKind::Failed { reason }),
            ToldPaid(k) => told(&format!("paid-{k}"), k, PaymentFactKind::Captured { amount: total() }),
            ToldPaidByAnotherEvent(k) => {
                let fresh = format!("paid-{k}-{}", self.order.applied.len());
                told(&fresh, k, PaymentFactKind::Captured { amount: total() })
            }
            AnsweredCallOff(k) => Command::AnswerCallOff {
                payment_id: self.payment(k),
                answer: match state.world.payments[k] {
                    AtProvider::Paid => CallOffAnswered::Captured(total()),
                    AtProvider::Open | AtProvider::CalledOff => CallOffAnswered::Done,
                },
            },
            AnsweredSent(r) => answer(r, RefundAnswered::Succeeded { reference: Some(format!("re_{r}")) }),
            AnsweredNo(r) => answer(r, RefundAnswered::Refused { reason }),
            AnswerLost(r) => answer(r, RefundAnswered::Unknown),
            ToldSent(r) => self.told_refund(r),
            Accepted(p) => report(p, Report::Accepted),
            Rejected(p) => report(p, Report::Rejected { reason: None }),
            Shipped(p) => {
                let tracking_number = given::tracking(&format!("SF{p}"));
                report(p, Report::Shipped { carrier: given::carrier(), tracking_number })
            }
            Delivered(p) => report(p, Report::Delivered),
            Cancelled(p) => report(p, Report::Cancelled),
            CancelRefused(p) => report(p, Report::CancelRefused),
            ScannedLost(p) => Command::Scan { shipment_id: shipment(p), scan: Scan::Lost },
            Identify => Command::IdentifyPayment {
                provider: Provider::Stripe,
                amount: total(),
                provider_payment_id: provider_id(0),
            },
            Cancel => Command::Cancel { reason },
            ReleaseHold => Command::ReleaseHold { hold_id: hold(), reason },
            RejectHold => Command::RejectHold { hold_id: hold(), reason },
            AskRefund => {
                let key = key(format!("refund:{}", self.order.refunds.len()));
                Command::RequestRefund { key, ask: RefundAsk::Amount(total()), reason, by: "finance".into() }
            }
            RetryRefund(r) => Command::RetryRefund { refund_id: refund(r) },
            SettleRefund(r) => Command::SettleRefund { refund_id: refund(r), reason },
            CloseTrouble(p) => Command::CloseTrouble { shipment_id: shipment(p), reason },
        })
    }

    fn payment(&self, k: usize) -> PaymentId {
        let known = |p: &&oms_domain::order::Payment| p.provider_payment_id.as_deref() == Some(&provider_id(k));
        self.order.payments.iter().find(known).expect("only a known payment is called off").id.clone()
    }

    fn told_refund(&self, r: usize) -> Command {
        let refund = &self.order.refunds[r];
        let payment = self.order.payment(&refund.payment_id).unwrap().provider_payment_id.clone().unwrap();
        let kind = PaymentFactKind::Refund {
            refund_id: Some(refund.id.clone()),
            provider_refund_id: format!("re_{r}"),
            amount: refund.amount,
            status: RefundFactStatus::Succeeded,
        };
        Command::RecordPayment(fact(&format!("refund-{r}"), &payment, kind))
    }

    /// When an action happens. The model knows of time only what a window ends: that a refund whose answer is open is asked
    /// about before it is sent again, and when, is no more than an instant to it.
    fn moment(&self, action: Action) -> Timestamp {
        let refund = if let Action::Submit(r) = action { self.order.refunds.get(r) } else { None };
        let unknown = refund.filter(|refund| refund.status == RefundStatus::Unknown);
        unknown.map_or(self.now, |refund| wake::asked_at(&self.order, refund).max(self.now))
    }

    /// The order after an action, decided and applied by the code under the conditions of the store; none where nothing
    /// changes.
    pub fn after(&self, state: &State, action: Action) -> Option<Self> {
        if action == Action::WindowPasses {
            return Some(Self { now: self.order.payment_deadline.unwrap(), ..self.clone() });
        } else if action == Action::ReviewPasses {
            let last = self.order.active_holds().map(|h| h.deadline).max();
            return Some(Self { now: last.unwrap(), ..self.clone() });
        }
        let command = self.command(state, action)?;
        let cause = cause(&command);
        if cause.as_ref().is_some_and(|c| self.order.applied.contains(c)) {
            return None;
        }
        let policy = if state.world.reviewed { &REVIEWING } else { &PLAIN };
        let now = self.moment(action);
        let events = match decide(&self.order, &command, &Context { now, policy }) {
            Ok(events) if events.is_empty() => return None,
            Ok(events) => events,
            Err(refusal) => {
                assert!(may_be_refused(&command), "{action:?} is refused: {refusal}");
                return None;
            }
        };
        let mut order = decide::after(&self.order, &events, now);
        order.applied.extend(cause);
        let mut shelves = self.shelves.clone();
        for change in stock::moves(&self.order.reservations, &order.reservations) {
            let shelf = shelves.iter_mut().find(|s| s.location_id == change.location_id).unwrap();
            assert!(change.takes <= shelf.free(), "{action:?} promises what is not there");
            shelf.on_hand += change.on_hand;
            shelf.held += change.held;
            shelf.committed += change.committed;
        }
        Some(Self { order, shelves, now: self.now })
    }

    /// The order in the model's words.
    pub fn books(&self) -> Books {
        let order = &self.order;
        let passed = |deadline: Timestamp| deadline <= self.now;
        let holds = |is_back: bool| order.holds.iter().filter(move |h| (h.reason == ALL_BACK) == is_back);
        assert!(holds(false).count() <= 1 && holds(true).count() <= 1, "a hold that the model does not know");
        let over = |hold: &Hold| hold.status == HoldStatus::Active && passed(hold.deadline);
        Books {
            order: order.status,
            review: holds(false).next().map(|h| h.status),
            review_over: holds(false).any(over),
            back: holds(true).next().map(|h| h.status),
            back_over: holds(true).any(over),
            window: match order.payment_deadline {
                Some(deadline) if order.status == OrderStatus::AwaitingPayment => {
                    if passed(deadline) {
                        Window::Over
                    } else {
                        Window::Open
                    }
                }
                Some(_) | None => Window::Closed,
            },
            reserved: order.reserved,
            attempts: order.payments.iter().map(attempt).collect(),
            refunds: order.refunds.iter().map(|r| self.refund(r)).collect(),
            promises: order
                .reservations
                .iter()
                .map(|r| Promise { place: place(r.allotment.location_id.as_str()), status: r.status })
                .collect(),
            parcels: order.shipments.iter().map(parcel).collect(),
            plan_failed: order.plan_failure.is_some(),
            refusing: PLACES.map(|p| order.refusing_locations.iter().any(|l| l.as_str() == p)),
            shelves: [0, 1].map(|i| shelf(&self.shelves[i])),
            odd: !order.anomalies.is_empty(),
        }
    }

    fn refund(&self, refund: &oms_domain::order::Refund) -> Refund {
        assert_eq!(refund.amount, total());
        let attempt = self.order.payments.iter().position(|p| p.id == refund.payment_id).unwrap();
        let why = match refund.cause {
            RefundCause::OrderUndone => Why::Undone,
            RefundCause::Excess => Why::Excess,
            RefundCause::Requested => Why::Asked,
        };
        Refund { attempt, why, status: refund.status, refused: refund.refused }
    }
}

fn provider_id(k: usize) -> String {
    format!("pi_{k}")
}

fn told(event: &str, k: usize, kind: PaymentFactKind) -> Command {
    Command::RecordPayment(PaymentFact { reference: Some(reference(0, 1)), ..fact(event, &provider_id(k), kind) })
}

fn cause(command: &Command) -> Option<EventKey> {
    if let Command::RecordPayment(fact) = command {
        Some(fact.key.clone())
    } else if let Command::RequestRefund { key, .. } = command {
        Some(key.clone())
    } else {
        None
    }
}

/// What people and locations say may be refused. A fact and a worker's step never are.
fn may_be_refused(command: &Command) -> bool {
    matches!(
        command,
        Command::Report { .. }
            | Command::Cancel { .. }
            | Command::IdentifyPayment { .. }
            | Command::RequestRefund { .. }
    )
}

fn attempt(payment: &oms_domain::order::Payment) -> Attempt {
    assert!(payment.captured.is_zero() || payment.captured == total());
    Attempt {
        payment: payment.provider_payment_id.as_deref().map(|id| usize::from(id == provider_id(1))),
        status: payment.status,
        captured: !payment.captured.is_zero(),
    }
}

fn parcel(shipment: &oms_domain::order::Shipment) -> Parcel {
    Parcel {
        place: place(shipment.location_id.as_str()),
        status: shipment.status,
        asked: shipment.cancel_requested_at.is_some() && shipment.status.is_open_at_location(),
        trouble_closed: shipment.trouble_closed,
    }
}

fn place(id: &str) -> usize {
    PLACES.iter().position(|p| *p == id).expect("a place of the model")
}

fn shelf(level: &StockLevel) -> Shelf {
    let small = |n: i64| i8::try_from(n).unwrap();
    Shelf { on_hand: small(level.on_hand), held: small(level.held), committed: small(level.committed) }
}
