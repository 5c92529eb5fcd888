//! What a refund takes from first, where an order was paid by gift card and by other money.

use crate::body::Provider;

/// From what money goes back first. An order that is undone gives all of it back, whatever this says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RefundFirst {
    /// From the buyer's money; a gift card has what is left.
    #[default]
    Money,
    /// From gift cards; the buyer's money has what is left.
    GiftCard,
}

impl RefundFirst {
    /// Every choice.
    pub const ALL: &'static [Self] = &[Self::Money, Self::GiftCard];

    /// The stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Money => "money",
            Self::GiftCard => "gift_card",
        }
    }

    /// The choice with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|first| first.name() == name)
    }

    /// Brings what goes back first to the front; within the cards, and within the other money, the order stays.
    pub fn sort<T>(self, payments: &mut [T], provider: impl Fn(&T) -> Provider) {
        payments.sort_by_key(|payment| {
            let is_card = provider(payment) == Provider::GiftCard;
            match self {
                Self::Money => is_card,
                Self::GiftCard => !is_card,
            }
        });
    }
}
