//! What each account holds for an order as it stands.

use std::collections::BTreeMap;

use crate::body::{Discount, DiscountKind};
use crate::event::RefundCause;
use crate::ledger::{Account, Entry};
use crate::money::Money;
use crate::order::{Order, Refund};
use crate::points_back;
use crate::status::{OrderStatus, RefundStatus};

/// Balances in minor units of the order's currency, debits above zero and credits below; accounts that hold nothing are
/// left out. Whole numbers that cannot overflow, because books must be kept of whatever happens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Balances(BTreeMap<Account, i128>);

impl Balances {
    /// The books of an order.
    ///
    /// An order is sold from its confirmation until it is undone. Before and after that nobody owes anybody anything, and
    /// what was paid stands in suspense; so nothing but money at a provider and suspense (and what a bank took back, what a
    /// provider keeps, and a deposit that is kept) is ever left of an order that came to nothing.
    #[must_use]
    pub fn of(order: &Order) -> Self {
        let mut books = Self::default();
        let (mut captured, mut charged_back) = (0, 0);
        for payment in &order.payments {
            let back: i128 = refunded(order).filter(|r| r.payment_id == payment.id).map(|r| r.amount.minor()).sum();
            let (taken, gone) = (payment.captured.minor(), payment.charged_back.minor());
            let fees = payment.fees_minor();
            books.add(Account::taken_by(payment.provider), taken - back - gone - fees);
            books.add(Account::Fee, fees);
            (captured, charged_back) = (captured + taken, charged_back + gone);
        }
        let nobodys = if is_sold(order) {
            books.sell(order);
            books.settle(order, captured)
        } else {
            let back: i128 = refunded(order).map(|r| r.amount.minor()).sum();
            captured - back - books.keep(order)
        };
        // A bank that takes back what would have gone back anyway takes nothing from the shop.
        let owed = charged_back.min(nobodys.max(0));
        books.add(Account::Suspense, owed - nobodys);
        books.add(Account::Chargeback, charged_back - owed);
        books
    }

    /// Deposits that the shop keeps, as far as they were not sent back after all. Says how much that is. What is owed beside
    /// them is not theirs, also before it has gone.
    fn keep(&mut self, order: &Order) -> i128 {
        let mut kept = 0;
        for payment in &order.payments {
            let is_owed = |r: &Refund| r.cause == RefundCause::OrderUndone && r.status.claims_money();
            let gone = |r: &&Refund| r.payment_id == payment.id && (r.status == RefundStatus::Succeeded || is_owed(r));
            let back: i128 = order.refunds.iter().filter(gone).map(|r| r.amount.minor()).sum();
            kept += payment.forfeited.minor().min((payment.captured.minor() - back).max(0));
        }
        self.add(Account::Forfeited, -kept);
        kept
    }

    /// What was sold: goods, shipping and tax, less what was given off.
    fn sell(&mut self, order: &Order) {
        let body = &order.body;
        let goods: i128 = body.lines.iter().map(|l| l.gross().minor()).sum();
        let tax = body.tax.minor();
        // A price that contains the tax is not all the shop's.
        let sales = if body.prices_include_tax { goods - tax } else { goods };
        self.add(Account::Sales, -sales);
        self.add(Account::Tax, -tax);
        self.add(Account::Shipping, -body.shipping.fee.minor());
        for discount in body.discounts.iter().chain(body.lines.iter().flat_map(|l| &l.discounts)) {
            self.add(given_off(discount), discount.amount.minor());
        }
        // Units that are no longer wanted are not sold: each of their parts comes off again.
        for cut in &order.cancelled {
            let (discount, points) = (cut.discount.minor(), cut.points.minor());
            let (tax, shipping) = (cut.tax.minor(), cut.shipping.minor());
            self.add(Account::Sales, cut.amount.minor() - shipping - tax + discount + points);
            self.add(Account::Tax, tax);
            self.add(Account::Shipping, shipping);
            self.add(Account::Discount, -discount);
            self.add(Account::Points, -points);
        }
        // Points that went back with a refund by lines are sent back like its money: those units stay sold.
        for back in points_back::sent_back(order) {
            self.add(Account::Refund, back.amount.minor());
            self.add(Account::Points, -back.amount.minor());
        }
    }

    /// What was paid for it, what is still owed, what was sent back. Says how much came in that is none of this.
    fn settle(&mut self, order: &Order, captured: i128) -> i128 {
        let total = order.body.total.minor() - order.cancelled.iter().map(|c| c.amount.minor()).sum::<i128>();
        let paid = captured.min(total);
        let let_off = order.let_off.minor().min(total - paid);
        self.add(Account::Discount, let_off);
        self.add(Account::Receivable, total - paid - let_off);
        let sum = |is_excess: bool| -> i128 {
            let of = refunded(order).filter(|r| (r.cause == RefundCause::Excess) == is_excess);
            of.map(|r| r.amount.minor()).sum()
        };
        // Whoever is sent back more than was paid for the order gets what came in beyond it.
        let back = sum(false).min(paid);
        self.add(Account::Refund, back);
        captured - paid - sum(true) - (sum(false) - back)
    }

    /// What an account holds.
    #[must_use]
    pub fn get(&self, account: Account) -> i128 {
        self.0.get(&account).copied().unwrap_or_default()
    }

    /// The sum of all accounts: zero, or the books are wrong.
    #[must_use]
    pub fn sum(&self) -> i128 {
        self.0.values().fold(0, |sum, minor| sum.saturating_add(*minor))
    }

    /// The accounts that hold anything, in the order of the books.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        self.0.iter().map(|(account, minor)| Entry { account: *account, minor: *minor })
    }

    /// Writes entries into the books.
    pub fn post(&mut self, entries: &[Entry]) {
        for entry in entries {
            self.add(entry.account, entry.minor);
        }
    }

    /// The entries that lead from these books to later ones.
    pub(super) fn until(&self, later: &Self) -> Vec<Entry> {
        let mut difference = later.clone();
        for (account, minor) in &self.0 {
            difference.add(*account, -minor);
        }
        difference.entries().collect()
    }

    fn add(&mut self, account: Account, minor: i128) {
        let sum = self.get(account).saturating_add(minor);
        if sum == 0 {
            self.0.remove(&account);
        } else {
            self.0.insert(account, sum);
        }
    }
}

fn refunded(order: &Order) -> impl Iterator<Item = &Refund> {
    order.refunds.iter().filter(|r| r.status == RefundStatus::Succeeded)
}

fn given_off(discount: &Discount) -> Account {
    match discount.kind {
        DiscountKind::Coupon | DiscountKind::Promotion => Account::Discount,
        DiscountKind::Points => Account::Points,
    }
}

/// Whether an order counts as sold.
fn is_sold(order: &Order) -> bool {
    match order.status {
        OrderStatus::Confirmed | OrderStatus::InFulfilment | OrderStatus::Completed | OrderStatus::Closed => true,
        OrderStatus::Received
        | OrderStatus::Validated
        | OrderStatus::AwaitingPayment
        | OrderStatus::Rejected
        | OrderStatus::Expired
        | OrderStatus::Cancelling
        | OrderStatus::Cancelled => false,
    }
}

impl Order {
    /// What is missing of the total by what its payments secure: what whoever accepts the payment lets the buyer off.
    pub(crate) fn shortfall(&self) -> Money {
        let secured = Money::sum(self.body.currency, self.payments.iter().map(|p| self.secured(p)));
        let missing = secured.and_then(|secured| self.worth()?.sub(secured));
        missing.ok().filter(|m| m.is_positive()).unwrap_or(Money::zero(self.body.currency))
    }
}
