//! `cargo local status`.

use std::collections::BTreeMap;

use local_stack::clients::Clients;
use local_stack::error::Result;
use local_stack::layout::Layout;
use local_stack::stack_file::StackFile;
use local_stack::{deploy, engine, http, redrive};
use serde_json::Value;

pub(crate) async fn run(layout: &Layout) -> Result<()> {
    let Some(state) = engine::running(layout).await else {
        println!("No stack is up. `cargo local up` starts one.");
        return Ok(());
    };
    println!("Engine   {} (process {})", state.url(), state.pid);
    let clients = Clients::new(&state.url());
    let status = deploy::status(&clients.cloudformation).await?;
    println!("Stack    {} {}", deploy::STACK_NAME, status.as_deref().unwrap_or("not deployed"));
    if let Some(deployed) = &state.deployed {
        for (key, value) in deployed.settings.chosen() {
            println!("         {key} = {value}");
        }
    }
    if !layout.stack_file().is_file() {
        println!("The deployment did not come to its end; `cargo local up` goes on with it.");
        return Ok(());
    }
    let file = StackFile::read(&layout.stack_file())?;
    println!("API      {}", file.api_url);
    println!("\n{:32} {:>8} {:>10} {:>8}", "Queue", "waiting", "in work", "delayed");
    for (name, url) in &file.queues {
        print_depth(name, redrive::depth(&clients.sqs, url).await?);
    }
    for (name, url) in &file.dead_letter_queues {
        print_depth(&format!("{name} (dead letters)"), redrive::depth(&clients.sqs, url).await?);
    }
    print_tasks(&file).await
}

fn print_depth(name: &str, [waiting, working, delayed]: [u32; 3]) {
    println!("{name:32} {waiting:>8} {working:>10} {delayed:>8}");
}

/// What waits for a person, by kind.
async fn print_tasks(file: &StackFile) -> Result<()> {
    let answer = http::client()?
        .get(format!("{}/v1/tasks?limit=100", file.api_url))
        .bearer_auth(file.token("manager")?)
        .send()
        .await;
    let tasks = match answer {
        Ok(answer) if answer.status().is_success() => answer.json::<Value>().await.ok(),
        Ok(answer) => {
            println!("\nTasks: the API answers {}", answer.status());
            return Ok(());
        }
        Err(error) => {
            println!("\nTasks: the API does not answer: {error}");
            return Ok(());
        }
    };
    let tasks = tasks.as_ref().and_then(|page| page.get("items")?.as_array()).cloned().unwrap_or_default();
    let mut kinds: BTreeMap<&str, u32> = BTreeMap::new();
    for task in &tasks {
        *kinds.entry(task.get("kind").and_then(Value::as_str).unwrap_or("other")).or_default() += 1;
    }
    println!("\nTasks that wait for a person: {}", if kinds.is_empty() { "none" } else { "" });
    for (kind, count) in kinds {
        println!("  {kind}: {count}");
    }
    Ok(())
}
