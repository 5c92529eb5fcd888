//! The functions' logs, from the engine's CloudWatch Logs.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{LocalError, Result};
use crate::http;

/// One line that a function wrote.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Line {
    /// Milliseconds since 1970.
    pub at: i64,
    /// The function's folder name.
    pub function: String,
    /// What it wrote.
    pub message: String,
}

/// Reads the log groups below one prefix; each call of [`Logs::next`] gives what is new.
#[derive(Debug)]
pub struct Logs {
    client: reqwest::Client,
    engine_url: String,
    prefix: String,
    functions: Vec<String>,
    containing: Option<String>,
    since: HashMap<String, i64>,
    start: i64,
    /// Lines of the newest millisecond of each group: they are read again, since more of that millisecond may follow.
    seen: HashSet<Line>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    events: Vec<Event>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct Event {
    timestamp: i64,
    message: String,
}

impl Logs {
    /// For the engine at this address, from this time on (milliseconds since 1970). `prefix` is the stack's output
    /// `FunctionLogPrefix`; `functions` may name some of them, empty for all; `containing` filters by text.
    ///
    /// # Errors
    /// A client cannot be made.
    pub fn new(
        engine_url: &str,
        prefix: &str,
        start: i64,
        functions: &[String],
        containing: Option<&str>,
    ) -> Result<Self> {
        Ok(Self {
            client: http::root_client("logs")?,
            engine_url: engine_url.to_owned(),
            prefix: prefix.to_owned(),
            functions: functions.to_vec(),
            containing: containing.map(str::to_owned),
            since: HashMap::new(),
            start,
            seen: HashSet::new(),
        })
    }

    /// What has been written since the last call, oldest first.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn next(&mut self) -> Result<Vec<Line>> {
        let mut fresh = BTreeSet::new();
        for group in self.groups().await? {
            let function = group.trim_start_matches(&self.prefix).to_owned();
            if !self.functions.is_empty() && !self.functions.contains(&function) {
                continue;
            }
            let since = self.since.get(&group).copied().unwrap_or(self.start);
            for event in self.events(&group, since).await? {
                let line = Line { at: event.timestamp, function: function.clone(), message: event.message };
                if is_of_the_engine(&line.message) || self.seen.contains(&line) {
                    continue;
                }
                self.since.entry(group.clone()).and_modify(|at| *at = line.at.max(*at)).or_insert(line.at);
                fresh.insert(line);
            }
        }
        let newest = &self.since;
        let prefix = &self.prefix;
        let is_newest = |line: &Line| newest.get(&format!("{prefix}{}", line.function)) == Some(&line.at);
        self.seen.retain(|line| is_newest(line));
        self.seen.extend(fresh.iter().filter(|line| is_newest(line)).cloned());
        Ok(fresh.into_iter().collect())
    }

    async fn groups(&self) -> Result<Vec<String>> {
        let answer = self.call("DescribeLogGroups", &json!({ "logGroupNamePrefix": self.prefix })).await?;
        let groups = answer.get("logGroups").and_then(Value::as_array).cloned().unwrap_or_default();
        Ok(groups.iter().filter_map(|group| group.get("logGroupName")?.as_str().map(str::to_owned)).collect())
    }

    async fn events(&self, group: &str, since: i64) -> Result<Vec<Event>> {
        let mut events = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let mut request = json!({ "logGroupName": group, "startTime": since });
            if let Some(object) = request.as_object_mut() {
                if let Some(text) = &self.containing {
                    object.insert("filterPattern".to_owned(), json!(format!("\"{text}\"")));
                }
                if let Some(token) = &token {
                    object.insert("nextToken".to_owned(), json!(token));
                }
            }
            let answer = self.call("FilterLogEvents", &request).await?;
            let page: Page = serde_json::from_value(answer).map_err(LocalError::engine("reading the logs"))?;
            events.extend(page.events);
            if page.next_token.is_none() || page.next_token == token {
                return Ok(events);
            }
            token = page.next_token;
        }
    }

    /// As plain requests: the client library for logs is one of the largest, and would switch on features of the AWS runtime
    /// that no function needs, in every function.
    async fn call(&self, operation: &str, request: &Value) -> Result<Value> {
        let context = format!("asking the engine for {operation}");
        let answer = self
            .client
            .post(&self.engine_url)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("Logs_20140328.{operation}"))
            .body(request.to_string())
            .send()
            .await
            .map_err(LocalError::engine(context.clone()))?;
        let status = answer.status();
        let text = answer.text().await.map_err(LocalError::engine(context.clone()))?;
        if !status.is_success() {
            return Err(LocalError::call(context, format!("{status} {text}")));
        }
        serde_json::from_str(&text).map_err(LocalError::engine(context))
    }
}

/// Lines about the invocation rather than from the function.
fn is_of_the_engine(message: &str) -> bool {
    ["START RequestId: ", "END RequestId: ", "REPORT RequestId: "].iter().any(|start| message.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::is_of_the_engine;

    #[test]
    fn only_what_the_function_wrote_is_shown() {
        assert!(is_of_the_engine("REPORT RequestId: 05ce7602 Duration: 114 ms"));
        assert!(!is_of_the_engine(r#"{"level":"INFO","message":"order committed"}"#));
    }
}
