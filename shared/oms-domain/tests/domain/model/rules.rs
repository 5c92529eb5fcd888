//! What can happen, and what follows from it.

use oms_domain::status::{HoldStatus, OrderStatus, PaymentStatus, RefundStatus, ReservationStatus, ShipmentStatus};

use super::state::{AtProvider, Goods, Parcel, Promise, State, Window};

/// Everything that can happen. Numbers choose a payment of the provider, a refund, or a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    // Workers: any of them, at any time, any number of times.
    Place,
    Plan,
    Compensate,
    ReleaseStock,
    Submit(usize),

    // The world, before anybody is told.
    Decline,
    Pay(usize),
    WindowPasses,
    ReviewPasses,
    CallOff(usize),
    Send(usize),
    Refuse(usize),
    Leave(usize),
    CannotShip(usize),
    Stop(usize),
    Lose(usize),

    // Messages: in any order, any number of times, as late as they like.
    ToldDeclined,
    ToldPaid(usize),
    ToldPaidByAnotherEvent(usize),
    AnsweredCallOff(usize),
    AnsweredSent(usize),
    AnsweredNo(usize),
    AnswerLost(usize),
    ToldSent(usize),
    Accepted(usize),
    Rejected(usize),
    Shipped(usize),
    Delivered(usize),
    Cancelled(usize),
    CancelRefused(usize),
    ScannedLost(usize),

    // People and the storefront.
    Identify,
    Cancel,
    ReleaseHold,
    RejectHold,
    AskRefund,
    RetryRefund(usize),
    SettleRefund(usize),
    CloseTrouble(usize),
}

impl Action {
    /// Everything that could be tried, in a fixed order.
    pub fn all(state: &State) -> Vec<Self> {
        use Action::*;
        let mut all = vec![
            Place,
            Plan,
            Compensate,
            ReleaseStock,
            Decline,
            WindowPasses,
            ReviewPasses,
            ToldDeclined,
            Identify,
            Cancel,
            ReleaseHold,
            RejectHold,
            AskRefund,
        ];
        for k in 0..2 {
            all.extend([Pay(k), CallOff(k), ToldPaid(k), ToldPaidByAnotherEvent(k), AnsweredCallOff(k)]);
        }
        for r in 0..state.books.refunds.len() {
            all.extend([Submit(r), Send(r), Refuse(r), AnsweredSent(r), AnsweredNo(r), AnswerLost(r), ToldSent(r)]);
            all.extend([RetryRefund(r), SettleRefund(r)]);
        }
        for p in 0..state.books.parcels.len() {
            all.extend([Leave(p), CannotShip(p), Stop(p), Lose(p), Accepted(p), Rejected(p), Shipped(p), Delivered(p)]);
            all.extend([Cancelled(p), CancelRefused(p), ScannedLost(p), CloseTrouble(p)]);
        }
        all
    }
}

impl State {
    /// The state after an action; none where it cannot happen. An action that has nothing (left) to do changes nothing.
    pub fn after(&self, action: Action) -> Option<Self> {
        use Action::*;
        if !self.possible(action) {
            return None;
        }
        let mut next = self.clone();
        match action {
            Place => next.place(),
            Plan => next.plan(),
            Compensate => next.compensate(),
            ReleaseStock => next.release_stock(),
            Submit(r) => next.submit(r),
            Decline => next.world.declined = true,
            Pay(k) => next.world.payments[k] = AtProvider::Paid,
            WindowPasses => next.books.window = Window::Over,
            ReviewPasses => {
                next.books.review_over = next.books.reviewed();
                next.books.back_over = next.books.sent_back();
            }
            CallOff(k) => next.call_off(k),
            Send(r) => next.world.sendings[r].sent = true,
            Refuse(r) => {
                next.world.sendings[r].refusal = true;
                next.world.refusals -= 1;
            }
            Leave(p) => next.world.goods[p] = Goods::Left,
            CannotShip(p) => {
                next.world.goods[p] = Goods::Refused;
                next.world.accidents -= 1;
            }
            Stop(p) => next.world.goods[p] = Goods::Stopped,
            Lose(p) => {
                next.world.goods[p] = Goods::Lost;
                next.world.accidents -= 1;
            }
            ToldDeclined => next.told_declined(),
            ToldPaid(k) | ToldPaidByAnotherEvent(k) => next.captured(k),
            AnsweredCallOff(k) => next.answered_call_off(k),
            AnsweredSent(r) => next.answered_sent(r),
            AnsweredNo(r) => next.answered_no(r),
            AnswerLost(r) => {
                next.books.refunds[r].status = RefundStatus::Unknown;
                next.world.losses -= 1;
            }
            ToldSent(r) => next.told_sent(r),
            Accepted(p) => next.accepted(p),
            Rejected(p) => next.rejected(p),
            Shipped(p) => next.shipped(p),
            Delivered(p) => next.moved(p, ShipmentStatus::Delivered),
            Cancelled(p) => next.moved(p, ShipmentStatus::Cancelled),
            CancelRefused(p) => next.cancel_refused(p),
            ScannedLost(p) => next.moved(p, ShipmentStatus::Lost),
            Identify => next.identify(),
            Cancel => next.cancel(),
            ReleaseHold => next.books.answer(HoldStatus::Released),
            RejectHold => {
                next.books.answer(HoldStatus::Rejected);
                next.undo();
            }
            AskRefund => next.ask_refund(),
            RetryRefund(r) => {
                next.books.refunds[r].status = RefundStatus::Submitted;
                next.books.refunds[r].refused = false;
            }
            SettleRefund(r) => {
                next.books.refunds[r].status = RefundStatus::Succeeded;
                next.world.sendings[r].by_hand = true;
            }
            CloseTrouble(p) => next.books.parcels[p].trouble_closed = true,
        }
        next.settle();
        Some(next)
    }

    /// What the world allows: nobody is told what has not happened, and nobody answers who was not asked.
    fn possible(&self, action: Action) -> bool {
        use Action::*;
        let (books, world) = (&self.books, &self.world);
        let status = |p: usize| books.parcels[p].status;
        let handed = |p: usize| matches!(status(p), ShipmentStatus::Released | ShipmentStatus::Accepted);
        let out = |r: usize| matches!(books.refunds[r].status, RefundStatus::Submitted | RefundStatus::Unknown);
        let manual = |r: usize| books.refunds[r].status == RefundStatus::Manual;
        match action {
            Place | Plan | Compensate | ReleaseStock | Submit(_) => true,
            Identify | Cancel => true,
            Decline => !world.declined && world.payments[0] == AtProvider::Open,
            Pay(k) => world.payments[k] == AtProvider::Open && k < world.tries,
            WindowPasses => books.window == Window::Open,
            ReviewPasses => books.waits_for_an_answer(),
            CallOff(k) => (0..books.attempts.len())
                .any(|a| books.attempts[a].payment == Some(k) && books.open_attempt(a) && !world.asked_off[k]),
            Send(r) => out(r) && !world.sendings[r].sent,
            Refuse(r) => out(r) && !world.sendings[r].sent && !world.sendings[r].refusal && world.refusals > 0,
            Leave(p) => handed(p) && world.goods[p] == Goods::OnShelf,
            CannotShip(p) => handed(p) && world.goods[p] == Goods::OnShelf && world.accidents > 0,
            Stop(p) => books.parcels[p].asked && world.goods[p] == Goods::OnShelf,
            Lose(p) => world.goods[p] == Goods::Left && status(p) == ShipmentStatus::Shipped && world.accidents > 0,
            ToldDeclined => world.declined,
            ToldPaid(k) | ToldPaidByAnotherEvent(k) => world.payments[k] == AtProvider::Paid,
            AnsweredCallOff(k) => world.asked_off[k],
            AnsweredSent(r) | ToldSent(r) => world.sendings[r].sent,
            AnsweredNo(r) => world.sendings[r].refusal,
            AnswerLost(r) => books.refunds[r].status == RefundStatus::Submitted && world.losses > 0,
            Accepted(_) => true,
            Rejected(p) => world.goods[p] == Goods::Refused,
            Shipped(p) | Delivered(p) => world.goods[p] == Goods::Left,
            Cancelled(p) => world.goods[p] == Goods::Stopped,
            CancelRefused(p) => matches!(world.goods[p], Goods::OnShelf | Goods::Left),
            ScannedLost(p) => world.goods[p] == Goods::Lost,
            ReleaseHold | RejectHold => books.held(),
            AskRefund => world.goodwill || books.came_to_nothing(),
            RetryRefund(r) => manual(r),
            // A person looks into the provider's console first.
            SettleRefund(r) => manual(r) && !world.sendings[r].sent,
            CloseTrouble(p) => status(p) == ShipmentStatus::Lost && !books.parcels[p].trouble_closed,
        }
    }

    /// Set aside whole, or rejected.
    fn place(&mut self) {
        if self.books.order != OrderStatus::Received {
            return;
        }
        match (0..2).find(|place| self.free(*place)) {
            Some(place) => {
                self.books.order = OrderStatus::Validated;
                self.books.review = self.world.reviewed.then_some(HoldStatus::Active);
                self.books.reserved = true;
                self.promise(Promise { place, status: ReservationStatus::Held });
            }
            None => self.books.order = OrderStatus::Rejected,
        }
    }

    fn cancel(&mut self) {
        let early = matches!(
            self.books.order,
            OrderStatus::Received
                | OrderStatus::Validated
                | OrderStatus::AwaitingPayment
                | OrderStatus::Confirmed
                | OrderStatus::InFulfilment
        );
        if early && !self.books.has_shipped() {
            self.begin_undoing();
        }
    }

    /// What the warehouse has not accepted is withdrawn; what it has, it is asked about.
    fn begin_undoing(&mut self) {
        self.books.order = OrderStatus::Cancelling;
        for p in 0..self.books.parcels.len() {
            let status = self.books.parcels[p].status;
            if matches!(status, ShipmentStatus::Planned | ShipmentStatus::Released) {
                self.set_parcel(p, ShipmentStatus::Cancelled);
            } else if status == ShipmentStatus::Accepted {
                self.books.parcels[p].asked = true;
            }
        }
    }

    /// A hold was rejected, or nobody answered it.
    pub fn undo(&mut self) {
        if matches!(self.books.order, OrderStatus::Received | OrderStatus::Validated) {
            self.books.order = OrderStatus::Rejected;
        } else if !self.books.undone() && self.books.has_shipped() {
            // Too late: people are shown.
            self.books.odd = true;
        } else if !self.books.undone() {
            self.begin_undoing();
        }
    }

    /// What follows by itself, and what follows from that.
    fn settle(&mut self) {
        loop {
            if self.goods_follow() {
                continue;
            }
            let Some(next) = self.follows() else { break };
            self.books.order = next;
            if next == OrderStatus::AwaitingPayment {
                self.books.window = Window::Open;
            }
        }
        if self.books.order != OrderStatus::AwaitingPayment {
            self.books.window = Window::Closed;
        }
        self.books.review_over &= self.books.reviewed();
        self.books.back_over &= self.books.sent_back();
    }

    fn follows(&self) -> Option<OrderStatus> {
        let books = &self.books;
        let is = |status| books.order == status;
        if is(OrderStatus::Validated) && books.reserved && !books.held() {
            return Some(if books.covered() { OrderStatus::Confirmed } else { OrderStatus::AwaitingPayment });
        }
        if is(OrderStatus::AwaitingPayment) && books.covered() && !books.held() {
            return Some(OrderStatus::Confirmed);
        }
        if is(OrderStatus::Confirmed) && books.parcels.iter().any(with_location) {
            return Some(OrderStatus::InFulfilment);
        }
        if is(OrderStatus::InFulfilment) && books.parcels.iter().any(delivered) && !books.has_open_parcel() {
            return Some(OrderStatus::Completed);
        }
        if is(OrderStatus::InFulfilment) && self.given_up() {
            return Some(OrderStatus::Cancelling);
        }
        if is(OrderStatus::Cancelling) && books.has_shipped() && !books.came_to_nothing() {
            return Some(OrderStatus::InFulfilment);
        }
        (is(OrderStatus::Cancelling) && self.compensated()).then_some(OrderStatus::Cancelled)
    }

    fn given_up(&self) -> bool {
        self.books.came_to_nothing()
            && self.books.parcels.iter().all(|p| !p.status.has_shipped() || p.trouble_closed)
            && self.books.refundable_attempts().is_empty()
    }

    fn compensated(&self) -> bool {
        self.books.attempts.iter().all(|a| a.status != PaymentStatus::Created)
            && !(0..self.books.attempts.len()).any(|a| self.books.open_attempt(a))
            && self.books.refunds.iter().all(|r| r.status == RefundStatus::Succeeded)
            && self.books.refundable_attempts().is_empty()
            && !self.books.live_promises()
            && !self.books.has_open_parcel()
    }
}

fn with_location(parcel: &Parcel) -> bool {
    !matches!(parcel.status, ShipmentStatus::Planned | ShipmentStatus::Rejected | ShipmentStatus::Cancelled)
}

fn delivered(parcel: &Parcel) -> bool {
    parcel.status == ShipmentStatus::Delivered
}
