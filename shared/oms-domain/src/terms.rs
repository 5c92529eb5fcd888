//! What holds for an order's payments from the moment at which its buyer was first asked to pay, whatever the shop's settings
//! become: a provider takes an attempt that is begun twice only if it is begun the same way.

use serde::{Deserialize, Serialize};

use crate::capture::CaptureMoment;
use crate::order::Order;
use crate::policy::Policy;

/// The terms under which a buyer is asked to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Terms {
    /// The moment at which payments that Waybill begins are taken, promised until then; none where the provider takes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture_when: Option<CaptureMoment>,
    /// Whether the shop keeps the deposit if the rest does not come by its day.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keeps_deposit: bool,
}

impl Terms {
    /// Those of an order, as the shop is set up now.
    #[must_use]
    pub fn of(policy: &Policy, order: &Order) -> Self {
        let channel = &order.body.channel;
        let keeps_deposit = policy.deposit_on_default.keeps(channel) && order.has_deposit_and_balance();
        Self { capture_when: policy.capture_when.promised(channel), keeps_deposit }
    }

    /// Whether nothing is said that would have to be stored.
    #[must_use]
    pub fn are_usual(&self) -> bool {
        *self == Self::default()
    }

    /// In words, for the timeline; none where they are the usual ones.
    #[must_use]
    pub fn words(self) -> Option<String> {
        let taken = self.capture_when.map(|moment| format!("taken when {}", moment.words()));
        let kept = self.keeps_deposit.then(|| "the deposit is kept if the rest does not come".to_owned());
        let words: Vec<String> = taken.into_iter().chain(kept).collect();
        (!words.is_empty()).then(|| words.join(", "))
    }
}
