//! What a wallet remembers: trades by the shop's reference, refunds by the shop's number.

/// A trade. Amounts are in cents of CNY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trade {
    /// The wallet's own number.
    pub id: String,
    /// The shop's reference.
    pub reference: String,
    /// What it comes to.
    pub cents: i64,
    /// Whether the buyer has paid it.
    pub is_paid: bool,
    /// Whether the shop has called it off.
    pub is_closed: bool,
    /// Whether the shop has begun it to take the money later.
    pub is_for_later: bool,
    /// Whether the buyer has agreed to it, and the shop has not had it carried out.
    pub is_approved: bool,
    /// Whether the buyer's bank has promised the money, for the shop to take.
    pub is_promised: bool,
    /// The number under which the shop has taken it, and the wallet's own number of that.
    pub taken: Option<(String, String)>,
}

impl Trade {
    /// Whether the wallet knows it by this number: its own, or that of what was taken.
    fn has_number(&self, number: &str) -> bool {
        self.id == number || self.taken.as_ref().is_some_and(|(_, id)| id == number)
    }
}

/// A refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// The wallet's own number.
    pub id: String,
    /// The shop's number.
    pub number: String,
    /// The trade, by the wallet's own number.
    pub trade: String,
    /// How much.
    pub cents: i64,
}

/// Why a refund is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// There is no such trade, or it is not paid.
    NoTrade,
    /// The number belongs to another refund.
    OtherRefund,
    /// More than is left.
    TooMuch,
}

/// A wallet's books.
#[derive(Debug, Default)]
pub struct Books {
    trades: Vec<Trade>,
    refunds: Vec<Refund>,
    violations: Vec<String>,
    issued: u64,
    run: i64,
}

impl Books {
    /// Empty ones; `run` makes their numbers differ from those of other runs.
    pub(super) fn new(run: i64) -> Self {
        Self { run, ..Self::default() }
    }

    /// A buyer begins to pay at the wallet.
    pub fn begin(&mut self, reference: &str, cents: i64) -> Trade {
        let trade = Trade {
            id: self.issue("4200"),
            reference: reference.to_owned(),
            cents,
            is_paid: false,
            is_closed: false,
            is_for_later: false,
            is_approved: false,
            is_promised: false,
            taken: None,
        };
        self.trades.push(trade.clone());
        trade
    }

    /// The shop begins a payment; its reference is one trade, however often it is begun. None where the reference is another
    /// amount's, or the trade is over.
    pub(super) fn begin_once(&mut self, reference: &str, cents: i64) -> Option<Trade> {
        match self.trade(reference).cloned() {
            None => Some(self.begin(reference, cents)),
            Some(known) => {
                if known.cents != cents {
                    self.violations.push(format!("{reference} was begun for {} and for {cents}", known.cents));
                    return None;
                }
                Some(known).filter(|trade| !trade.is_paid && !trade.is_closed)
            }
        }
    }

    /// The shop wants to take the money of a trade later. False where that was begun otherwise.
    pub(super) fn for_later(&mut self, reference: &str, is_new: bool) -> bool {
        let Some(trade) = self.trades.iter_mut().find(|trade| trade.reference == reference) else { return false };
        trade.is_for_later |= is_new;
        trade.is_for_later
    }

    /// A buyer agrees to a trade, which the shop then carries out. None if the shop has called it off.
    pub fn approve(&mut self, reference: &str) -> Option<Trade> {
        let trade = self.trades.iter_mut().find(|trade| trade.reference == reference && !trade.is_closed)?;
        trade.is_approved = true;
        Some(trade.clone())
    }

    /// A buyer pays. None if the shop has called the trade off.
    pub fn pay(&mut self, reference: &str) -> Option<Trade> {
        let trade = self.trades.iter_mut().find(|trade| trade.reference == reference && !trade.is_closed)?;
        trade.is_paid = true;
        Some(trade.clone())
    }

    /// The buyer's bank promises the money. None if the shop has called the trade off, or it is paid.
    pub fn promise(&mut self, reference: &str) -> Option<Trade> {
        let open = |trade: &&mut Trade| trade.reference == reference && !trade.is_closed && !trade.is_paid;
        let trade = self.trades.iter_mut().find(open)?;
        trade.is_promised = true;
        Some(trade.clone())
    }

    /// Takes a promise, once for each number; what is not taken is let go. The second value says whether it moved just now.
    pub(super) fn take(&mut self, trade: &str, number: &str, cents: i64) -> Result<(Trade, bool), Refused> {
        let id = self.issue("5040");
        let promised = |known: &&mut Trade| known.id == trade && known.is_promised && !known.is_closed;
        let known = self.trades.iter_mut().find(promised).ok_or(Refused::NoTrade)?;
        if let Some((before, _)) = &known.taken {
            let same = before == number && known.cents == cents;
            return if same { Ok((known.clone(), false)) } else { Err(Refused::OtherRefund) };
        }
        if cents <= 0 || cents > known.cents {
            self.violations
                .push(format!("{number}: {cents} was to be taken of a promise of {} of {trade}", known.cents));
            return Err(Refused::TooMuch);
        }
        known.cents = cents;
        known.is_paid = true;
        known.taken = Some((number.to_owned(), id));
        Ok((known.clone(), true))
    }

    /// Gives a promise back by the wallet's own number. None where there is none; false when it is taken already.
    pub(super) fn void(&mut self, trade: &str) -> Option<bool> {
        let known = self.trades.iter_mut().find(|known| known.id == trade && known.is_promised)?;
        known.is_closed |= !known.is_paid;
        Some(known.is_closed)
    }

    /// A trade by the shop's reference.
    pub fn trade(&self, reference: &str) -> Option<&Trade> {
        self.trades.iter().find(|trade| trade.reference == reference)
    }

    /// A trade by the wallet's own number.
    pub(super) fn trade_by_id(&self, id: &str) -> Option<&Trade> {
        self.trades.iter().find(|trade| trade.has_number(id))
    }

    /// The refunds of a trade.
    pub fn refunds_of(&self, trade: &str) -> impl Iterator<Item = &Refund> {
        self.refunds.iter().filter(move |refund| refund.trade == trade)
    }

    /// A refund by the shop's number.
    pub(super) fn refund(&self, number: &str) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.number == number)
    }

    /// A refund by the wallet's own number.
    pub(super) fn refund_by_id(&self, id: &str) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.id == id)
    }

    /// Sends money back, once for each number. The second value says whether it moved just now.
    pub(super) fn send_back(&mut self, trade: &str, number: &str, cents: i64) -> Result<(Refund, bool), Refused> {
        if let Some(known) = self.refund(number).cloned() {
            if known.trade == trade && known.cents == cents {
                return Ok((known, false));
            }
            self.violations.push(format!("{number} was sent with other parameters"));
            return Err(Refused::OtherRefund);
        }
        let paid = self.trades.iter().find(|known| known.has_number(trade) && known.is_paid).map(|known| known.cents);
        let left = paid.ok_or(Refused::NoTrade)? - self.refunds_of(trade).map(|refund| refund.cents).sum::<i64>();
        if cents <= 0 || cents > left {
            self.violations
                .push(format!("{number}: a refund of {cents} was asked for where {left} was left of {trade}"));
            return Err(Refused::TooMuch);
        }
        let id = self.issue("5030");
        let refund = Refund { id, number: number.to_owned(), trade: trade.to_owned(), cents };
        self.refunds.push(refund.clone());
        Ok((refund, true))
    }

    /// Calls a trade off. None where the wallet does not know it; false when it is paid already.
    pub(super) fn close(&mut self, reference: &str) -> Option<bool> {
        let trade = self.trades.iter_mut().find(|trade| trade.reference == reference)?;
        trade.is_closed |= !trade.is_paid;
        Some(trade.is_closed)
    }

    /// Notes what the wallet would not have forgiven.
    pub(super) fn violation(&mut self, what: String) {
        self.violations.push(what);
    }

    /// What the caller did that the wallet would not have forgiven. Empty is as it should be.
    pub fn violations(&self) -> &[String] {
        &self.violations
    }

    fn issue(&mut self, kind: &str) -> String {
        self.issued += 1;
        format!("{kind}{}{:06}", self.run, self.issued)
    }
}

/// Cents as a decimal text.
pub(super) fn yuan(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The other way round.
pub(super) fn cents(yuan: &str) -> i64 {
    let (whole, part) = yuan.split_once('.').unwrap_or((yuan, ""));
    format!("{whole}{part:0<2}").parse().unwrap_or_default()
}
