//! `cargo local benefits`: the service that keeps count of coupons, points and gift cards, until it is interrupted.

use clap::Args;
use local_stack::benefits::{BenefitsService, Stock};
use local_stack::error::{LocalError, Result};
use local_stack::layout::Layout;
use local_stack::progress::Progress;
use local_stack::stack;

#[derive(Debug, Args)]
pub(crate) struct BenefitsArgs {
    /// Port on 127.0.0.1
    #[arg(long, default_value_t = 4569)]
    pub(crate) port: u16,
    /// A coupon, and how often it can be used; may be repeated
    #[arg(long, value_name = "CODE=USES", value_parser = counted::<u32>)]
    pub(crate) coupon: Vec<(String, u32)>,
    /// An account of points, and what they are worth; may be repeated
    #[arg(long, value_name = "CODE=AMOUNT", value_parser = counted::<rust_decimal::Decimal>)]
    pub(crate) points: Vec<(String, rust_decimal::Decimal)>,
    /// A gift card, and the money on it; may be repeated
    #[arg(long, value_name = "CODE=AMOUNT", value_parser = counted::<rust_decimal::Decimal>)]
    pub(crate) gift_card: Vec<(String, rust_decimal::Decimal)>,
}

/// `SUMMER=100`.
fn counted<T: std::str::FromStr>(text: &str) -> std::result::Result<(String, T), String> {
    let (code, count) = text.split_once('=').ok_or("a code, `=` and a number")?;
    let count = count.parse().map_err(|_| format!("`{count}` is no number that fits"))?;
    Ok((code.to_owned(), count))
}

/// Runs it for this stack.
pub(crate) async fn run(layout: &Layout, args: &BenefitsArgs, progress: Progress) -> Result<()> {
    let stock = Stock {
        coupons: args.coupon.iter().cloned().collect(),
        points: args.points.iter().cloned().collect(),
        gift_cards: args.gift_card.iter().cloned().collect(),
    };
    let service = BenefitsService::start(args.port, stack::secrets(layout)?.benefits, stock).await?;
    progress.say(&format!(
        "Coupons, points and gift cards are kept at {url}. Switch them on with: cargo local up --set benefits.url={url}",
        url = service.url()
    ));
    tokio::signal::ctrl_c().await.map_err(LocalError::io("waiting to be interrupted"))?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use clap::Parser;

    use crate::cli::{Cli, Command};

    #[test]
    fn coupons_and_points_are_counted() {
        let line = "local benefits --coupon SUMMER=2 --coupon WINTER=1 --points c-1=50.00 --gift-card GC-1=80.00";
        let Command::Benefits(args) = Cli::parse_from(line.split(' ')).command else { panic!("not benefits") };
        assert_eq!(args.coupon, [("SUMMER".to_owned(), 2), ("WINTER".to_owned(), 1)]);
        assert_eq!(args.points, [("c-1".to_owned(), "50.00".parse().unwrap())]);
        assert_eq!(args.gift_card, [("GC-1".to_owned(), "80.00".parse().unwrap())]);
        assert!(Cli::try_parse_from(["local", "benefits", "--coupon", "SUMMER"]).is_err());
        assert!(Cli::try_parse_from(["local", "benefits", "--coupon", "SUMMER=-1"]).is_err());
    }
}
