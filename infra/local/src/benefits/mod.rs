//! A service that keeps count of coupons, points and gift cards, after `docs/benefits.md`: small, in memory, and written beside the
//! product's own code. `cargo local benefits` runs it; a shop's own keeps its books in a database.

mod server;

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::Deserialize;

pub use self::server::BenefitsService;

/// What an order wants to spend.
#[derive(Clone, Debug, Deserialize)]
pub struct Request {
    /// Coupons, points and gift cards.
    pub items: Vec<Item>,
}

/// What is the buyer's again although the rest stays spent.
#[derive(Clone, Debug, Deserialize)]
pub struct Return {
    /// Which return: done once.
    pub return_id: String,
    /// What goes back.
    pub items: Vec<Item>,
}

/// What is said with a release.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Release {
    /// Kinds that stay spent: they come back by returns.
    #[serde(default)]
    pub keep: Vec<String>,
}

/// One of them.
#[derive(Clone, Debug, Deserialize)]
pub struct Item {
    /// `coupon`, `points` or `gift_card`.
    pub kind: String,
    /// Which.
    pub code: String,
    /// What it takes off the order, or pays of it.
    pub amount: Amount,
}

/// An amount of money.
#[derive(Clone, Debug, Deserialize)]
pub struct Amount {
    /// A decimal text.
    pub amount: String,
}

/// What there is: coupons by how often they can be used, points and gift cards by what they are worth.
#[derive(Clone, Debug, Default)]
pub struct Stock {
    /// Uses by code.
    pub coupons: BTreeMap<String, u32>,
    /// Worth by account.
    pub points: BTreeMap<String, Decimal>,
    /// Money by card.
    pub gift_cards: BTreeMap<String, Decimal>,
}

/// Where an order's items stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Set aside.
    Reserved,
    /// Spent.
    Committed,
    /// The buyer's again, for good.
    Released,
}

/// What the books say of an order.
#[derive(Debug)]
struct Account {
    standing: Standing,
    /// What it still has.
    held: Vec<Item>,
    /// The returns that are done.
    returns: BTreeSet<String>,
}

/// The books.
#[derive(Debug, Default)]
pub struct Books {
    stock: Stock,
    orders: BTreeMap<String, Account>,
}

impl Books {
    /// With so much to spend.
    pub fn new(stock: Stock) -> Self {
        Self { stock, orders: BTreeMap::new() }
    }

    /// What is left.
    pub fn stock(&self) -> &Stock {
        &self.stock
    }

    /// The same, to be changed: a buyer gets more.
    pub fn stock_mut(&mut self) -> &mut Stock {
        &mut self.stock
    }

    /// Where an order stands, if it was ever heard of.
    pub fn standing(&self, order: &str) -> Option<Standing> {
        self.orders.get(order).map(|account| account.standing)
    }

    /// Sets everything aside, or nothing.
    ///
    /// # Errors
    /// Why not.
    pub fn reserve(&mut self, order: &str, items: &[Item]) -> Result<(), String> {
        match self.standing(order) {
            Some(Standing::Reserved | Standing::Committed) => return Ok(()),
            Some(Standing::Released) => return Err("the order was released before".to_owned()),
            None => {}
        }
        let mut left = self.stock.clone();
        for item in items {
            take(&mut left, item)?;
        }
        self.stock = left;
        let account = Account { standing: Standing::Reserved, held: items.to_vec(), returns: BTreeSet::new() };
        self.orders.insert(order.to_owned(), account);
        Ok(())
    }

    /// What was set aside is spent.
    ///
    /// # Errors
    /// Nothing is set aside.
    pub fn commit(&mut self, order: &str) -> Result<(), String> {
        match self.orders.get_mut(order) {
            Some(Account { standing: Standing::Released, .. }) => Err("the order was released before".to_owned()),
            Some(account) => {
                account.standing = Standing::Committed;
                Ok(())
            }
            None => Err("nothing is reserved for the order".to_owned()),
        }
    }

    /// Gives back whatever the order still has, but for what is kept, and takes nothing for it any more.
    pub fn release(&mut self, order: &str, keep: &[String]) {
        let nothing = || Account { standing: Standing::Reserved, held: Vec::new(), returns: BTreeSet::new() };
        let account = self.orders.entry(order.to_owned()).or_insert_with(nothing);
        if account.standing == Standing::Released {
            return;
        }
        account.standing = Standing::Released;
        let (kept, back): (Vec<Item>, Vec<Item>) = account.held.drain(..).partition(|item| keep.contains(&item.kind));
        account.held = kept;
        for item in back {
            give_back(&mut self.stock, &item);
        }
    }

    /// Gives a part back, all of it or nothing; what a release has given back does not move again.
    ///
    /// # Errors
    /// The order has not spent so much.
    pub fn give_back(&mut self, order: &str, request: &Return) -> Result<(), String> {
        let account = self.orders.get_mut(order).ok_or("nothing is reserved for the order")?;
        if account.returns.contains(&request.return_id) {
            return Ok(());
        }
        let (mut held, mut back) = (account.held.clone(), Vec::new());
        for item in &request.items {
            // Nothing of this kind was kept when the order was released: it went back then.
            let is_back = account.standing == Standing::Released && held.iter().all(|h| h.kind != item.kind);
            if is_back && item.kind != "gift_card" {
                continue;
            }
            take_from(&mut held, item)?;
            back.push(item);
        }
        account.held = held;
        account.returns.insert(request.return_id.clone());
        for item in back {
            give_back(&mut self.stock, item);
        }
        Ok(())
    }
}

/// Takes a coupon, or so much of points or of a card, from what an order has.
fn take_from(held: &mut Vec<Item>, item: &Item) -> Result<(), String> {
    let mut open = worth(item).ok_or_else(|| format!("{} is no amount", item.amount.amount))?;
    let same = |h: &Item| h.kind == item.kind && h.code == item.code;
    if item.kind == "coupon" {
        let place = held.iter().position(same).ok_or_else(|| format!("{} is not spent", item.code))?;
        held.remove(place);
        return Ok(());
    }
    for h in held.iter_mut().filter(|h| same(h)) {
        let left = worth(h).unwrap_or_default();
        let part = open.min(left);
        open -= part;
        h.amount.amount = (left - part).to_string();
    }
    if open.is_zero() { Ok(()) } else { Err(format!("{} has less than that spent", item.code)) }
}

/// What is counted by its worth: points and gift cards. Coupons are counted one by one.
fn by_worth<'a>(stock: &'a mut Stock, kind: &str) -> Option<&'a mut BTreeMap<String, Decimal>> {
    match kind {
        "points" => Some(&mut stock.points),
        "gift_card" => Some(&mut stock.gift_cards),
        _ => None,
    }
}

fn take(stock: &mut Stock, item: &Item) -> Result<(), String> {
    let unknown = || format!("{} is not known", item.code);
    if let Some(accounts) = by_worth(stock, &item.kind) {
        let left = accounts.get_mut(&item.code).ok_or_else(unknown)?;
        let wanted = worth(item).ok_or_else(|| format!("{} is no amount", item.amount.amount))?;
        if wanted > *left {
            return Err(format!("{} has {left} left", item.code));
        }
        *left -= wanted;
    } else {
        let left = stock.coupons.get_mut(&item.code).ok_or_else(unknown)?;
        *left = left.checked_sub(1).ok_or_else(|| format!("{} was used before", item.code))?;
    }
    Ok(())
}

fn give_back(stock: &mut Stock, item: &Item) {
    if let Some(accounts) = by_worth(stock, &item.kind) {
        *accounts.entry(item.code.clone()).or_default() += worth(item).unwrap_or_default();
    } else {
        *stock.coupons.entry(item.code.clone()).or_default() += 1;
    }
}

fn worth(item: &Item) -> Option<Decimal> {
    item.amount.amount.parse().ok().filter(|worth: &Decimal| !worth.is_sign_negative())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::{Amount, Books, Item, Return, Standing, Stock};

    fn item(kind: &str, code: &str, amount: &str) -> Item {
        Item { kind: kind.into(), code: code.into(), amount: Amount { amount: amount.into() } }
    }

    fn books() -> Books {
        let coupons = [("SUMMER".to_owned(), 1)].into();
        let worth = |code: &str| [(code.to_owned(), "50.00".parse().unwrap())].into();
        Books::new(Stock { coupons, points: worth("c-1"), gift_cards: worth("GC-1") })
    }

    fn back(id: &str, kind: &str, code: &str, amount: &str) -> Return {
        Return { return_id: id.into(), items: vec![item(kind, code, amount)] }
    }

    #[test]
    fn each_is_done_once_however_often_it_is_said() {
        let mut books = books();
        let both = [item("coupon", "SUMMER", "20.00"), item("points", "c-1", "30.00")];
        for _ in 0..3 {
            books.reserve("o-1", &both).unwrap();
        }
        assert_eq!((books.stock().coupons["SUMMER"], books.stock().points["c-1"].to_string()), (0, "20.00".into()));
        books.commit("o-1").unwrap();
        books.commit("o-1").unwrap();
        books.reserve("o-1", &both).unwrap();
        assert_eq!(books.standing("o-1"), Some(Standing::Committed));
        for _ in 0..3 {
            books.release("o-1", &[]);
        }
        assert_eq!((books.stock().coupons["SUMMER"], books.stock().points["c-1"].to_string()), (1, "50.00".into()));
        assert!(books.commit("o-1").is_err() && books.reserve("o-1", &both).is_err(), "a release is final");
    }

    #[test]
    fn a_part_goes_back_once_and_never_more_than_is_spent() {
        let mut books = books();
        let all =
            [item("gift_card", "GC-1", "40.00"), item("points", "c-1", "30.00"), item("coupon", "SUMMER", "5.00")];
        let left = |books: &Books| (books.stock.gift_cards["GC-1"].to_string(), books.stock.points["c-1"].to_string());
        assert!(books.give_back("o-1", &back("r1", "gift_card", "GC-1", "1.00")).is_err(), "nothing is spent");
        books.reserve("o-1", &all).unwrap();
        books.commit("o-1").unwrap();
        for _ in 0..3 {
            books.give_back("o-1", &back("r1", "gift_card", "GC-1", "15.00")).unwrap();
            books.give_back("o-1", &back("r2", "points", "c-1", "10.00")).unwrap();
        }
        assert_eq!(left(&books), ("25.00".into(), "30.00".into()));
        assert!(books.give_back("o-1", &back("r3", "gift_card", "GC-1", "25.01")).is_err(), "more than is left");
        assert!(books.give_back("o-1", &back("r3", "gift_card", "GC-2", "1.00")).is_err(), "another card");
        // The release keeps the card: its money comes back by returns, also afterwards. The rest of the points went with it.
        books.release("o-1", &["gift_card".to_owned()]);
        books.give_back("o-1", &back("r4", "points", "c-1", "20.00")).unwrap();
        assert_eq!(left(&books), ("25.00".into(), "50.00".into()));
        books.give_back("o-1", &back("r5", "gift_card", "GC-1", "25.00")).unwrap();
        books.release("o-1", &[]);
        assert_eq!(left(&books), ("50.00".into(), "50.00".into()));
        assert_eq!(books.stock.coupons["SUMMER"], 1);
        assert!(books.give_back("o-1", &back("r6", "gift_card", "GC-1", "0.01")).is_err());
    }

    #[test]
    fn all_of_it_or_nothing() {
        let mut books = books();
        for (items, reason) in [
            (vec![item("coupon", "SUMMER", "20.00"), item("points", "c-1", "50.01")], "c-1 has 50.00 left"),
            (vec![item("coupon", "SUMMER", "1.00"), item("coupon", "SUMMER", "1.00")], "SUMMER was used before"),
            (vec![item("coupon", "WINTER", "1.00")], "WINTER is not known"),
            (vec![item("points", "c-1", "-1.00")], "-1.00 is no amount"),
        ] {
            assert_eq!(books.reserve("o-2", &items), Err(reason.to_owned()));
        }
        assert_eq!((books.stock().coupons["SUMMER"], books.standing("o-2")), (1, None));
        assert!(books.commit("o-2").is_err());
        books.release("o-2", &[]);
        assert!(books.reserve("o-2", &[]).is_err(), "what comes after the release of an unknown order is refused");
    }
}
