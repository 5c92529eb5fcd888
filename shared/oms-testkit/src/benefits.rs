//! A service that keeps count of coupons and points, in memory: each order's are set aside, spent or given back once,
//! however often that is said, and a release is final.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use oms_app::error::PortError;
use oms_app::ports::{BenefitRequest, BenefitService};
use oms_domain::command::BenefitAnswered;
use oms_domain::id::OrderId;
use oms_domain::status::BenefitStatus;

#[derive(Debug, Clone, Default)]
struct Books {
    orders: BTreeMap<OrderId, BenefitStatus>,
    unknown: BTreeSet<String>,
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

    /// Where an order's coupons and points stand, if it has ever heard of the order.
    #[must_use]
    pub fn of(&self, order_id: &OrderId) -> Option<BenefitStatus> {
        self.books().orders.get(order_id).copied()
    }
}

fn no(reason: &str) -> BenefitAnswered {
    BenefitAnswered::Refused { reason: reason.to_owned() }
}

#[async_trait]
impl BenefitService for FakeBenefits {
    async fn reserve(&self, request: &BenefitRequest) -> Result<BenefitAnswered, PortError> {
        let mut books = self.books();
        Ok(match books.orders.get(&request.order_id) {
            Some(BenefitStatus::Reserved | BenefitStatus::Committed) => BenefitAnswered::Done,
            Some(BenefitStatus::Released) => no("released"),
            None => match request.items.iter().find(|item| books.unknown.contains(&item.code)) {
                Some(item) => no(&format!("{} is not known", item.code)),
                None => {
                    books.orders.insert(request.order_id.clone(), BenefitStatus::Reserved);
                    BenefitAnswered::Done
                }
            },
        })
    }

    async fn commit(&self, order_id: &OrderId) -> Result<BenefitAnswered, PortError> {
        let mut books = self.books();
        Ok(match books.orders.get(order_id) {
            Some(BenefitStatus::Reserved | BenefitStatus::Committed) => {
                books.orders.insert(order_id.clone(), BenefitStatus::Committed);
                BenefitAnswered::Done
            }
            Some(BenefitStatus::Released) => no("released"),
            None => no("nothing is reserved"),
        })
    }

    async fn release(&self, order_id: &OrderId) -> Result<BenefitAnswered, PortError> {
        self.books().orders.insert(order_id.clone(), BenefitStatus::Released);
        Ok(BenefitAnswered::Done)
    }
}
