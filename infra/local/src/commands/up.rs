//! `cargo local up`.

use std::time::Instant;

use local_stack::error::Result;
use local_stack::layout::Layout;
use local_stack::progress::{Progress, seconds};
use local_stack::stack::{self, Options};
use local_stack::stack_file::StackFile;

pub(crate) async fn run(layout: &Layout, options: &Options, progress: Progress) -> Result<()> {
    let since = Instant::now();
    let up = stack::up(layout, options, progress).await?;
    let how = if up.changed { "is up" } else { "was up already, nothing had changed" };
    println!("The stack {how} ({}).\n", seconds(since.elapsed()));
    print(layout, &up.file)
}

/// The addresses and something to try.
fn print(layout: &Layout, file: &StackFile) -> Result<()> {
    let shown = layout.stack_file();
    let shown = shown.strip_prefix(layout.root()).unwrap_or(&shown);
    println!("  API      {}", file.api_url);
    println!("  Engine   {}", file.engine_url.as_deref().unwrap_or_default());
    println!("  Details  {} (credentials, queues, tables, state machines)", shown.display());
    println!("\nTry it:\n");
    println!("  curl -s {}/v1/orders \\", file.api_url);
    println!("    -H 'Authorization: Bearer {}' \\", file.token("storefront")?);
    println!("    -H \"Idempotency-Key: try-$(date +%s)\" -H 'Content-Type: application/json' \\");
    println!("    -d '{}'", example_order());
    println!(
        "\nThen `cargo local demo` to see whole lives, `cargo local logs --follow` to watch, `cargo local down` to stop."
    );
    Ok(())
}

/// Short, and new each time: a channel's order id names one order. The shell fills in the second.
fn example_order() -> String {
    r#"{"channel":"web","channel_order_id":"W-'$(date +%s)'","currency":"CNY",
      "customer":{"id":"c-1","name":"王芳","email":"wang@example.com","phone":"+8613800000000"},
      "shipping_address":{"name":"王芳","phone":"+8613800000000","country":"CN","region":"广东省","city":"深圳市","district":"南山区","lines":["科技园路1号"],"postal_code":"518000"},
      "lines":[{"sku":"TEE-M","title":"T恤 M","quantity":2,"unit_price":{"amount":"99.00","currency":"CNY"}}],
      "shipping":{"method":"standard","fee":{"amount":"8.00","currency":"CNY"}},
      "tax":{"amount":"0.00","currency":"CNY"},"payment":{"provider":"cod"},
      "total":{"amount":"206.00","currency":"CNY"}}"#
        .to_owned()
}
