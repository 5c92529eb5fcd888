//! The workflows and the outside world, in small: what the steps do with an order when it is due, and what people,
//! locations and carriers answer in the end.

use jiff::Timestamp;
use oms_domain::benefit::{self, BenefitWork};
use oms_domain::command::{BenefitAnswered, CaptureAnswered, Command, RefundAnswered, Report, Scan};
use oms_domain::desk;
use oms_domain::id::{CaptureId, PaymentId, RefundId, ShipmentId};
use oms_domain::machine::Machine;
use oms_domain::order::Order;
use oms_domain::status::{CaptureStatus, RefundStatus, ShipmentStatus};
use oms_domain::wake::{self, Work};

use crate::answers;
use crate::given;
use crate::till::Mood;
use crate::world::World;

/// Whether nothing can happen to an order any more by itself: it is over and nothing is owed.
pub fn is_over(order: &Order) -> bool {
    let over = order.status.is_final();
    let refunds = order.refunds.iter().all(|r| matches!(r.status, RefundStatus::Succeeded | RefundStatus::Declined));
    let captures =
        order.captures.iter().all(|c| matches!(c.status, CaptureStatus::Succeeded | CaptureStatus::Withdrawn));
    over && refunds && captures && order.owes().unwrap().is_zero() && order.live_reservations().next().is_none()
}

/// The names of the statuses of an order's parts, for messages.
pub fn summary(order: &Order) -> String {
    let shipments: Vec<_> = order.shipments.iter().map(|s| s.status.name()).collect();
    let payments: Vec<_> = order.payments.iter().map(|p| format!("{} {}", p.status.name(), p.captured)).collect();
    let refunds: Vec<_> = order.refunds.iter().map(|r| format!("{} {}", r.status.name(), r.amount)).collect();
    let holds = order.active_holds().count();
    format!("{} v{} {shipments:?} {payments:?} {refunds:?}, {holds} holds", order.status.name(), order.version)
}

/// What the service of coupons, points and gift cards says to a commit or a release; none where that, or its answer, is lost.
fn benefits_answer(mood: Mood) -> Option<BenefitAnswered> {
    match mood {
        Mood::Fine | Mood::Slow => Some(BenefitAnswered::Done),
        Mood::Refusing => Some(BenefitAnswered::Refused { reason: "no".into() }),
        Mood::LostAnswer | Mood::LostCall => None,
    }
}

impl World {
    pub fn due(&self, life: usize) -> Option<Work> {
        wake::work(&self.lives[life].order, &self.policy, self.now)
    }

    pub fn next_wake(&self, life: usize) -> Option<Timestamp> {
        wake::next_wake(&self.lives[life].order, &self.policy)
    }

    /// One run of a workflow. Whether it did anything: a commit, or a call to the provider.
    pub fn run(&mut self, life: usize, work: Work, mood: Mood) -> bool {
        let before = self.lives[life].records.len();
        let mut called = false;
        match work {
            Work::Placement => {
                if benefit::needs_reserving(&self.lives[life].order, &self.policy) {
                    self.step(life, Command::ReserveBenefits { answer: BenefitAnswered::Done });
                }
                let command = self.placement();
                self.step(life, command);
            }
            Work::Fulfilment => {
                let (levels, locations) = (self.levels(), self.locations.clone());
                self.step(life, Command::Plan { levels, locations });
            }
            Work::Reversal => {
                self.step(life, Command::Compensate);
                called |= self.send_refunds(life, mood);
                called |= self.send_captures(life, mood);
                called |= self.call_off(life, mood);
                while let Some(work) = benefit::work(&self.lives[life].order, &self.policy) {
                    let Some(answer) = benefits_answer(mood) else { break };
                    self.tell_benefits(life, work, answer);
                }
                self.step(life, Command::ReleaseStock);
            }
        }
        called || self.lives[life].records.len() > before
    }

    /// A step of a workflow is never refused: at worst it has nothing to do.
    fn step(&mut self, life: usize, command: Command) {
        self.order_act(life, command).expect("a step is not refused");
    }

    /// What the service takes of gift cards is on its books: it gives back no more.
    fn tell_benefits(&mut self, life: usize, work: BenefitWork, answer: BenefitAnswered) {
        if matches!((&work, &answer), (BenefitWork::Commit, BenefitAnswered::Done)) {
            for (payment, _) in self.lives[life].order.gift_cards() {
                self.till.take(payment.reference.as_str(), payment.authorized);
            }
        }
        self.step(life, Command::TellBenefits { work, answer });
    }

    fn send_refunds(&mut self, life: usize, mood: Mood) -> bool {
        let now = self.now;
        let due: Vec<RefundId> = self.lives[life]
            .order
            .refunds
            .iter()
            .filter(|r| wake::is_refund_due(&self.lives[life].order, r, now))
            .map(|r| r.id.clone())
            .collect();
        for id in &due {
            self.send_refund(life, id, mood);
        }
        !due.is_empty()
    }

    /// One refund, as the refund function does it: one that may have been sent is asked about first, and sent again
    /// only under the same key when the provider never heard of it. What a channel holds, the channel sends back.
    pub fn send_refund(&mut self, life: usize, id: &RefundId, mood: Mood) {
        let order = &self.lives[life].order;
        let refund = order.refund(id).unwrap().clone();
        let payment = order.payment(&refund.payment_id).unwrap();
        let by_channel = order.is_collected_by_channel(payment);
        let card = order.returned_to_card(&refund).map(|_| payment.reference.to_string());
        let gateway = payment.provider_payment_id.clone().filter(|_| payment.provider.has_api());
        let answer = |answer| Command::AnswerRefund { refund_id: id.clone(), answer };
        let submit = || Command::SubmitRefund { refund_id: id.clone() };
        if by_channel {
            self.step(life, submit());
            return self.step(life, answer(RefundAnswered::Succeeded { reference: None }));
        }
        if let Some(card) = card {
            if refund.status == RefundStatus::Approved {
                self.step(life, submit());
            }
            // A return is said again as it was: nobody asks first, and none is on its way for long.
            let mood = if mood == Mood::Slow { Mood::Fine } else { mood };
            let answered = self.till.refund(id, &card, refund.amount, mood);
            return self.step(life, answer(answered));
        }
        let Some(payment) = gateway else {
            let reason = "no gateway".to_owned();
            return self.step(life, answer(RefundAnswered::NoGateway { reason }));
        };
        if refund.status != RefundStatus::Approved
            && let Some(known) = self.till.ask(id).filter(|_| mood != Mood::LostCall)
        {
            return self.step(life, answer(known));
        }
        self.step(life, submit());
        let now = self.lives[life].order.refund(id).unwrap().status;
        if now != RefundStatus::Submitted {
            return;
        }
        let answered = self.till.refund(id, &payment, refund.amount, mood);
        self.step(life, answer(answered));
    }

    fn send_captures(&mut self, life: usize, mood: Mood) -> bool {
        let order = &self.lives[life].order;
        let is_due = |c: &&oms_domain::order::Capture| wake::is_capture_due(order, c, self.now);
        let due: Vec<CaptureId> = order.captures.iter().filter(is_due).map(|c| c.id.clone()).collect();
        for id in &due {
            self.send_capture(life, id, mood);
        }
        !due.is_empty()
    }

    /// One capture, as the refund function does it.
    pub fn send_capture(&mut self, life: usize, id: &CaptureId, mood: Mood) {
        let order = &self.lives[life].order;
        let capture = order.capture(id).unwrap().clone();
        let answer = |answer| Command::AnswerCapture { capture_id: id.clone(), answer };
        let Some(payment) = order.payment(&capture.payment_id).unwrap().provider_payment_id.clone() else {
            return self.step(life, answer(CaptureAnswered::NoGateway { reason: "no id".into() }));
        };
        if capture.status != CaptureStatus::Requested {
            let known = self.till.ask_capture(&payment);
            if mood == Mood::LostCall {
                return self.step(life, answer(CaptureAnswered::Unknown));
            }
            if let Some(known) = known {
                return self.step(life, answer(known));
            }
        }
        self.step(life, Command::SubmitCapture { capture_id: id.clone() });
        if self.lives[life].order.capture(id).unwrap().status != CaptureStatus::Submitted {
            return;
        }
        let answered = self.till.capture(&payment, capture.amount, mood);
        self.step(life, answer(answered));
    }

    fn call_off(&mut self, life: usize, mood: Mood) -> bool {
        let now = self.now;
        let order = &self.lives[life].order;
        let due: Vec<(PaymentId, String)> = wake::to_call_off(order)
            .filter(|p| p.retry_at.is_none_or(|t| t <= now))
            .map(|p| {
                assert!(p.can_be_called_off(), "a payment that nobody knows is called off without a call");
                (p.id.clone(), p.provider_payment_id.clone().unwrap_or_else(|| p.reference.to_string()))
            })
            .collect();
        for (payment_id, known) in &due {
            let answer = self.till.call_off(known, mood);
            self.step(life, Command::AnswerCallOff { payment_id: payment_id.clone(), answer });
        }
        !due.is_empty()
    }

    /// Everything that is due now, until nothing is. Work that is due and does nothing would be due for ever.
    pub fn settle(&mut self, life: usize) {
        for _ in 0..40 {
            let Some(work) = self.due(life) else { return };
            let did = self.run(life, work, Mood::Fine);
            let order = &self.lives[life].order;
            assert!(did, "{} is due and changes nothing: {}", work.name(), summary(order));
        }
        panic!("work never ends: {}", summary(&self.lives[life].order));
    }

    /// Runs all work while time passes and nobody outside answers, until nothing is left to wait for but people.
    /// Open quantity is planned again for ever; three tries are enough here.
    pub fn rest(&mut self, life: usize) {
        for _ in 0..200 {
            self.settle(life);
            let Some(wake) = self.next_wake(life) else { return };
            let order = &self.lives[life].order;
            if order.plan_failure.as_ref().is_some_and(|f| f.attempts > 3 && f.retry_at == wake) {
                return;
            }
            self.now = self.now.max(wake);
        }
        panic!("no rest: {}", summary(&self.lives[life].order));
    }

    /// Runs the order to its end: locations ship, carriers deliver, people answer their tasks, shelves are filled.
    /// `turn` chooses among the answers that people can give.
    pub fn finish(&mut self, life: usize, mut turn: usize) {
        for round in 0..60 {
            self.rest(life);
            if is_over(&self.lives[life].order) && self.open_tasks(life) == 0 {
                return;
            }
            self.refill();
            let tasks = desk::tasks(&self.lives[life].order);
            for task in &tasks {
                // People do not go round in circles: later they take the answer that ends the matter.
                let choice = if round < 6 { turn % task.answers.len() } else { answers::ending(task) };
                answers::give(self, life, task, choice);
                turn = turn.wrapping_mul(31).wrapping_add(7);
            }
            self.deliver_all(life);
        }
        let order = &self.lives[life].order;
        let tasks: Vec<_> = desk::tasks(order).into_iter().map(|t| t.reason).collect();
        panic!("no end: {} {tasks:?}", summary(order));
    }

    pub fn open_tasks(&self, life: usize) -> usize {
        desk::tasks(&self.lives[life].order).len()
    }

    fn refill(&mut self) {
        let rows: Vec<_> = self.stock.keys().cloned().collect();
        for row in &rows {
            self.fill(row, 100);
        }
    }

    /// Every location ships what it was given, and every parcel on its way arrives.
    fn deliver_all(&mut self, life: usize) {
        let shipments: Vec<(ShipmentId, ShipmentStatus)> =
            self.lives[life].order.shipments.iter().map(|s| (s.id.clone(), s.status)).collect();
        for (n, (shipment_id, status)) in shipments.into_iter().enumerate() {
            if status.is_open_at_location() && status.rank() >= ShipmentStatus::Released.rank() {
                let tracking_number = given::tracking(&format!("SF{n}"));
                let report = Report::Shipped { carrier: given::carrier(), tracking_number };
                self.step(life, Command::Report { shipment_id, report });
            } else if status.has_shipped() && !status.is_final() && status != ShipmentStatus::Lost {
                self.step(life, Command::Scan { shipment_id, scan: Scan::Delivered });
            }
        }
    }
}
