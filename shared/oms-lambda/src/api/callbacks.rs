//! Bodies that others define, as far as the document describes them. They are read where their signature is checked.

use jiff::Timestamp;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType};

use super::schema;

/// A payment provider's event, in the provider's own words.
#[derive(Debug)]
pub enum ProviderCallback {}

impl utoipa::PartialSchema for ProviderCallback {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().description(Some("The provider's event, exactly as it was signed.")).into()
    }
}

impl ToSchema for ProviderCallback {}

/// The answer to a payment provider, in its own manner.
#[derive(Debug)]
pub enum ProviderAnswer {}

impl utoipa::PartialSchema for ProviderAnswer {
    fn schema() -> RefOr<Schema> {
        let manners = "What the provider wants to read. Heard: `{\"received\":true}` for Stripe and PayPal, no body for \
            WeChat Pay, `success` for Alipay, `[accepted]` for Adyen. Refused: `{\"error\":…}` for Stripe, Adyen and PayPal, \
            `{\"code\":\"FAIL\",\"message\":…}` for WeChat Pay, `fail` for Alipay.";
        ObjectBuilder::new().schema_type(SchemaType::AnyValue).description(Some(manners)).into()
    }
}

impl ToSchema for ProviderAnswer {}

/// The `standard` carrier's event.
#[derive(Debug, ToSchema)]
pub struct CarrierCallback {
    /// The carrier's id of the event: it has its effect once.
    pub event_id: String,
    /// The parcel.
    #[schema(value_type = schema::TrackingNumber)]
    pub tracking_number: oms_domain::id::TrackingNumber,
    /// `in_transit`, `out_for_delivery`, `delivered`, `exception`, `lost` or `returned_to_sender`.
    pub status: String,
    /// When it happened.
    pub occurred_at: Timestamp,
}

/// The answer to a callback that was stored.
#[derive(Debug, ToSchema)]
pub struct CallbackAnswer {
    /// Always true.
    pub received: bool,
}

/// The answer to a callback that was not.
#[derive(Debug, ToSchema)]
pub struct CallbackRefusal {
    /// The stable name of what is wrong.
    pub error: String,
}

/// An OpenAPI document.
#[derive(Debug)]
pub enum OpenApiDocument {}

impl utoipa::PartialSchema for OpenApiDocument {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().description(Some("An OpenAPI 3.1 document.")).into()
    }
}

impl ToSchema for OpenApiDocument {}
