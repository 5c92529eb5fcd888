//! `REFUND_FIRST`: what a refund takes from first.

use oms_domain::refund_first::RefundFirst;

use super::{ConfigError, Env};

impl Env {
    /// `REFUND_FIRST`: `money` (the default) or `gift_card`, for orders that were paid by both.
    ///
    /// # Errors
    /// [`ConfigError`] when it is neither.
    pub fn refund_first(&self) -> Result<RefundFirst, ConfigError> {
        const NAME: &str = "REFUND_FIRST";
        let Some(text) = self.optional(NAME) else { return Ok(RefundFirst::default()) };
        RefundFirst::from_name(&text).ok_or_else(|| ConfigError::new(NAME, "must be money or gift_card"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use super::*;

    #[test]
    fn money_goes_back_first_unless_cards_are_to() {
        let read = |text| Env::of([("REFUND_FIRST", text)]).refund_first();
        assert_eq!((read(""), read("money")), (Ok(RefundFirst::Money), Ok(RefundFirst::Money)));
        assert_eq!(read("gift_card"), Ok(RefundFirst::GiftCard));
        assert_eq!(read("cards").unwrap_err().to_string(), "REFUND_FIRST: must be money or gift_card");
    }
}
