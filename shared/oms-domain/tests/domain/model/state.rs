//! The model's state: what the books say, and what is true outside.

use oms_domain::machine::Machine;
use oms_domain::status::{HoldStatus, OrderStatus, PaymentStatus, RefundStatus, ReservationStatus, ShipmentStatus};

/// Both halves. The books are what an order's state is compared with; the world is what the order cannot see.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub books: Books,
    pub world: World,
}

/// The order as its statuses leave it. Every amount is the order's total, once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Books {
    pub order: OrderStatus,
    /// The hold of an order that a person looks at first.
    pub review: Option<HoldStatus>,
    /// Whether its time has passed, while it is active.
    pub review_over: bool,
    /// The hold on goods whose money was asked back whole, and whether its time has passed.
    pub back: Option<HoldStatus>,
    pub back_over: bool,
    pub window: Window,
    pub reserved: bool,
    pub attempts: Vec<Attempt>,
    pub refunds: Vec<Refund>,
    pub promises: Vec<Promise>,
    pub parcels: Vec<Parcel>,
    pub plan_failed: bool,
    /// Places that have said no.
    pub refusing: [bool; 2],
    pub shelves: [Shelf; 2],
    /// Whether people were shown something that the tables do not know.
    pub odd: bool,
}

/// The time in which the buyer may pay, while the order waits for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    Closed,
    Open,
    Over,
}

/// A payment attempt, as far as the books know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// Which of the provider's payments it is.
    pub payment: Option<usize>,
    pub status: PaymentStatus,
    pub captured: bool,
}

/// Why money goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    Undone,
    Excess,
    Asked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Refund {
    pub attempt: usize,
    pub why: Why,
    pub status: RefundStatus,
    /// Whether the provider has said no since it was last sent.
    pub refused: bool,
}

/// The unit, promised at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Promise {
    pub place: usize,
    pub status: ReservationStatus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Parcel {
    pub place: usize,
    pub status: ShipmentStatus,
    /// Whether its location has to answer a request to stop.
    pub asked: bool,
    pub trouble_closed: bool,
}

/// The counters of the SKU at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shelf {
    pub on_hand: i8,
    pub held: i8,
    pub committed: i8,
}

/// What is true outside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// Whether the order's total is one that a person looks at.
    pub reviewed: bool,
    /// The provider's payments.
    pub payments: [AtProvider; 2],
    /// Whether a card was declined for the first of them.
    pub declined: bool,
    /// Whether the provider was asked to call a payment off.
    pub asked_off: [bool; 2],
    /// The provider's side of each refund.
    pub sendings: Vec<Sending>,
    /// Where each parcel's goods are.
    pub goods: Vec<Goods>,
    /// How many more answers may be lost.
    pub losses: u8,
    /// How many more refunds the provider may refuse.
    pub refusals: u8,
    /// How many more parcels may meet a location that cannot ship, or a carrier that loses them.
    pub accidents: u8,
    /// How many payments the buyer may begin.
    pub tries: usize,
    /// Whether finance sends money back of its own accord.
    pub goodwill: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AtProvider {
    Open,
    Paid,
    CalledOff,
}

/// A refund at the provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sending {
    /// The provider has sent the money, under the refund's key.
    pub sent: bool,
    /// A person has sent the money.
    pub by_hand: bool,
    /// The provider's no is on its way.
    pub refusal: bool,
    /// The books have taken in the provider's event that it was sent, and did not believe it.
    pub told: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Goods {
    OnShelf,
    /// The location could not, and has said or will say so.
    Refused,
    /// The location was asked to stop, and did.
    Stopped,
    Left,
    /// The carrier has lost them.
    Lost,
}

/// How much of each trouble an order may have.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Payments that the buyer begins.
    pub tries: usize,
    /// Answers about refunds that are lost on their way.
    pub losses: u8,
    /// Refunds that the provider refuses.
    pub refusals: u8,
    /// Locations that cannot ship and carriers that lose parcels.
    pub accidents: u8,
    /// Whether finance may send money back that nobody is owed.
    pub goodwill: bool,
}

impl State {
    /// An order that has just been received, with so many units at each place.
    pub fn received(reviewed: bool, units: i8, bounds: Bounds) -> Self {
        let created = Attempt { payment: None, status: PaymentStatus::Created, captured: false };
        Self {
            books: Books {
                order: OrderStatus::Received,
                review: None,
                review_over: false,
                back: None,
                back_over: false,
                window: Window::Closed,
                reserved: false,
                attempts: vec![created],
                refunds: Vec::new(),
                promises: Vec::new(),
                parcels: Vec::new(),
                plan_failed: false,
                refusing: [false; 2],
                shelves: [Shelf { on_hand: units, held: 0, committed: 0 }; 2],
                odd: false,
            },
            world: World {
                reviewed,
                payments: [AtProvider::Open; 2],
                declined: false,
                asked_off: [false; 2],
                sendings: Vec::new(),
                goods: Vec::new(),
                losses: bounds.losses,
                refusals: bounds.refusals,
                accidents: bounds.accidents,
                tries: bounds.tries,
                goodwill: bounds.goodwill,
            },
        }
    }
}

impl Books {
    pub fn held(&self) -> bool {
        self.reviewed() || self.sent_back()
    }

    /// Whether a person still looks at the order itself.
    pub fn reviewed(&self) -> bool {
        self.review == Some(HoldStatus::Active)
    }

    /// Whether support is still asked about goods that nobody pays for.
    pub fn sent_back(&self) -> bool {
        self.back == Some(HoldStatus::Active)
    }

    /// Whether there is time left that can pass.
    pub fn waits_for_an_answer(&self) -> bool {
        (self.reviewed() && !self.review_over) || (self.sent_back() && !self.back_over)
    }

    /// The hold that people answer first.
    pub fn answer(&mut self, status: HoldStatus) {
        if self.reviewed() {
            self.review = Some(status);
        } else {
            self.back = Some(status);
        }
    }

    /// Over without goods, or on the way there.
    pub fn undone(&self) -> bool {
        matches!(
            self.order,
            OrderStatus::Rejected | OrderStatus::Expired | OrderStatus::Cancelling | OrderStatus::Cancelled
        )
    }

    pub fn awaits_location(&self) -> bool {
        self.parcels.iter().any(|p| p.asked)
    }

    pub fn covered(&self) -> bool {
        self.attempts.iter().any(|a| a.captured)
    }

    /// What of an attempt no refund claims yet: all or nothing.
    pub fn refundable(&self, attempt: usize) -> bool {
        self.attempts[attempt].captured && !self.refunds.iter().any(|r| r.attempt == attempt)
    }

    pub fn refundable_attempts(&self) -> Vec<usize> {
        (0..self.attempts.len()).filter(|a| self.refundable(*a)).collect()
    }

    /// Whether a payment on top of the total stands in suspense.
    pub fn suspense(&self) -> bool {
        let captured = self.attempts.iter().filter(|a| a.captured).count();
        let claimed = self.refunds.iter().filter(|r| r.why == Why::Excess).count();
        captured > 1 + claimed && !self.refundable_attempts().is_empty()
    }

    /// The attempts of an undone order that a buyer could still pay, and those that lost to another which paid it.
    pub fn open_attempt(&self, attempt: usize) -> bool {
        let a = self.attempts[attempt];
        let open = a.status == PaymentStatus::Created || (a.status == PaymentStatus::Failed && a.payment.is_some());
        open && if self.undone() { !self.awaits_location() } else { self.covered() }
    }

    pub fn live_promises(&self) -> bool {
        self.promises.iter().any(|p| p.status.is_active())
    }

    pub fn has_shipped(&self) -> bool {
        self.parcels.iter().any(|p| p.status.has_shipped())
    }

    /// Whether the unit is in no living parcel.
    pub fn unplanned(&self) -> bool {
        self.parcels.iter().all(|p| matches!(p.status, ShipmentStatus::Rejected | ShipmentStatus::Cancelled))
    }

    pub fn has_open_parcel(&self) -> bool {
        self.parcels.iter().any(|p| p.status.is_open_at_location())
    }

    /// Whether what left is lost, and nothing is left to leave.
    pub fn came_to_nothing(&self) -> bool {
        let left: Vec<_> = self.parcels.iter().filter(|p| p.status.has_shipped()).collect();
        !left.is_empty()
            && left.iter().all(|p| p.status == ShipmentStatus::Lost)
            && !self.unplanned()
            && !self.has_open_parcel()
    }

    /// Whether the order is over, and nothing is owed or promised.
    pub fn rests(&self) -> bool {
        let over = self.order == OrderStatus::Completed || self.order.is_final();
        let owed = if self.undone() { !self.refundable_attempts().is_empty() } else { self.suspense() };
        let payable = (0..self.attempts.len()).any(|a| self.open_attempt(a));
        over && !owed
            && !payable
            && !self.live_promises()
            && self.refunds.iter().all(|r| r.status == RefundStatus::Succeeded)
    }
}
