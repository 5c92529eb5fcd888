//! A payment provider that remembers: what was paid, what was called off, what went back and under which key.
//!
//! It keeps the promises that Stripe makes: the same refund key has one effect and one answer, other parameters under the
//! key are refused, no more goes back than came in. And it breaks what networks break: a script says which answers are
//! lost, before the request has its effect or after.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use oms_app::ports::{CancelAnswer, CancelRequest, PaymentGateway, RefundAnswer, RefundRequest};
use oms_domain::body::Provider;
use oms_domain::id::RefundId;
use oms_domain::money::Money;

/// What becomes of the next request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Script {
    /// It never arrives.
    LoseRequest,
    /// It has its effect, and the answer is lost.
    LoseAnswer,
    /// It is refused.
    Refuse(String),
    /// A refund is accepted, its result comes later (see [`FakeProvider::settle`]).
    Pending,
    /// As usual.
    Pass,
}

/// How far a payment is at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderPayment {
    /// The buyer has not paid.
    Open,
    /// Paid.
    Captured(Money),
    /// Called off.
    Cancelled,
}

/// A refund at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRefund {
    /// Of which payment.
    pub provider_payment_id: String,
    /// How much.
    pub amount: Money,
    /// The provider's id.
    pub reference: String,
    /// None while it is pending; then whether it succeeded.
    pub succeeded: Option<bool>,
}

#[derive(Debug, Clone, Default)]
struct Books {
    payments: BTreeMap<String, ProviderPayment>,
    refunds: BTreeMap<RefundId, ProviderRefund>,
    script: VecDeque<Script>,
    calls: Vec<String>,
}

/// A payment provider in memory. Clones share its books.
#[derive(Debug, Clone)]
pub struct FakeProvider {
    provider: Provider,
    books: Arc<Mutex<Books>>,
}

impl FakeProvider {
    /// A provider without payments.
    #[must_use]
    pub fn new(provider: Provider) -> Self {
        Self { provider, books: Arc::default() }
    }

    /// A provider of its own with the same books.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self { provider: self.provider, books: Arc::new(Mutex::new(self.books().clone())) }
    }

    /// The same books under another provider's name.
    #[must_use]
    pub fn named(&self, provider: Provider) -> Self {
        Self { provider, books: Arc::clone(&self.books) }
    }

    /// Sets how far a payment is.
    pub fn set_payment(&self, provider_payment_id: &str, payment: ProviderPayment) {
        self.books().payments.insert(provider_payment_id.to_owned(), payment);
    }

    /// How far a payment is.
    #[must_use]
    pub fn payment(&self, provider_payment_id: &str) -> Option<ProviderPayment> {
        self.books().payments.get(provider_payment_id).copied()
    }

    /// What becomes of the coming requests, one after the other; after that all is as usual.
    pub fn script(&self, script: impl IntoIterator<Item = Script>) {
        self.books().script.extend(script);
    }

    /// From now on it behaves: what it was told to do and had no occasion for is forgotten.
    pub fn forget_script(&self) {
        self.books().script.clear();
    }

    /// The refunds on the books.
    #[must_use]
    pub fn refunds(&self) -> BTreeMap<RefundId, ProviderRefund> {
        self.books().refunds.clone()
    }

    /// What has gone back of a payment, or is about to.
    #[must_use]
    pub fn refunded(&self, provider_payment_id: &str) -> Option<Money> {
        refunded(&self.books(), provider_payment_id)
    }

    /// Ends a pending refund.
    pub fn settle(&self, refund_id: &RefundId, succeeded: bool) {
        if let Some(refund) = self.books().refunds.get_mut(refund_id) {
            refund.succeeded = Some(succeeded);
        }
    }

    /// The requests that were sent, also those that never arrived: `refund …`, `query …`, `cancel …`.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.books().calls.clone()
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a request, and says what becomes of it.
    fn begin(&self, call: String) -> (MutexGuard<'_, Books>, Script) {
        let mut books = self.books();
        books.calls.push(call);
        let script = books.script.pop_front().unwrap_or(Script::Pass);
        (books, script)
    }
}

fn refunded(books: &Books, payment: &str) -> Option<Money> {
    let mut amounts = books
        .refunds
        .values()
        .filter(|refund| refund.provider_payment_id == payment && refund.succeeded != Some(false))
        .map(|refund| refund.amount);
    let first = amounts.next()?;
    amounts.try_fold(first, Money::add).ok()
}

fn answer(refund: &ProviderRefund) -> RefundAnswer {
    let reference = refund.reference.clone();
    match refund.succeeded {
        None => RefundAnswer::Pending { reference },
        Some(true) => RefundAnswer::Succeeded { reference },
        Some(false) => RefundAnswer::Refused { reason: "the refund failed".into() },
    }
}

/// Books a refund, or finds it booked under its key.
fn book(books: &mut Books, request: &RefundRequest, pending: bool) -> RefundAnswer {
    let refused = |reason: &str| RefundAnswer::Refused { reason: reason.to_owned() };
    if let Some(known) = books.refunds.get(&request.refund_id) {
        let same = known.amount == request.amount && known.provider_payment_id == request.provider_payment_id;
        return if same { answer(known) } else { refused("the key was used with other parameters") };
    }
    let Some(ProviderPayment::Captured(captured)) = books.payments.get(&request.provider_payment_id) else {
        return refused("there is no captured payment of this id");
    };
    let gone = refunded(books, &request.provider_payment_id).unwrap_or(Money::zero(captured.currency()));
    let within = gone.add(request.amount).and_then(|sum| captured.sub(sum)).is_ok_and(|left| !left.is_negative());
    if !within || !request.amount.is_positive() {
        return refused("more than what remains of the payment");
    }
    let refund = ProviderRefund {
        provider_payment_id: request.provider_payment_id.clone(),
        amount: request.amount,
        reference: format!("re_{}", books.refunds.len() + 1),
        succeeded: (!pending).then_some(true),
    };
    let answer = answer(&refund);
    books.refunds.insert(request.refund_id.clone(), refund);
    answer
}

#[async_trait]
impl PaymentGateway for FakeProvider {
    fn provider(&self) -> Provider {
        self.provider
    }

    async fn refund(&self, request: &RefundRequest) -> RefundAnswer {
        let call = format!("refund {} {} first sent at {}", request.refund_id, request.amount, request.first_sent_at);
        let (mut books, script) = self.begin(call);
        match script {
            Script::LoseRequest => RefundAnswer::Unknown,
            Script::LoseAnswer => {
                book(&mut books, request, false);
                RefundAnswer::Unknown
            }
            Script::Refuse(reason) => RefundAnswer::Refused { reason },
            Script::Pending => book(&mut books, request, true),
            Script::Pass => book(&mut books, request, false),
        }
    }

    async fn query_refund(&self, request: &RefundRequest) -> RefundAnswer {
        let (books, script) = self.begin(format!("query {}", request.refund_id));
        match script {
            Script::LoseRequest | Script::LoseAnswer => RefundAnswer::Unknown,
            Script::Refuse(reason) => RefundAnswer::Refused { reason },
            Script::Pending | Script::Pass => {
                books.refunds.get(&request.refund_id).map_or(RefundAnswer::NotFound, answer)
            }
        }
    }

    /// Like Stripe it knows a payment by its own id alone.
    async fn cancel_payment(&self, request: &CancelRequest) -> CancelAnswer {
        let Some(provider_payment_id) = request.provider_payment_id.as_deref() else {
            return CancelAnswer::Refused { reason: "the payment has no id of the provider's".into() };
        };
        let (mut books, script) = self.begin(format!("cancel {provider_payment_id}"));
        let mut cancel = || match books.payments.get(provider_payment_id).copied() {
            None => CancelAnswer::Refused { reason: "there is no payment of this id".into() },
            Some(ProviderPayment::Captured(amount)) => CancelAnswer::Captured(amount),
            Some(ProviderPayment::Open | ProviderPayment::Cancelled) => {
                books.payments.insert(provider_payment_id.to_owned(), ProviderPayment::Cancelled);
                CancelAnswer::Cancelled
            }
        };
        match script {
            Script::LoseRequest => CancelAnswer::Unknown,
            Script::LoseAnswer => {
                cancel();
                CancelAnswer::Unknown
            }
            Script::Refuse(reason) => CancelAnswer::Refused { reason },
            Script::Pending | Script::Pass => cancel(),
        }
    }
}

#[cfg(test)]
mod tests {
    use oms_domain::id::PaymentReference;

    use super::*;
    use crate::build::cny;
    use crate::seeded::SeededIds;

    fn request(number: usize, amount: &str) -> RefundRequest {
        let order_id = SeededIds::new(1).order_id();
        RefundRequest {
            refund_id: RefundId::of(&order_id, number),
            payment_reference: PaymentReference::of(&order_id, 1),
            order_id,
            provider_payment_id: "pi_1".into(),
            provider_refund_id: None,
            captured: cny("100"),
            amount: cny(amount),
            first_sent_at: crate::time::start(),
        }
    }

    #[tokio::test]
    async fn a_key_has_one_effect() {
        let stripe = FakeProvider::new(Provider::Stripe);
        stripe.set_payment("pi_1", ProviderPayment::Captured(cny("100")));
        stripe.script([Script::LoseRequest, Script::LoseAnswer]);
        assert_eq!(stripe.refund(&request(1, "60")).await, RefundAnswer::Unknown);
        assert_eq!(stripe.query_refund(&request(1, "60")).await, RefundAnswer::Unknown);
        assert_eq!(stripe.query_refund(&request(1, "60")).await, RefundAnswer::NotFound);
        stripe.script([Script::LoseAnswer]);
        assert_eq!(stripe.refund(&request(1, "60")).await, RefundAnswer::Unknown);
        let done = RefundAnswer::Succeeded { reference: "re_1".into() };
        assert_eq!(stripe.query_refund(&request(1, "60")).await, done);
        assert_eq!(stripe.refund(&request(1, "60")).await, done);
        assert!(matches!(stripe.refund(&request(1, "50")).await, RefundAnswer::Refused { .. }));
        assert!(matches!(stripe.refund(&request(2, "40.01")).await, RefundAnswer::Refused { .. }));
        assert_eq!(stripe.refunded("pi_1"), Some(cny("60")));
    }

    #[tokio::test]
    async fn a_paid_payment_cannot_be_called_off() {
        let stripe = FakeProvider::new(Provider::Stripe);
        let order_id = SeededIds::new(1).order_id();
        let mut request = CancelRequest {
            payment_reference: PaymentReference::of(&order_id, 1),
            order_id,
            provider_payment_id: Some("pi_1".into()),
            amount: cny("1"),
        };
        stripe.set_payment("pi_1", ProviderPayment::Open);
        assert_eq!(stripe.cancel_payment(&request).await, CancelAnswer::Cancelled);
        stripe.set_payment("pi_1", ProviderPayment::Captured(cny("1")));
        assert_eq!(stripe.cancel_payment(&request).await, CancelAnswer::Captured(cny("1")));
        request.provider_payment_id = None;
        assert!(matches!(stripe.cancel_payment(&request).await, CancelAnswer::Refused { .. }));
    }
}
