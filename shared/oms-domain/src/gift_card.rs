//! Gift cards: payments whose money the service of coupons and points keeps count of. A card is set aside with them, which
//! is a promise; it is taken when the service has committed the order, and its money goes back by returns.

use crate::benefit::{Spent, SpentKind};
use crate::body::Provider;
use crate::order::{Order, Payment, Refund};
use crate::status::PaymentStatus;

impl Payment {
    /// Whether it is set aside on a gift card: that goes back with the release of the order's coupons and points, and is
    /// not called off.
    #[must_use]
    pub fn is_set_aside_on_a_card(&self) -> bool {
        self.provider == Provider::GiftCard && self.status == PaymentStatus::Authorized
    }
}

impl Order {
    /// The gift cards among its payments, with their codes.
    pub fn gift_cards(&self) -> impl Iterator<Item = (&Payment, &str)> {
        let cards = self.declared().filter(|(_, payment)| payment.provider == Provider::GiftCard);
        cards.filter_map(|(declared, payment)| Some((payment, declared.code.as_deref()?)))
    }

    /// What a refund gives back to a gift card; none of a refund of other money.
    #[must_use]
    pub fn returned_to_card(&self, refund: &Refund) -> Option<Spent> {
        let (_, code) = self.gift_cards().find(|(payment, _)| payment.id == refund.payment_id)?;
        Some(Spent { kind: SpentKind::GiftCard, code: code.to_owned(), amount: refund.amount })
    }

    /// What stays spent although the order is released: cards that were taken. Their money goes back by refunds, so that
    /// the ledger says of each what became of it, and nothing goes back twice.
    #[must_use]
    pub fn kept_on_release(&self) -> &'static [SpentKind] {
        let is_taken = |(payment, _): (&Payment, &str)| payment.captured.is_positive();
        if self.gift_cards().any(is_taken) { &[SpentKind::GiftCard] } else { &[] }
    }
}
