//! The engine's own API, for the accidents that a client of the shop cannot cause: lost messages, stopped consumers, broken
//! workflows. The requests are AWS's own JSON ones, in the name of the account's root.

use std::time::Duration;

use local_stack::clients::Clients;
use local_stack::stack_file::StackFile;
use local_stack::{http, redrive};
use serde_json::{Value, json};

use crate::world::eventually;

/// The engine behind a local stack.
pub struct Engine {
    client: reqwest::Client,
    url: String,
    stack: StackFile,
    aws: Clients,
}

/// What calls a function by itself.
#[derive(Clone, Copy, Debug)]
pub enum Consumer {
    /// The dispatcher, fed by the stimuli queue.
    Dispatcher,
    /// The publisher, fed by the table's stream.
    Publisher,
}

impl Consumer {
    /// Part of the name of its source.
    fn source(self) -> &'static str {
        match self {
            Self::Dispatcher => "StimuliQueue",
            Self::Publisher => "/stream/",
        }
    }
}

impl Engine {
    pub fn new(stack: &StackFile) -> Self {
        let url = stack.engine_url.clone().unwrap_or_default();
        Self { client: http::root_client("lambda").unwrap(), aws: Clients::new(&url), url, stack: stack.clone() }
    }

    /// One call, such as `AmazonSQS.SendMessage`.
    pub async fn call(&self, target: &str, body: &Value) -> Value {
        self.calling(target, body).await.unwrap_or_else(|error| panic!("{target}: {error}"))
    }

    async fn calling(&self, target: &str, body: &Value) -> Result<Value, reqwest::Error> {
        let request = self.client.post(&self.url).header("x-amz-target", target);
        let request = request.header("content-type", "application/x-amz-json-1.0").body(body.to_string());
        let text = request.send().await?.error_for_status()?.text().await?;
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// The sweep, now, as the schedule calls it once a minute; its report.
    pub async fn sweep(&self) -> Value {
        self.sweep_within(Duration::from_secs(60)).await.unwrap()
    }

    /// The same, if it answers in time: it does not if it is killed.
    pub async fn sweep_within(&self, patience: Duration) -> Result<Value, reqwest::Error> {
        let name = &self.stack.outputs["TimersFunctionName"];
        let url = format!("{}/2015-03-31/functions/{name}/invocations", self.url);
        self.client.post(url).body("{}").timeout(patience).send().await?.json().await
    }

    /// Stops a consumer, and waits until nothing that it took before is still at work.
    pub async fn stop(&self, consumer: Consumer) {
        self.pause(consumer).await;
        self.until_idle().await;
    }

    /// Stops a consumer; what it has taken it still finishes.
    pub async fn pause(&self, consumer: Consumer) {
        self.enable(consumer, false).await;
    }

    /// Lets it go on.
    pub async fn resume(&self, consumer: Consumer) {
        self.enable(consumer, true).await;
    }

    async fn enable(&self, consumer: Consumer, enabled: bool) {
        let url = format!("{}/2015-03-31/event-source-mappings/", self.url);
        let all: Value = self.client.get(&url).send().await.unwrap().json().await.unwrap();
        let all = all["EventSourceMappings"].as_array().unwrap();
        let fits = |mapping: &&Value| mapping["EventSourceArn"].as_str().unwrap().contains(consumer.source());
        let id = all.iter().find(fits).unwrap()["UUID"].as_str().unwrap();
        let body = json!({ "Enabled": enabled }).to_string();
        let answer = self.client.put(format!("{url}{id}")).body(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// Waits until no message is at work.
    pub async fn until_idle(&self) {
        let queue = self.stimuli().to_owned();
        eventually("the stimuli queue has nothing at work", async || match self.depth(&queue).await {
            [_, 0, _] => Ok(()),
            depth => Err(format!("{depth:?}")),
        })
        .await;
    }

    /// Waits until every message that can be worked on was.
    pub async fn until_done(&self) {
        let queue = self.stimuli().to_owned();
        eventually("the stimuli queue is worked off", async || match self.depth(&queue).await {
            [0, 0, _] => Ok(()),
            depth => Err(format!("{depth:?}")),
        })
        .await;
    }

    /// Messages that a queue shows, is working on and holds back.
    pub async fn depth(&self, queue: &str) -> [u32; 3] {
        redrive::depth(&self.aws.sqs, queue).await.unwrap()
    }

    /// The queue that makes orders go on.
    pub fn stimuli(&self) -> &str {
        &self.stack.queues["stimuli"]
    }

    /// Where its failures end.
    pub fn dead_letters(&self) -> &str {
        &self.stack.dead_letter_queues["stimuli"]
    }

    /// Puts a message into a queue.
    pub async fn send(&self, queue: &str, body: &str) {
        self.call("AmazonSQS.SendMessage", &json!({ "QueueUrl": queue, "MessageBody": body })).await;
    }

    /// Loses everything in a queue.
    pub async fn purge(&self, queue: &str) {
        self.call("AmazonSQS.PurgeQueue", &json!({ "QueueUrl": queue })).await;
    }

    /// The bodies in a queue, which stay there.
    pub async fn peek(&self, queue: &str) -> Vec<String> {
        let request = json!({ "QueueUrl": queue, "MaxNumberOfMessages": 10, "VisibilityTimeout": 0 });
        let answer = self.call("AmazonSQS.ReceiveMessage", &request).await;
        let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
        messages.iter().filter_map(|message| message["Body"].as_str().map(str::to_owned)).collect()
    }

    /// All bodies in a queue, which stay there: each is hidden for a moment, so that the next call shows others.
    pub async fn peek_all(&self, queue: &str) -> Vec<String> {
        let mut all = Vec::new();
        loop {
            // Without waiting for more: what was hidden would show again meanwhile, and the reading would never end.
            let request = json!({
                "QueueUrl": queue, "MaxNumberOfMessages": 10, "VisibilityTimeout": 2, "WaitTimeSeconds": 0,
            });
            let answer = self.call("AmazonSQS.ReceiveMessage", &request).await;
            let Some(messages) = answer["Messages"].as_array().filter(|messages| !messages.is_empty()) else { break };
            all.extend(messages.iter().filter_map(|message| message["Body"].as_str().map(str::to_owned)));
        }
        // They show again, so that whoever counts or moves them sees all.
        tokio::time::sleep(Duration::from_millis(2100)).await;
        all
    }

    /// `cargo local redrive stimuli`: how many messages went back.
    pub async fn redrive(&self) -> u32 {
        redrive::redrive(&self.aws.sqs, &self.stack, Some("stimuli")).await.unwrap()[0].moved
    }

    /// Runs a workflow for an order, as the dispatcher does; how it ended.
    pub async fn run(&self, workflow: &str, order_id: &str) -> String {
        let answer = self.call("AWSStepFunctions.StartSyncExecution", &self.execution(workflow, order_id)).await;
        answer["status"].as_str().unwrap().to_owned()
    }

    /// Starts it and hangs up without waiting for the end. True if it had not ended by then.
    pub async fn run_and_hang_up(&self, workflow: &str, order_id: &str, after: Duration) -> bool {
        let execution = self.execution(workflow, order_id);
        let call = self.calling("AWSStepFunctions.StartSyncExecution", &execution);
        tokio::time::timeout(after, call).await.is_err()
    }

    fn execution(&self, workflow: &str, order_id: &str) -> Value {
        let input = json!({ "order_id": order_id }).to_string();
        json!({ "stateMachineArn": self.stack.state_machines[workflow], "input": input })
    }

    /// A workflow's definition.
    pub async fn definition(&self, workflow: &str) -> String {
        let arn = &self.stack.state_machines[workflow];
        let machine = self.call("AWSStepFunctions.DescribeStateMachine", &json!({ "stateMachineArn": arn })).await;
        machine["definition"].as_str().unwrap().to_owned()
    }

    /// Deploys another definition.
    pub async fn define(&self, workflow: &str, definition: &str) {
        let body = json!({ "stateMachineArn": self.stack.state_machines[workflow], "definition": definition });
        self.call("AWSStepFunctions.UpdateStateMachine", &body).await;
    }

    /// Every function's configuration.
    pub async fn functions(&self) -> Vec<Value> {
        let url = format!("{}/2015-03-31/functions/", self.url);
        let all: Value = self.client.get(url).send().await.unwrap().json().await.unwrap();
        all["Functions"].as_array().unwrap().clone()
    }

    /// The event bus.
    pub fn bus(&self) -> &str {
        &self.stack.outputs["EventBusName"]
    }

    /// A secret's text, by the name of the template's parameter for it without `SecretArn`.
    pub async fn secret(&self, name: &str) -> String {
        let body = json!({ "SecretId": format!("waybill/local/{name}") });
        self.call("secretsmanager.GetSecretValue", &body).await["SecretString"].as_str().unwrap().to_owned()
    }
}
