//! Names of AWS services, from what a request carries. Pure.

/// Service and operation of an `X-Amz-Target` header.
pub fn of(target: &str) -> Option<(&'static str, String)> {
    let (prefix, operation) = target.rsplit_once('.')?;
    let service = match prefix {
        "DynamoDB_20120810" => "DynamoDB",
        "AmazonSQS" => "SQS",
        "AWSStepFunctions" => "StepFunctions",
        "AWSEvents" => "EventBridge",
        "secretsmanager" => "SecretsManager",
        _ => "other",
    };
    Some((service, operation.to_owned()))
}

/// The path within the API, from one that the engine serves: `/_aws/execute-api/<api>/v1/orders`.
pub fn api_path(path: &str) -> &str {
    let inner = path.strip_prefix("/_aws/execute-api/").and_then(|rest| rest.find('/').and_then(|at| rest.get(at..)));
    inner.unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::{api_path, of};

    #[test]
    fn operations_are_named() {
        assert_eq!(of("DynamoDB_20120810.PutItem"), Some(("DynamoDB", "PutItem".to_owned())));
        assert_eq!(of("AWSStepFunctions.StartSyncExecution"), Some(("StepFunctions", "StartSyncExecution".to_owned())));
        assert_eq!(of("nothing"), None);
    }

    #[test]
    fn the_engines_prefix_is_taken_away() {
        assert_eq!(api_path("/_aws/execute-api/abc/v1/orders"), "/v1/orders");
        assert_eq!(api_path("/v1/orders"), "/v1/orders");
    }
}
