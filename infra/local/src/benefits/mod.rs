//! A service that keeps count of coupons and points, after `docs/benefits.md`: small, in memory, and written beside the
//! product's own code. `cargo local benefits` runs it; a shop's own keeps its books in a database.

mod server;

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Deserialize;

pub use self::server::BenefitsService;

/// What an order wants to spend.
#[derive(Clone, Debug, Deserialize)]
pub struct Request {
    /// Coupons and points.
    pub items: Vec<Item>,
}

/// One of them.
#[derive(Clone, Debug, Deserialize)]
pub struct Item {
    /// `coupon` or `points`.
    pub kind: String,
    /// Which.
    pub code: String,
    /// What it takes off the order.
    pub amount: Amount,
}

/// An amount of money.
#[derive(Clone, Debug, Deserialize)]
pub struct Amount {
    /// A decimal text.
    pub amount: String,
}

/// What there is: coupons by how often they can be used, points by what they are worth.
#[derive(Clone, Debug, Default)]
pub struct Stock {
    /// Uses by code.
    pub coupons: BTreeMap<String, u32>,
    /// Worth by account.
    pub points: BTreeMap<String, Decimal>,
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

/// The books.
#[derive(Debug, Default)]
pub struct Books {
    stock: Stock,
    orders: BTreeMap<String, (Standing, Vec<Item>)>,
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

    /// Where an order stands, if it was ever heard of.
    pub fn standing(&self, order: &str) -> Option<Standing> {
        self.orders.get(order).map(|(standing, _)| *standing)
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
        self.orders.insert(order.to_owned(), (Standing::Reserved, items.to_vec()));
        Ok(())
    }

    /// What was set aside is spent.
    ///
    /// # Errors
    /// Nothing is set aside.
    pub fn commit(&mut self, order: &str) -> Result<(), String> {
        match self.orders.get_mut(order) {
            Some((standing @ (Standing::Reserved | Standing::Committed), _)) => {
                *standing = Standing::Committed;
                Ok(())
            }
            Some((Standing::Released, _)) => Err("the order was released before".to_owned()),
            None => Err("nothing is reserved for the order".to_owned()),
        }
    }

    /// Gives back whatever the order has, and takes nothing for it any more.
    pub fn release(&mut self, order: &str) {
        if let Some((Standing::Reserved | Standing::Committed, items)) =
            self.orders.insert(order.to_owned(), (Standing::Released, Vec::new()))
        {
            for item in items {
                give_back(&mut self.stock, &item);
            }
        }
    }
}

fn take(stock: &mut Stock, item: &Item) -> Result<(), String> {
    let unknown = || format!("{} is not known", item.code);
    if item.kind == "points" {
        let left = stock.points.get_mut(&item.code).ok_or_else(unknown)?;
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
    if item.kind == "points" {
        *stock.points.entry(item.code.clone()).or_default() += worth(item).unwrap_or_default();
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
    use super::{Amount, Books, Item, Standing, Stock};

    fn item(kind: &str, code: &str, amount: &str) -> Item {
        Item { kind: kind.into(), code: code.into(), amount: Amount { amount: amount.into() } }
    }

    fn books() -> Books {
        let coupons = [("SUMMER".to_owned(), 1)].into();
        Books::new(Stock { coupons, points: [("c-1".to_owned(), "50.00".parse().unwrap())].into() })
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
            books.release("o-1");
        }
        assert_eq!((books.stock().coupons["SUMMER"], books.stock().points["c-1"].to_string()), (1, "50.00".into()));
        assert!(books.commit("o-1").is_err() && books.reserve("o-1", &both).is_err(), "a release is final");
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
        books.release("o-2");
        assert!(books.reserve("o-2", &[]).is_err(), "what comes after the release of an unknown order is refused");
    }
}
