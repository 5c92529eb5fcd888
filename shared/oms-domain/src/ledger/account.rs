//! The accounts.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::body::Provider;

/// Not the name of an account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no account of this name")]
pub struct UnknownAccount;

/// Where money stands. Stored and shown by name; money at a provider with the provider's name behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Account {
    /// What buyers still owe for orders that are sold.
    Receivable,
    /// Money taken and held at a provider: Stripe's balance, the marketplace's, the carrier's cash.
    Captured(Provider),
    /// Money that is nobody's yet: paid before the order is sold, after it was undone, or beyond its total.
    Suspense,
    /// What providers keep for their services.
    Fee,
    /// Sent back to buyers of orders that stay sold: money, and the points that went back with it.
    Refund,
    /// Taken back by buyers' banks.
    Chargeback,
    /// Deposits that the shop keeps, since the rest did not come.
    Forfeited,
    /// Goods at their prices, without tax.
    Sales,
    /// Coupons, promotions, and what a person let the buyer off.
    Discount,
    /// Loyalty points that buyers paid with.
    Points,
    /// Gift cards that buyers paid with, less what went back to them.
    GiftCard,
    /// What buyers pay for shipping.
    Shipping,
    /// Tax.
    Tax,
}

impl Account {
    /// Every account that stands for itself, in the order of the books: money at providers is one account for each.
    const PLAIN: &'static [Self] = &[
        Self::Receivable,
        Self::Suspense,
        Self::Fee,
        Self::Refund,
        Self::Chargeback,
        Self::Forfeited,
        Self::Sales,
        Self::Discount,
        Self::Points,
        Self::GiftCard,
        Self::Shipping,
        Self::Tax,
    ];

    /// Where money of a provider stands once it is taken: that of a gift card is with no provider, it was the shop's before.
    #[must_use]
    pub fn taken_by(provider: Provider) -> Self {
        if provider == Provider::GiftCard { Self::GiftCard } else { Self::Captured(provider) }
    }

    /// The stable name, without the provider.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Receivable => "receivable",
            Self::Captured(_) => "captured",
            Self::Suspense => "suspense",
            Self::Fee => "fee",
            Self::Refund => "refund",
            Self::Chargeback => "chargeback",
            Self::Forfeited => "forfeited",
            Self::Sales => "sales",
            Self::Discount => "discount",
            Self::Points => "points",
            Self::GiftCard => "gift_card",
            Self::Shipping => "shipping",
            Self::Tax => "tax",
        }
    }

    /// The stable names of all accounts, each once, in the order of the books.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let mut names: Vec<&'static str> = Self::PLAIN.iter().map(|account| account.name()).collect();
        names.insert(1, "captured");
        names.into_iter()
    }

    /// Where the money is, for money at a provider.
    #[must_use]
    pub fn provider(self) -> Option<Provider> {
        if let Self::Captured(provider) = self { Some(provider) } else { None }
    }

    /// Reads `receivable`, `captured:stripe`, ….
    ///
    /// # Errors
    /// [`UnknownAccount`].
    pub fn parse(text: &str) -> Result<Self, UnknownAccount> {
        if let Some(provider) = text.strip_prefix("captured:") {
            let known = Provider::from_name(provider).map(Self::taken_by);
            return known.filter(|account| account.provider().is_some()).ok_or(UnknownAccount);
        }
        Self::PLAIN.iter().copied().find(|account| account.name() == text).ok_or(UnknownAccount)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        self.provider().map_or(Ok(()), |provider| write!(f, ":{}", provider.name()))
    }
}

impl TryFrom<String> for Account {
    type Error = UnknownAccount;
    fn try_from(text: String) -> Result<Self, UnknownAccount> {
        Self::parse(&text)
    }
}

impl From<Account> for String {
    fn from(account: Account) -> String {
        account.to_string()
    }
}
