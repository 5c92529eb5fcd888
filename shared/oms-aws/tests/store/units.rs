//! What calls cost, by what DynamoDB says that it consumed.
