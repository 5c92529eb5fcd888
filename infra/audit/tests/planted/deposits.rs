//! Deposits that are kept, and are the buyer's.

use audit::Check;
use oms_domain::event::OrderEvent;

use crate::Planted;
use crate::life::{Life, kept};
use crate::records::then;

pub fn planted() -> Vec<Planted> {
    vec![
        then(
            Check::KeptMoney,
            "a deposit is kept under terms that send it back",
            "50.00 CNY of p1 is kept, and is no deposit to keep",
            Life::deposit(false),
            vec![OrderEvent::Expired, kept("50.00")],
        ),
        then(
            Check::KeptMoney,
            "more is kept than the deposit",
            "50.01 CNY of p1 is kept, and is no deposit to keep",
            Life::deposit(true),
            vec![OrderEvent::Expired, kept("50.01")],
        ),
        then(
            Check::KeptMoney,
            "a deposit is kept twice",
            "50.00 CNY of p1 is kept, and is no deposit to keep",
            Life::deposit_kept(),
            vec![kept("50.00")],
        ),
        then(
            Check::KeptMoney,
            "a deposit is kept of an order that the shop has cancelled",
            "50.00 CNY of p1 is kept, and is no deposit to keep",
            Life::deposit(true),
            vec![OrderEvent::CancellationRequested { reason: "test".into() }, kept("50.00")],
        ),
    ]
}
