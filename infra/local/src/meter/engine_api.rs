//! Questions of the meter's own, past the functions and past the proxy: nothing of this is counted.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::DeflateDecoder;
use serde_json::{Value, json};

use super::counts::LogLine;
use crate::error::{LocalError, Result};
use crate::http;

/// The engine's own API.
#[derive(Clone, Debug)]
pub struct EngineApi {
    client: reqwest::Client,
    url: String,
}

impl EngineApi {
    /// Of the engine at this address.
    ///
    /// # Errors
    /// A client cannot be made.
    pub fn new(url: &str) -> Result<Self> {
        Ok(Self { client: http::root_client("lambda")?, url: url.to_owned() })
    }

    /// One call, such as `DynamoDB_20120810.GetItem`.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn call(&self, target: &str, request: &Value) -> Result<Value> {
        let context = format!("asking the engine for {target}");
        let request = self
            .client
            .post(&self.url)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", target)
            .body(request.to_string());
        http::answer(&context, request).await
    }

    /// What the commits of an order say, as JSON texts, read consistently.
    ///
    /// # Errors
    /// The engine refuses, or a commit's content cannot be read.
    pub async fn commits_of(&self, orders_table: &str, order_id: &str) -> Result<Vec<String>> {
        let request = json!({
            "TableName": orders_table,
            "KeyConditionExpression": "pk = :order AND begins_with(sk, :commit)",
            "ExpressionAttributeValues": { ":order": { "S": format!("O#{order_id}") }, ":commit": { "S": "E#" } },
            "ConsistentRead": true,
        });
        let answer = self.call("DynamoDB_20120810.Query", &request).await?;
        let rows = answer.get("Items").and_then(Value::as_array).into_iter().flatten();
        rows.filter_map(|row| row.get("body")).map(content).collect()
    }

    /// Invokes a function and waits for its answer.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn invoke(&self, function: &str) -> Result<Value> {
        let url = format!("{}/2015-03-31/functions/{function}/invocations", self.url);
        http::answer(&format!("invoking {function}"), self.client.post(url).body("{}")).await
    }

    /// Stops every schedule: what comes by the clock would come into the middle of something else.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn pause_schedules(&self) -> Result<()> {
        let all = self.call("AWSEvents.ListRules", &json!({})).await?;
        let rules = all.get("Rules").and_then(Value::as_array).cloned().unwrap_or_default();
        for rule in rules.iter().filter(|rule| rule.get("ScheduleExpression").is_some()) {
            self.call("AWSEvents.DisableRule", &json!({ "Name": rule.get("Name") })).await?;
        }
        Ok(())
    }

    /// Stops a stream's function. What comes meanwhile stays in the stream.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn pause_stream(&self) -> Result<()> {
        for mapping in self.streams().await? {
            let request = self.client.put(self.mapping(&mapping)).body(json!({ "Enabled": false }).to_string());
            http::answer("changing an event source", request).await?;
        }
        Ok(())
    }

    /// Lets a stream's function go on with what comes from now on, past all that is in the stream already: its mapping is made anew.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn skip_stream(&self) -> Result<()> {
        for mut mapping in self.streams().await? {
            http::answer("removing an event source", self.client.delete(self.mapping(&mapping))).await?;
            if let Some(object) = mapping.as_object_mut() {
                object.insert("FunctionName".to_owned(), object.get("FunctionArn").cloned().unwrap_or_default());
                object.insert("StartingPosition".to_owned(), json!("LATEST"));
                object.insert("Enabled".to_owned(), json!(true));
                for made in
                    ["UUID", "FunctionArn", "State", "StateTransitionReason", "LastModified", "LastProcessingResult"]
                {
                    object.remove(made);
                }
            }
            let request = self.client.post(self.mapping(&Value::Null)).body(mapping.to_string());
            http::answer("making an event source", request).await?;
        }
        Ok(())
    }

    async fn streams(&self) -> Result<Vec<Value>> {
        let all = http::answer("listing event sources", self.client.get(self.mapping(&Value::Null))).await?;
        let list = all.get("EventSourceMappings").and_then(Value::as_array).cloned().unwrap_or_default();
        let is_stream = |mapping: &Value| {
            mapping.get("EventSourceArn").and_then(Value::as_str).is_some_and(|arn| arn.contains("/stream/"))
        };
        Ok(list.into_iter().filter(is_stream).collect())
    }

    fn mapping(&self, mapping: &Value) -> String {
        let id = mapping.get("UUID").and_then(Value::as_str).unwrap_or_default();
        format!("{}/2015-03-31/event-source-mappings/{id}", self.url)
    }

    /// The log lines of every function since a time.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn log_lines(&self, prefix: &str, since: i64) -> Result<Vec<LogLine>> {
        let mut lines = Vec::new();
        let groups = self.call("Logs_20140328.DescribeLogGroups", &json!({ "logGroupNamePrefix": prefix })).await?;
        let groups = groups.get("logGroups").and_then(Value::as_array).cloned().unwrap_or_default();
        for group in groups.iter().filter_map(|group| group.get("logGroupName")?.as_str()) {
            let mut token: Option<Value> = None;
            loop {
                let mut request = json!({ "logGroupName": group, "startTime": since });
                if let (Some(object), Some(token)) = (request.as_object_mut(), token.take()) {
                    object.insert("nextToken".to_owned(), token);
                }
                let page = self.call("Logs_20140328.FilterLogEvents", &request).await?;
                let events = page.get("events").and_then(Value::as_array).into_iter().flatten();
                lines.extend(events.filter_map(|event| {
                    Some(LogLine {
                        at: event.get("timestamp")?.as_i64()?,
                        function: group.trim_start_matches(prefix).to_owned(),
                        text: event.get("message")?.as_str()?.to_owned(),
                    })
                }));
                token = page.get("nextToken").filter(|token| !token.is_null()).cloned();
                if token.is_none() {
                    break;
                }
            }
        }
        Ok(lines)
    }
}

/// A commit's content: JSON, deflated if it is long (`docs/tables.md`).
fn content(body: &Value) -> Result<String> {
    let text = |key| body.get(key).and_then(Value::as_str);
    let Some(packed) = text("B") else { return Ok(text("S").unwrap_or_default().to_owned()) };
    let packed = STANDARD.decode(packed).map_err(LocalError::engine("reading a commit"))?;
    let mut json = String::new();
    DeflateDecoder::new(packed.as_slice()).read_to_string(&mut json).map_err(LocalError::engine("reading a commit"))?;
    Ok(json)
}
