//! A simulated payment provider: it knows what it took, answers a refund's key once, and loses answers when told to.

use std::collections::{BTreeMap, BTreeSet};

use oms_domain::command::{CallOffAnswered, CaptureAnswered, RefundAnswered};
use oms_domain::id::RefundId;
use oms_domain::money::Money;

/// How a call to the provider goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Done and answered.
    Fine,
    /// Taken, final later.
    Slow,
    /// Done, but the answer is lost.
    LostAnswer,
    /// The call itself is lost.
    LostCall,
    /// No.
    Refusing,
}

/// What the provider has on its books.
#[derive(Default)]
pub struct Till {
    taken: BTreeMap<String, Money>,
    sent: BTreeMap<RefundId, (String, Money)>,
    called_off: BTreeSet<String>,
    promised: BTreeMap<String, Money>,
}

impl Till {
    /// The buyer has paid so much for a payment.
    pub fn take(&mut self, payment: &str, amount: Money) {
        if !amount.is_positive() {
            return;
        }
        let known = self.taken.entry(payment.into()).or_insert(amount);
        if known.currency() == amount.currency() && known.compare(amount).unwrap().is_lt() {
            *known = amount;
        }
    }

    /// The buyer's bank has promised so much for a payment.
    pub fn promise(&mut self, payment: &str, amount: Money) {
        let known = self.promised.entry(payment.into()).or_insert(amount);
        if known.currency() == amount.currency() && known.compare(amount).unwrap().is_lt() {
            *known = amount;
        }
    }

    /// A capture's call: a promise is taken once, by whatever key, and never beyond it.
    pub fn capture(&mut self, payment: &str, amount: Money, mood: Mood) -> CaptureAnswered {
        let promised = self.promised.get(payment).copied();
        let within = promised.is_some_and(|p| amount.compare(p).unwrap().is_le());
        assert!(within && amount.is_positive(), "{amount} of a promise of {promised:?}");
        match mood {
            Mood::LostCall => return CaptureAnswered::Unknown,
            Mood::Refusing if !self.taken.contains_key(payment) => {
                return CaptureAnswered::Refused { reason: "card_declined".into() };
            }
            Mood::Fine | Mood::Slow | Mood::LostAnswer | Mood::Refusing => {}
        }
        if self.called_off.contains(payment) && !self.taken.contains_key(payment) {
            return CaptureAnswered::Refused { reason: "canceled".into() };
        }
        let taken = *self.taken.entry(payment.into()).or_insert(amount);
        match mood {
            Mood::LostAnswer => CaptureAnswered::Unknown,
            Mood::Slow => CaptureAnswered::Pending { reference: format!("py_{payment}") },
            Mood::Fine | Mood::LostCall | Mood::Refusing => all(taken),
        }
    }

    /// What became of a promise; none when it stands.
    pub fn ask_capture(&self, payment: &str) -> Option<CaptureAnswered> {
        let over = || CaptureAnswered::Refused { reason: "canceled".into() };
        let taken = self.taken.get(payment).map(|taken| all(*taken));
        taken.or_else(|| self.called_off.contains(payment).then(over))
    }

    /// A refund's call: the same key again is the same refund.
    pub fn refund(&mut self, id: &RefundId, payment: &str, amount: Money, mood: Mood) -> RefundAnswered {
        let known = self.sent.contains_key(id);
        match mood {
            Mood::Refusing if !known => return RefundAnswered::Refused { reason: "charge_disputed".into() },
            Mood::LostCall => return RefundAnswered::Unknown,
            Mood::Fine | Mood::Slow | Mood::LostAnswer | Mood::Refusing => {}
        }
        if !known {
            self.sent.insert(id.clone(), (payment.into(), amount));
        }
        match mood {
            Mood::LostAnswer => RefundAnswered::Unknown,
            Mood::Slow => RefundAnswered::Pending { reference: format!("re_{id}") },
            Mood::Fine | Mood::LostCall | Mood::Refusing => self.ask(id).unwrap(),
        }
    }

    /// What became of a refund; none when the provider never heard of it.
    pub fn ask(&self, id: &RefundId) -> Option<RefundAnswered> {
        self.sent.contains_key(id).then(|| RefundAnswered::Succeeded { reference: Some(format!("re_{id}")) })
    }

    /// Somebody sends money back in the provider's own console.
    pub fn refund_elsewhere(&mut self, name: &str, payment: &str, amount: Money) {
        let id = RefundId::parse(name).unwrap();
        self.sent.entry(id).or_insert((payment.into(), amount));
    }

    /// A refund comes back from the buyer's bank: the money is here again.
    pub fn bounce(&mut self, name: &str) {
        let id = RefundId::parse(name).unwrap();
        self.sent.remove(&id);
    }

    /// A payment is called off before it was paid.
    pub fn call_off(&mut self, payment: &str, mood: Mood) -> CallOffAnswered {
        match mood {
            Mood::LostCall => return CallOffAnswered::Unknown,
            Mood::Refusing => return CallOffAnswered::Refused { reason: "not offered".into() },
            Mood::Fine | Mood::Slow | Mood::LostAnswer => {}
        }
        if let Some(taken) = self.taken.get(payment) {
            return CallOffAnswered::Captured(*taken);
        }
        self.called_off.insert(payment.into());
        if mood == Mood::LostAnswer { CallOffAnswered::Unknown } else { CallOffAnswered::Done }
    }

    /// What the provider has sent back of a payment, by all refunds.
    pub fn sent_back(&self, payment: &str) -> Vec<Money> {
        self.sent.values().filter(|(p, _)| p == payment).map(|(_, m)| *m).collect()
    }

    pub fn taken(&self) -> impl Iterator<Item = (&String, &Money)> {
        self.taken.iter()
    }

    pub fn knows(&self, id: &RefundId) -> bool {
        self.sent.contains_key(id)
    }
}

fn all(taken: Money) -> CaptureAnswered {
    CaptureAnswered::Captured { amount: taken, reference: None, payment: None }
}
