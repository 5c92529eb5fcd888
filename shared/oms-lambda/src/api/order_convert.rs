//! From the wire to the domain: [`OrderRequest`] becomes a [`PlacedOrder`], once, or the first broken rule is named.

use oms_domain::FieldError;
use oms_domain::body::{
    Address, ClientDevice, Customer, DeclaredPayment, DeclaredStatus, Delivery, Discount, Gift, Invoice, Line, LineTax,
    OrderBody, PlacedOrder, PriceSource, Provider, ShippingChoice, TimeWindow,
};
use oms_domain::id::{LineId, OrderId, PaymentReference};
use oms_domain::money::Money;

use super::fields::{Email, Note, Text};
use super::order_request::{
    AddressRequest, ClientRequest, CollectedBy, CustomerRequest, DeclaredPaymentRequest, DeliveryRequest,
    DiscountRequest, GiftRequest, InvoiceRequest, LineRequest, OrderRequest, PaymentRequest,
};
use super::values::plausible;
use crate::auth::Caller;
use crate::problem::Problem;

/// The most payments that one order may declare.
const MAX_PAYMENTS: usize = 10;

impl OrderRequest {
    /// Checks who may send it and every rule of the contract, and gives the order its lines' ids (positions from 1) and
    /// its payments' references.
    ///
    /// # Errors
    /// 403 when the channel is not one of the caller's, or when the order says what only the channel itself may say;
    /// 400 for the first field that breaks a rule.
    pub fn into_placed(self, order_id: &OrderId, caller: &Caller) -> Result<PlacedOrder, Problem> {
        caller.may_use_channel(&self.channel)?;
        if !caller.speaks_for(&self.channel)
            && let Some(field) = self.word_of_the_channel()
        {
            let detail = format!("{field}: is taken only from a credential of the channel {} itself", self.channel);
            return Err(Problem::forbidden(detail).member("field", field));
        }
        let is_one = self.payment.is_some();
        let named = |error: FieldError| match error.field.strip_prefix("payments[0].") {
            // By the name under which it was sent.
            Some(part) if is_one => FieldError::new(format!("payment.{part}"), error.reason),
            Some(_) | None => error,
        };
        Ok(PlacedOrder::new(self.into_body(order_id)?).map_err(named)?)
    }

    /// The first field that says what only the channel itself can know: its prices, and what it collects.
    fn word_of_the_channel(&self) -> Option<String> {
        if self.price_source == Some(PriceSource::Channel) {
            return Some("price_source".into());
        }
        if self.payment.as_ref().is_some_and(|payment| payment.provider == Provider::Channel) {
            return Some("payment.provider".into());
        }
        self.payments.iter().flatten().enumerate().find_map(|(i, payment)| {
            let field = if payment.status.unwrap_or_default() != DeclaredStatus::Due {
                "status"
            } else if payment.provider == Provider::Channel {
                "provider"
            } else if payment.collected_by == Some(CollectedBy::Channel) {
                "collected_by"
            } else {
                return None;
            };
            Some(format!("payments[{i}].{field}"))
        })
    }

    fn into_body(self, order_id: &OrderId) -> Result<OrderBody, FieldError> {
        let payments = match (self.payment, self.payments) {
            (Some(_), Some(_)) => return Err(FieldError::new("payments", "must not stand beside payment")),
            (None, None) => return Err(FieldError::new("payment", "is required (or payments)")),
            (Some(payment), None) => vec![whole(payment, self.total, order_id)],
            (None, Some(payments)) => declared(payments, order_id)?,
        };
        let lines = self.lines.into_iter().enumerate().map(|(i, line)| line_of(i, line)).collect::<Result<_, _>>()?;
        Ok(OrderBody {
            channel: self.channel,
            channel_order_id: self.channel_order_id,
            currency: self.currency,
            placed_at: plausible("placed_at", self.placed_at)?,
            ship_by: plausible("ship_by", self.ship_by)?,
            locale: self.locale.and_then(super::fields::Locale::filled),
            prices_include_tax: self.prices_include_tax.unwrap_or_default(),
            price_source: self.price_source.unwrap_or_default(),
            customer: customer(self.customer),
            shipping_address: address("shipping_address", self.shipping_address)?,
            billing_address: address("billing_address", self.billing_address)?,
            lines,
            discounts: discounts("discounts", self.discounts, 50)?,
            shipping: ShippingChoice { method: self.shipping.method.into_string(), fee: self.shipping.fee },
            tax: self.tax,
            payments,
            total: self.total,
            delivery: delivery(self.delivery)?,
            client: self.client.map(client),
            buyer_note: note(self.buyer_note),
            seller_note: note(self.seller_note),
            gift: self.gift.map(gift),
            invoice: self.invoice.map(invoice),
            metadata: self.metadata.unwrap_or_default().0,
        })
    }
}

fn text<const MAX: usize>(text: Option<Text<0, MAX>>) -> Option<String> {
    text.and_then(Text::filled)
}

fn note<const MAX: usize>(note: Option<Note<MAX>>) -> Option<String> {
    note.and_then(Note::filled)
}

fn at_most<T>(field: &str, items: &[T], max: usize) -> Result<(), FieldError> {
    if items.len() <= max {
        Ok(())
    } else {
        Err(FieldError::new(field, format!("must not have more than {max} entries")))
    }
}

/// One payment that is to bring all of it.
fn whole(payment: PaymentRequest, total: Money, order_id: &OrderId) -> DeclaredPayment {
    DeclaredPayment {
        provider: payment.provider,
        amount: total,
        collected_by_channel: payment.provider == Provider::Channel,
        status: DeclaredStatus::Due,
        channel_reference: None,
        paid_at: None,
        due_at: None,
        purpose: None,
        code: payment.code.map(Text::into_string),
        reference: PaymentReference::of(order_id, 1),
    }
}

fn declared(payments: Vec<DeclaredPaymentRequest>, order_id: &OrderId) -> Result<Vec<DeclaredPayment>, FieldError> {
    if payments.is_empty() {
        return Err(FieldError::new("payments", "must have at least one payment"));
    }
    at_most("payments", &payments, MAX_PAYMENTS)?;
    let convert = |(i, payment): (usize, DeclaredPaymentRequest)| {
        let status = payment.status.unwrap_or_default();
        let by_channel = payment.provider == Provider::Channel;
        if by_channel && payment.collected_by == Some(CollectedBy::Merchant) {
            return Err(FieldError::new(format!("payments[{i}].collected_by"), "must be channel for this provider"));
        }
        let collected_by_channel = match payment.collected_by {
            Some(who) => who == CollectedBy::Channel,
            None => by_channel || status != DeclaredStatus::Due,
        };
        Ok(DeclaredPayment {
            provider: payment.provider,
            amount: payment.amount,
            collected_by_channel,
            status,
            channel_reference: text(payment.reference),
            paid_at: plausible(&format!("payments[{i}].paid_at"), payment.paid_at)?,
            due_at: plausible(&format!("payments[{i}].due_at"), payment.due_at)?,
            purpose: payment.purpose,
            code: payment.code.map(Text::into_string),
            reference: PaymentReference::of(order_id, i + 1),
        })
    };
    payments.into_iter().enumerate().map(convert).collect()
}

fn line_of(i: usize, line: LineRequest) -> Result<Line, FieldError> {
    let taxes = line.taxes.unwrap_or_default();
    at_most(&format!("lines[{i}].taxes"), &taxes, 10)?;
    Ok(Line {
        line_id: LineId::number(i + 1),
        channel_line_id: text(line.channel_line_id),
        sku: line.sku,
        title: text(line.title),
        quantity: line.quantity,
        unit_price: line.unit_price,
        kind: line.kind.unwrap_or_default(),
        parent: text(line.parent),
        attributes: line.attributes.unwrap_or_default().0,
        discounts: discounts(&format!("lines[{i}].discounts"), line.discounts, 20)?,
        taxes: taxes
            .into_iter()
            .map(|tax| LineTax { code: tax.code.into_string(), rate: tax.rate.0, amount: tax.amount })
            .collect(),
    })
}

fn discounts(field: &str, discounts: Option<Vec<DiscountRequest>>, max: usize) -> Result<Vec<Discount>, FieldError> {
    let discounts = discounts.unwrap_or_default();
    at_most(field, &discounts, max)?;
    let convert = |discount: DiscountRequest| Discount {
        code: discount.code.into_string(),
        kind: discount.kind,
        amount: discount.amount,
        funded_by: text(discount.funded_by),
    };
    Ok(discounts.into_iter().map(convert).collect())
}

fn customer(customer: CustomerRequest) -> Customer {
    Customer {
        id: customer.id.into_string(),
        name: text(customer.name),
        email: customer.email.and_then(Email::filled),
        phone: text(customer.phone),
    }
}

fn address(field: &str, address: Option<AddressRequest>) -> Result<Option<Address>, FieldError> {
    let Some(address) = address else { return Ok(None) };
    let lines = address.lines.unwrap_or_default();
    at_most(&format!("{field}.lines"), &lines, 10)?;
    Ok(Some(Address {
        name: text(address.name),
        phone: text(address.phone),
        country: address.country.and_then(super::fields::Country::filled),
        region: text(address.region),
        city: text(address.city),
        district: text(address.district),
        town: text(address.town),
        lines: lines.into_iter().filter_map(Text::filled).collect(),
        postal_code: text(address.postal_code),
        masked: address.masked.unwrap_or_default(),
        channel_token: text(address.channel_token),
    }))
}

fn delivery(delivery: Option<DeliveryRequest>) -> Result<Delivery, FieldError> {
    let Some(delivery) = delivery else { return Ok(Delivery::default()) };
    if let Some(window) = &delivery.window {
        plausible("delivery.window.from", Some(window.from))?;
        plausible("delivery.window.to", Some(window.to))?;
    }
    Ok(Delivery {
        kind: delivery.kind.unwrap_or_default(),
        location_id: delivery.location_id,
        window: delivery.window.map(|window| TimeWindow { from: window.from, to: window.to }),
    })
}

fn client(client: ClientRequest) -> ClientDevice {
    ClientDevice { ip: client.ip.map(|ip| ip.0.to_string()), device_id: text(client.device_id) }
}

fn gift(gift: GiftRequest) -> Gift {
    Gift { message: note(gift.message), hide_prices: gift.hide_prices.unwrap_or_default() }
}

fn invoice(invoice: InvoiceRequest) -> Invoice {
    Invoice {
        kind: invoice.kind.into_string(),
        title_kind: text(invoice.title_kind),
        title: text(invoice.title),
        tax_id: text(invoice.tax_id),
        email: invoice.email.and_then(Email::filled),
    }
}
