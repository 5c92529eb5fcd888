//! What a life looks at: after every call what it may have changed, after every answer whether it is true, and in the end
//! everything.

use futures::FutureExt;
use oms_domain::event::CommitRecord;
use oms_domain::order::Order;

use crate::shop::acts::Act;
use crate::shop::checks;
use crate::sim::chance::{NOBODY, What};
use crate::sim::life::Life;
use crate::sim::world::{Item, Todo, name};
use crate::sim::{buyers, invariants, parcels, staff, upkeep};

impl Life {
    /// Looks at what a call may have changed.
    pub(super) fn look(&mut self, order: u16, called: &str, what: &Todo) {
        match called {
            "orders.commit" if order == NOBODY => {
                for order in self.world.subjects().map(|(number, _)| number).collect::<Vec<_>>() {
                    self.look_at(order);
                }
            }
            "orders.commit" => self.look_at(order),
            "stock.set_count" => {
                if let Todo::Request(act, _) = what
                    && let Act::Count { place, sku, on_hand } = act.as_ref()
                {
                    let levels = self.world.shop.store.all_levels();
                    self.world.shelves.counted(&levels, place, sku, *on_hand);
                    self.world.shelves.check(&levels);
                }
            }
            "bus.put" => {
                let fresh = self.world.shop.bus.since(self.heard);
                self.heard += fresh.len();
                invariants::told_alike(&mut self.told, fresh);
            }
            "gateway.capture" => {
                invariants::books_agree(&self.world);
                if order != NOBODY {
                    buyers::tell_captures(&mut self.world, order);
                }
            }
            "gateway.refund" => {
                invariants::books_agree(&self.world);
                if order != NOBODY {
                    buyers::settle_refunds(&mut self.world, order);
                }
            }
            _ => {}
        }
        self.world.fetch();
    }

    /// Looks at an order: a commit more, or nothing.
    fn look_at(&mut self, order: u16) {
        let Some(loaded) = upkeep::loaded(&self.world.shop, &self.world.subject_of(order).id) else { return };
        let seen = self.world.subject_of(order).seen.as_ref().map_or(0, |o| o.version);
        if loaded.order.version == seen {
            return;
        }
        let record: &CommitRecord = loaded.records.last().expect("a commit");
        self.figures.commits += 1;
        self.trace.also(&(&record.events, &record.cause, &record.actor));
        let subject = self.world.subject_mut(order);
        let before = subject.seen.take();
        if let Some(cause) = &record.cause {
            assert!(subject.causes.insert(cause.clone()), "{cause} has its effect twice");
        }
        let after = loaded.order;
        self.figures.orders += u64::from(before.is_none());
        invariants::step(before.as_ref(), &after, record);
        invariants::sums(&after);
        checks::two_people(&after, &self.world.shop.policy);
        checks::rows(&self.world.shop, &after);
        upkeep::is_found(&self.world.shop, &after, self.world.now());
        self.world.shelves.moved(order, before.as_ref(), &after);
        self.world.shelves.check(&self.world.shop.store.all_levels());
        self.world.subject_mut(order).seen = Some(after.clone());
        invariants::books_agree(&self.world);
        buyers::react(&mut self.world, order, before.as_ref(), &after);
        parcels::react(&mut self.world, order, before.as_ref(), &after);
        staff::react(&mut self.world, order, before.as_ref(), &after);
        let streams = |item: &Item| matches!(item.what, Todo::Stream(_));
        if !self.world.pool.iter().any(streams) && !self.workers.iter().any(|w| streams(&w.item)) {
            let late = self.world.chance.sometimes(What::Delivery, NOBODY, self.world.weather.copies, 3);
            self.world.after(late.map_or(0, |how| [1, 10, 100][how]), NOBODY, Todo::Stream(0));
        }
    }

    /// Whoever sent a request was told that it is done.
    pub(super) fn acknowledged(&mut self, order: u16, act: &Act) {
        match act {
            Act::Place { key, order: basket, .. } => {
                let id = &self.world.subject_of(order).id;
                let total = name(basket.body_for(id).total.to_string());
                invariants::accepted(self.world.subject_mut(order), key, total);
            }
            Act::Told(fact) => {
                self.world.subject_mut(order).acknowledged.insert(fact.key.clone());
            }
            Act::Refund { key, .. } | Act::RefundLines { key, .. } => {
                let subject = self.world.subject_mut(order);
                let known =
                    |o: &Order| o.refund_keys.keys().any(|k| k.as_str().starts_with(&format!("refund:finance:{key}#")));
                assert!(subject.seen.as_ref().is_some_and(known), "a refund was promised that the order does not know");
                subject.asked.insert(key);
            }
            Act::CancelLines { key, .. } => {
                let known = |o: &Order| {
                    o.applied.iter().any(|k| k.as_str().starts_with(&format!("cancellation:support:{key}#")))
                };
                let subject = self.world.subject_of(order);
                let heard = subject.seen.as_ref().is_some_and(|o| known(o) || o.is_undone());
                assert!(heard, "a cancellation was promised that the order does not know");
            }
            Act::Identify { .. }
            | Act::Open { .. }
            | Act::Start { .. }
            | Act::Scan { .. }
            | Act::Report { .. }
            | Act::Ask(_)
            | Act::Count { .. }
            | Act::Pass(_) => {}
        }
    }

    /// Everything has come to rest.
    pub(super) fn end(&mut self) {
        checks::sound(&self.world.shop).now_or_never().expect("memory answers at once");
        for (_, subject) in self.world.subjects() {
            invariants::at_rest(&self.world, subject);
        }
        let now = self.world.now();
        for (number, subject) in self.world.subjects() {
            if let Some(order) = &subject.seen {
                self.trace
                    .line(format_args!("{now} #{number} ends {:?} after {} commits", order.status, order.version));
            }
        }
        self.trace.also(&self.world.shop.store.all_levels());
    }
}
