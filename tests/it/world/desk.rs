//! People at their desks: what waits for them, and their answers.

use serde_json::{Value, json};

use super::{Answer, World, eventually};

impl World {
    /// Every task that somebody sees, through all pages.
    pub async fn tasks(&self, who: &str, query: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(who, &format!("/v1/tasks?limit=100{query}{cursor}")).await.expect(200);
            all.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={}", escaped(next)),
                None => return all,
            }
        }
    }

    /// Waits for the task of this kind about an order (or whatever else its id or reason names) on somebody's desk.
    pub async fn task(&self, who: &str, kind: &str, about: &str) -> Value {
        eventually(&format!("a task {kind} about {about} for {who}"), async || {
            let tasks = self.tasks(who, &format!("&kind={kind}")).await;
            let found = tasks.iter().find(|task| is_about(task, about)).cloned();
            found.ok_or_else(|| format!("{} other tasks of this kind", tasks.len()))
        })
        .await
    }

    /// Waits until nothing of this kind waits any more.
    pub async fn no_task(&self, who: &str, kind: &str, about: &str) {
        eventually(&format!("no task {kind} about {about} for {who}"), async || {
            let tasks = self.tasks(who, &format!("&kind={kind}")).await;
            tasks.iter().find(|task| is_about(task, about)).map_or(Ok(()), |task| Err(task.to_string()))
        })
        .await;
    }

    /// Follows one of a task's answers as it stands there, adding what a person has to say.
    pub async fn follow(&self, who: &str, task: &Value, answer: &str, said: &Value) -> Answer {
        let answers = task["answers"].as_array().unwrap();
        let answer =
            answers.iter().find(|known| known["answer"] == answer).unwrap_or_else(|| panic!("{answer}: {task}"));
        let mut body = answer["body"].as_object().cloned().unwrap_or_default();
        body.extend(said.as_object().cloned().unwrap_or_default());
        let (method, path) = (answer["method"].as_str().unwrap(), answer["path"].as_str().unwrap());
        let mut request = self.request_by(who, method, path).json(&json!(body));
        if answer["idempotency_key"] == true {
            request = request.header("idempotency-key", self.number("key"));
        }
        Answer::to(request).await
    }
}

fn is_about(task: &Value, about: &str) -> bool {
    let says = |name: &str| task[name].as_str().is_some_and(|text| text.contains(about));
    task["order_id"] == about || says("task_id") || says("reason")
}

/// A cursor as part of a query. It is opaque, so anything may stand in it.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
