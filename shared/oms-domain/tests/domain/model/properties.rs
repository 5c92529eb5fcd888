//! The model under the checker: what must hold in every state, and what must be possible.

use std::collections::BTreeSet;

use oms_domain::status::{HoldStatus, OrderStatus, RefundStatus, ReservationStatus, ShipmentStatus};
use stateright::{Checker, Expectation, HasDiscoveries, Model, Property};

use super::rules::Action;
use super::state::{AtProvider, Bounds, Goods, State};

/// Orders of three shops: one that sells at once, one where a person looks first, one that is sold out.
pub struct Shop(pub Bounds);

/// One payment, and every trouble there is.
pub const ONE_PAYMENT: Bounds = Bounds { tries: 1, losses: 1, refusals: 1, accidents: 2, goodwill: true };

/// Two payments, and a location or carrier that fails.
pub const TWO_PAYMENTS: Bounds = Bounds { tries: 2, losses: 0, refusals: 0, accidents: 1, goodwill: false };

/// Two payments, and every trouble there is: takes minutes, so it is walked on request.
pub const WIDE: Bounds = Bounds { tries: 2, losses: 1, refusals: 1, accidents: 1, goodwill: true };

impl Model for Shop {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::received(false, 1, self.0), State::received(true, 1, self.0), State::received(false, 0, self.0)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        actions.extend(Action::all(state));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        state.after(action).filter(|next| next != state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("no more goes back than came in", |_, s: &State| no_more_back_than_in(s)),
            Property::always("no refund is believed that was not made", |_, s: &State| believed_refunds_were_made(s)),
            Property::always("a promise of stock ends once, and the shelf knows", |_, s: &State| shelves_agree(s)),
            Property::always("nothing captured rests without goods or refund", |_, s: &State| paid_or_back(s)),
            Property::always("nothing ships once it is cancelled", |_, s: &State| nothing_ships_undone(s)),
            Property::always("nothing moves before it was looked at", |_, s: &State| {
                s.books.parcels.is_empty() || !s.books.reviewed()
            }),
            Property::always("nothing is planned while it is held", |_, s: &State| {
                !s.books.held() || s.books.parcels.iter().all(|p| p.status != ShipmentStatus::Planned)
            }),
            Property::always("nothing moves unpaid", |_, s: &State| s.books.parcels.is_empty() || s.books.covered()),
            Property::always("whoever is told nothing more can rest", |_, s: &State| never_stuck(s)),
            Property::sometimes("delivered and paid once", |_, s: &State| delivered(s) && s.books.refunds.is_empty()),
            Property::sometimes("paid twice, once back, delivered", |_, s: &State| {
                delivered(s) && s.world.payments == [AtProvider::Paid; 2] && s.books.rests()
            }),
            Property::sometimes("paid after it expired, and back", |_, s: &State| {
                s.books.order == OrderStatus::Expired && s.books.covered() && s.books.rests()
            }),
            Property::sometimes("sold out, paid, and back", |_, s: &State| {
                s.books.order == OrderStatus::Rejected && s.books.covered() && s.books.rests()
            }),
            Property::sometimes("refused by its first place, delivered from the second", |_, s: &State| {
                delivered(s) && s.books.refusing == [true, false]
            }),
            Property::sometimes("refused by both places, and waiting", |_, s: &State| s.books.plan_failed),
            Property::sometimes("asked to stop what has left", |_, s: &State| {
                s.books.order == OrderStatus::Cancelling && s.books.awaits_location() && s.world.goods == [Goods::Left]
            }),
            Property::sometimes("lost, refunded, and given up", |_, s: &State| {
                s.books.order == OrderStatus::Cancelled && s.books.has_shipped()
            }),
            Property::sometimes("sent back whole, and shipped on somebody's word", |_, s: &State| {
                delivered(s) && s.books.back == Some(HoldStatus::Released)
            }),
            Property::sometimes("sent back whole, and cancelled", |_, s: &State| {
                s.books.order == OrderStatus::Cancelled && s.books.back == Some(HoldStatus::Rejected)
            }),
            Property::sometimes("refunded by hand after the provider's no", |_, s: &State| {
                s.books.rests() && s.world.sendings.iter().any(|x| x.by_hand)
            }),
            Property::sometimes("withdrawn, and gone all the same", |_, s: &State| {
                s.books.odd && s.world.goods.contains(&Goods::Left) && s.books.order == OrderStatus::Cancelled
            }),
        ]
    }
}

fn delivered(state: &State) -> bool {
    state.books.order == OrderStatus::Completed
}

/// For each of the provider's payments, whatever the books say of it.
fn no_more_back_than_in(state: &State) -> bool {
    (0..2).all(|payment| {
        let back: usize = state
            .books
            .refunds
            .iter()
            .zip(&state.world.sendings)
            .filter(|(refund, _)| state.books.attempts[refund.attempt].payment == Some(payment))
            .map(|(_, at)| usize::from(at.sent) + usize::from(at.by_hand))
            .sum();
        back <= usize::from(state.world.payments[payment] == AtProvider::Paid)
    })
}

fn believed_refunds_were_made(state: &State) -> bool {
    let made = |(refund, at): (&super::state::Refund, &super::state::Sending)| {
        refund.status != RefundStatus::Succeeded || at.sent || at.by_hand
    };
    state.books.refunds.iter().zip(&state.world.sendings).all(made)
}

fn shelves_agree(state: &State) -> bool {
    (0..2).all(|place| {
        let shelf = state.books.shelves[place];
        let of = |status| {
            let count = state.books.promises.iter().filter(|p| p.place == place && p.status == status).count();
            i8::try_from(count).unwrap_or(i8::MAX)
        };
        let began = shelf.on_hand + of(ReservationStatus::Consumed);
        shelf.on_hand >= shelf.held + shelf.committed
            && shelf.held == of(ReservationStatus::Held)
            && shelf.committed == of(ReservationStatus::Committed)
            && (began == 0 || began == 1)
    }) && state.books.promises.iter().filter(|p| p.status == ReservationStatus::Consumed).count() <= 1
        && state.books.promises.iter().filter(|p| p.status.is_active()).count() <= 1
}

fn paid_or_back(state: &State) -> bool {
    if !state.books.rests() {
        return true;
    }
    let captured = state.books.attempts.iter().filter(|a| a.captured).count();
    let back = state.books.refunds.len();
    if state.books.undone() {
        captured == back
    } else {
        captured - back <= 1 && state.books.parcels.iter().any(|p| p.status == ShipmentStatus::Delivered)
    }
}

fn nothing_ships_undone(state: &State) -> bool {
    let books = &state.books;
    let parcels = &books.parcels;
    let stopped = parcels.iter().all(|p| !p.status.is_open_at_location() || p.asked);
    let arrived = books.has_shipped() && !books.came_to_nothing();
    !books.undone() || (stopped && !arrived && (books.order == OrderStatus::Cancelling || !books.has_open_parcel()))
}

/// Where nothing can happen any more, the order is over and nothing is owed.
fn never_stuck(state: &State) -> bool {
    let moves = |action: Action| state.after(action).is_some_and(|next| next != *state);
    state.books.rests() || Action::all(state).into_iter().any(moves)
}

/// What must be possible, so that the rest is not said about nothing.
pub fn possible() -> BTreeSet<&'static str> {
    let properties = Shop(ONE_PAYMENT).properties();
    properties.iter().filter(|p| p.expectation == Expectation::Sometimes).map(|p| p.name).collect()
}

/// Checks every state of the orders within these bounds. How many there are, and what was found to be possible.
pub fn check(bounds: Bounds) -> (usize, BTreeSet<&'static str>) {
    let began = std::time::Instant::now();
    let checker = Shop(bounds).checker().threads(1).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let failures = |property: &Property<Shop>| property.expectation.discovery_is_failure();
    Shop(bounds).properties().iter().filter(|p| failures(p)).for_each(|p| checker.assert_no_discovery(p.name));
    println!(
        "checked: {} states, {} transitions, longest way {}, {:.1} s; {bounds:?}",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
        began.elapsed().as_secs_f64(),
    );
    (checker.unique_state_count(), checker.discoveries().into_keys().collect())
}
