//! A payment provider that remembers: what was paid, what was called off, what went back and under which key.
//!
//! It keeps the promises that Stripe makes: the same refund key has one effect and one answer, other parameters under the
//! key are refused, no more goes back than came in. And it breaks what networks break: a script says which answers are
//! lost, before the request has its effect or after.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use oms_app::ports::{
    CancelAnswer, CancelRequest, CaptureAnswer, CaptureRequest, NextAction, PaymentGateway, RefundAnswer,
    RefundRequest, StartAnswer, StartRequest, Started,
};
use oms_domain::body::Provider;
use oms_domain::id::{CaptureId, PaymentReference, RefundId};
use oms_domain::money::Money;
use oms_domain::payment_start::Taking;

/// What becomes of the next request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Script {
    /// It never arrives.
    LoseRequest,
    /// It has its effect, and the answer is lost.
    LoseAnswer,
    /// It is refused.
    Refuse(String),
    /// A refund or a capture is accepted, its result comes later (see [`FakeProvider::settle`]).
    Pending,
    /// As usual.
    Pass,
}

/// How far a payment is at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderPayment {
    /// The buyer has not paid.
    Open,
    /// So much is promised.
    Authorized(Money),
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
    captures: BTreeMap<CaptureId, (String, Money)>,
    begun: BTreeMap<PaymentReference, StartRequest>,
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

    /// The captures on the books that had their effect: of which payment, and how much.
    #[must_use]
    pub fn captures(&self) -> BTreeMap<CaptureId, (String, Money)> {
        self.books().captures.clone()
    }

    /// The attempts that were begun here, by our reference: one payment for each.
    #[must_use]
    pub fn begun(&self) -> Vec<PaymentReference> {
        self.books().begun.keys().cloned().collect()
    }

    /// When the money of an attempt is taken that was begun here.
    #[must_use]
    pub fn taking(&self, reference: &PaymentReference) -> Option<Taking> {
        self.books().begun.get(reference).map(|request| request.taking)
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

    /// The requests that were sent, also those that never arrived: `refund …`, `query …`, `capture …`,
    /// `query capture …`, `cancel …`.
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

fn taken(amount: Money, reference: &CaptureId) -> CaptureAnswer {
    CaptureAnswer::Captured { amount, reference: Some(format!("py_{reference}")), payment: None }
}

/// Takes a promise, or finds it taken: by this key or another, a payment is taken once.
fn take(books: &mut Books, request: &CaptureRequest) -> CaptureAnswer {
    let refused = |reason: &str| CaptureAnswer::Refused { reason: reason.to_owned() };
    match books.payments.get(&request.provider_payment_id).copied() {
        Some(ProviderPayment::Authorized(promised)) => {
            if !request.amount.compare(promised).is_ok_and(std::cmp::Ordering::is_le) {
                return refused("more than was promised");
            }
            let payment = request.provider_payment_id.clone();
            books.payments.insert(payment.clone(), ProviderPayment::Captured(request.amount));
            books.captures.insert(request.capture_id.clone(), (payment, request.amount));
            taken(request.amount, &request.capture_id)
        }
        Some(ProviderPayment::Captured(amount)) => taken(amount, &request.capture_id),
        Some(ProviderPayment::Cancelled) => refused("the payment is cancelled"),
        Some(ProviderPayment::Open) => refused("nothing is promised"),
        None => refused("there is no payment of this id"),
    }
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

    async fn capture(&self, request: &CaptureRequest) -> CaptureAnswer {
        let call = format!("capture {} {}", request.capture_id, request.amount);
        let (mut books, script) = self.begin(call);
        match script {
            Script::LoseRequest => CaptureAnswer::Unknown,
            Script::LoseAnswer => {
                take(&mut books, request);
                CaptureAnswer::Unknown
            }
            Script::Refuse(reason) => CaptureAnswer::Refused { reason },
            // Taken at once all the same: who asks, or is told, learns it.
            Script::Pending => match take(&mut books, request) {
                CaptureAnswer::Captured { .. } => CaptureAnswer::Pending { reference: "py_later".into() },
                other @ (CaptureAnswer::Pending { .. }
                | CaptureAnswer::Refused { .. }
                | CaptureAnswer::NotFound
                | CaptureAnswer::Unknown) => other,
            },
            Script::Pass => take(&mut books, request),
        }
    }

    async fn query_capture(&self, request: &CaptureRequest) -> CaptureAnswer {
        let (books, script) = self.begin(format!("query capture {}", request.capture_id));
        match script {
            Script::LoseRequest | Script::LoseAnswer => CaptureAnswer::Unknown,
            Script::Refuse(reason) => CaptureAnswer::Refused { reason },
            Script::Pending | Script::Pass => match books.payments.get(&request.provider_payment_id).copied() {
                Some(ProviderPayment::Authorized(_)) => CaptureAnswer::NotFound,
                Some(ProviderPayment::Captured(amount)) => taken(amount, &request.capture_id),
                Some(ProviderPayment::Open | ProviderPayment::Cancelled) | None => {
                    CaptureAnswer::Refused { reason: "nothing is promised".into() }
                }
            },
        }
    }

    /// Like Stripe it knows a payment by its own id alone; under the name of a wallet by our reference too.
    async fn cancel_payment(&self, request: &CancelRequest) -> CancelAnswer {
        let by_reference = self.provider.knows_our_reference();
        let reference = Some(request.payment_reference.as_str()).filter(|_| by_reference);
        let Some(provider_payment_id) = request.provider_payment_id.as_deref().or(reference) else {
            return CancelAnswer::Refused { reason: "the payment has no id of the provider's".into() };
        };
        let (mut books, script) = self.begin(format!("cancel {provider_payment_id}"));
        let mut cancel = || match books.payments.get(provider_payment_id).copied() {
            // Never begun, so that nobody can pay it.
            None if request.provider_payment_id.is_none() => CancelAnswer::Cancelled,
            None => CancelAnswer::Refused { reason: "there is no payment of this id".into() },
            Some(ProviderPayment::Captured(amount)) if request.provider_payment_id.is_none() => {
                CancelAnswer::Found { provider_payment_id: provider_payment_id.to_owned(), amount }
            }
            Some(ProviderPayment::Captured(amount)) => CancelAnswer::Captured(amount),
            Some(ProviderPayment::Open | ProviderPayment::Authorized(_) | ProviderPayment::Cancelled) => {
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

    async fn start(&self, request: &StartRequest) -> StartAnswer {
        let (mut books, script) = self.begin(format!("start {}", request.payment_reference));
        let by_reference = self.provider.knows_our_reference();
        match script {
            Script::LoseRequest => StartAnswer::Unknown,
            Script::LoseAnswer => {
                open(&mut books, request, by_reference);
                StartAnswer::Unknown
            }
            Script::Refuse(reason) => StartAnswer::Refused { reason },
            Script::Pending | Script::Pass => open(&mut books, request, by_reference),
        }
    }
}

/// Opens a payment, or finds it opened under its reference. A used reference with other parameters is refused.
fn open(books: &mut Books, request: &StartRequest, by_reference: bool) -> StartAnswer {
    // Whoever is asked by our reference is told an end with it; the others are told none.
    let expires_at = if by_reference { request.expires_at } else { jiff::Timestamp::MAX };
    let asked = StartRequest { known: None, expires_at, ..request.clone() };
    let reference = request.payment_reference.as_str();
    let id = if by_reference { reference.to_owned() } else { format!("pi_{reference}") };
    if books.begun.get(&request.payment_reference).is_some_and(|known| *known != asked) {
        return StartAnswer::Refused { reason: "the reference was used with other parameters".into() };
    }
    if request.known.as_ref().is_some_and(|known| *known != id) {
        return StartAnswer::Refused { reason: "there is no payment of this id".into() };
    }
    books.begun.insert(request.payment_reference.clone(), asked);
    match books.payments.entry(id.clone()).or_insert(ProviderPayment::Open) {
        ProviderPayment::Open => {}
        ProviderPayment::Authorized(_) | ProviderPayment::Captured(_) | ProviderPayment::Cancelled => {
            return StartAnswer::Refused { reason: "the payment is over".into() };
        }
    }
    StartAnswer::Started(if by_reference {
        let next = NextAction::QrCode { url: format!("weixin://wxpay/{reference}") };
        Started { provider_payment_id: None, object: None, next }
    } else {
        let next = NextAction::ClientSecret { value: format!("{id}_secret").into() };
        Started { provider_payment_id: Some(id), object: None, next }
    })
}

#[cfg(test)]
#[path = "gateway_tests.rs"]
mod tests;
