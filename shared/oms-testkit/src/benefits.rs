//! A service that keeps count of coupons, points and gift cards, in memory: each order's are set aside, spent or given back
//! once, however often that is said, and a release is final.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use oms_app::error::PortError;
use oms_app::ports::{BenefitRequest, BenefitReturn, BenefitService};
use oms_domain::benefit::{Spent, SpentKind};
use oms_domain::command::BenefitAnswered;
use oms_domain::id::{OrderId, ReturnId};
use oms_domain::status::BenefitStatus;

#[derive(Debug, Clone, Default)]
struct Books {
    orders: BTreeMap<OrderId, Account>,
    unknown: BTreeSet<String>,
    closed: BTreeSet<String>,
}

/// One order's.
#[derive(Debug, Clone)]
struct Account {
    standing: BenefitStatus,
    /// What it still has, in minor units.
    held: Vec<(SpentKind, String, i128)>,
    returns: BTreeSet<ReturnId>,
}

/// The service. Clones share its books.
#[derive(Debug, Clone, Default)]
pub struct FakeBenefits(Arc<Mutex<Books>>);

impl FakeBenefits {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A service of its own with the same books.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self(Arc::new(Mutex::new(self.books().clone())))
    }

    /// There is no such code.
    pub fn forget(&self, code: &str) {
        self.books().unknown.insert(code.to_owned());
    }

    /// Nothing goes back to this card or account any more, unless its order is released.
    pub fn close(&self, code: &str) {
        self.books().closed.insert(code.to_owned());
    }

    /// Where an order's coupons, points and gift cards stand, if it has ever heard of the order.
    #[must_use]
    pub fn of(&self, order_id: &OrderId) -> Option<BenefitStatus> {
        self.books().orders.get(order_id).map(|account| account.standing)
    }

    /// How much of a kind an order still has, set aside or spent, in minor units.
    #[must_use]
    pub fn held(&self, order_id: &OrderId, kind: SpentKind) -> i128 {
        let books = self.books();
        let held = books.orders.get(order_id).map(|account| account.held.as_slice()).unwrap_or_default();
        held.iter().filter(|(k, ..)| *k == kind).map(|(.., amount)| amount).sum()
    }

    /// Whether a return has had its effect.
    #[must_use]
    pub fn has_returned(&self, order_id: &OrderId, id: &ReturnId) -> bool {
        self.books().orders.get(order_id).is_some_and(|account| account.returns.contains(id))
    }

    /// Every return that has had its effect, with its order.
    #[must_use]
    pub fn returns(&self) -> Vec<(OrderId, ReturnId)> {
        let of = |(order, account): (&OrderId, &Account)| {
            account.returns.iter().map(|id| (order.clone(), id.clone())).collect::<Vec<_>>()
        };
        self.books().orders.iter().flat_map(of).collect()
    }
}

impl Account {
    /// What is given back of it, all or nothing. Of what went back with the release nothing moves.
    fn give_back(&mut self, items: &[Spent]) -> Result<(), BenefitAnswered> {
        let mut held = self.held.clone();
        let released = self.standing == BenefitStatus::Released;
        for item in items {
            let mut open = item.amount.minor();
            for (_, _, left) in held.iter_mut().filter(|(kind, code, _)| *kind == item.kind && *code == item.code) {
                let part = open.min(*left);
                (open, *left) = (open - part, *left - part);
            }
            if open > 0 && !(released && item.kind != SpentKind::GiftCard) {
                return Err(no(&format!("{} has less than that spent", item.code)));
            }
        }
        self.held = held;
        Ok(())
    }
}

fn no(reason: &str) -> BenefitAnswered {
    BenefitAnswered::Refused { reason: reason.to_owned() }
}

#[async_trait]
impl BenefitService for FakeBenefits {
    async fn reserve(&self, request: &BenefitRequest) -> Result<BenefitAnswered, PortError> {
        let mut books = self.books();
        Ok(match books.orders.get(&request.order_id).map(|account| account.standing) {
            Some(BenefitStatus::Reserved | BenefitStatus::Committed) => BenefitAnswered::Done,
            Some(BenefitStatus::Released) => no("released"),
            None => match request.items.iter().find(|item| books.unknown.contains(&item.code)) {
                Some(item) => no(&format!("{} is not known", item.code)),
                None => {
                    let held = request.items.iter().map(|i| (i.kind, i.code.clone(), i.amount.minor())).collect();
                    let account = Account { standing: BenefitStatus::Reserved, held, returns: BTreeSet::new() };
                    books.orders.insert(request.order_id.clone(), account);
                    BenefitAnswered::Done
                }
            },
        })
    }

    async fn commit(&self, order_id: &OrderId) -> Result<BenefitAnswered, PortError> {
        let mut books = self.books();
        Ok(match books.orders.get_mut(order_id) {
            Some(Account { standing: BenefitStatus::Released, .. }) => no("released"),
            Some(account) => {
                account.standing = BenefitStatus::Committed;
                BenefitAnswered::Done
            }
            None => no("nothing is reserved"),
        })
    }

    async fn release(&self, order_id: &OrderId, kept: &[SpentKind]) -> Result<BenefitAnswered, PortError> {
        let nothing = || Account { standing: BenefitStatus::Reserved, held: Vec::new(), returns: BTreeSet::new() };
        let mut books = self.books();
        let account = books.orders.entry(order_id.clone()).or_insert_with(nothing);
        if account.standing != BenefitStatus::Released {
            account.held.retain(|(kind, ..)| kept.contains(kind));
            account.standing = BenefitStatus::Released;
        }
        Ok(BenefitAnswered::Done)
    }

    async fn give_back(&self, request: &BenefitReturn) -> Result<BenefitAnswered, PortError> {
        let mut books = self.books();
        let closed = request.items.iter().find(|item| books.closed.contains(&item.code)).map(|item| item.code.clone());
        let Some(account) = books.orders.get_mut(&request.order_id) else {
            return Ok(no("nothing is reserved"));
        };
        if account.returns.contains(&request.return_id) {
            return Ok(BenefitAnswered::Done);
        }
        if let Some(code) = closed {
            return Ok(no(&format!("{code} is closed")));
        }
        Ok(match account.give_back(&request.items) {
            Ok(()) => {
                account.returns.insert(request.return_id.clone());
                BenefitAnswered::Done
            }
            Err(refused) => refused,
        })
    }
}
