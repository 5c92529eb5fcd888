//! A report as Markdown, which reads well on a terminal and goes into `docs/costs.md` as it is. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rust_decimal::Decimal;

use super::bill::Service;
use super::report::{PathReport, Report};

/// One line for each path.
pub fn summary(report: &Report) -> String {
    let Report { functions, stored, prices, paths, .. } = report;
    let overview = overview(paths);
    format!("Functions: {functions}. Orders stored beforehand: {stored}. Prices: {prices}.\n\n{overview}")
}

/// All tables.
pub fn render(report: &Report) -> String {
    let mut text = summary(report);
    let paths = &report.paths;
    for path in paths {
        let _infallible = writeln!(text, "\n### {}: where each cent goes\n", path.title);
        text.push_str(&by_step(path));
    }
    if let Some(reference) = paths.first() {
        let _infallible = writeln!(text, "\n### {}: by function and call\n", reference.title);
        text.push_str(&by_function(reference, &report.cpu_ms));
        text.push('\n');
        text.push_str(&two_columns(("call", "per order"), &reference.calls));
        text.push('\n');
        text.push_str(&two_columns(("written", "units per order"), &reference.writes));
        text.push('\n');
        text.push_str(&two_columns(("read", "units per order"), &reference.reads));
    }
    let _infallible = writeln!(text, "\n### By the month, whatever comes\n");
    text.push_str(&two_columns(("for", "dollars"), &report.monthly.dollars));
    text
}

/// One line for each path.
fn overview(paths: &[PathReport]) -> String {
    let mut rows = Vec::new();
    for path in paths {
        let total = &path.total;
        let mut row = vec![path.title.to_owned()];
        let figures = [
            total.http,
            total.invocations,
            total.calls,
            total.executions,
            total.writes,
            total.reads,
            total.queue_requests,
            total.events,
        ];
        row.extend(figures.map(shown));
        row.push(shown((total.log_bytes / Decimal::from(1024)).round_dp(1)));
        row.push(money(total.dollars_per_million));
        rows.push(row);
    }
    let header = [
        "per order",
        "HTTP",
        "invocations",
        "AWS calls",
        "executions",
        "write units",
        "read units",
        "queue requests",
        "events",
        "log KB",
        "$ per million",
    ];
    markdown(&header, &rows)
}

/// Services across, steps down.
fn by_step(path: &PathReport) -> String {
    let used: Vec<&str> = Service::ALL
        .iter()
        .map(|service| service.name())
        .filter(|name| path.total.dollars.get(name).is_some_and(|amount| !amount.is_zero()))
        .collect();
    let mut header = vec!["$ per million", "write units"];
    header.extend(&used);
    header.push("sum");
    let row = |name: &str, writes: Decimal, dollars: &BTreeMap<&'static str, Decimal>, sum: Decimal| {
        let mut row = vec![name.to_owned(), shown(writes)];
        row.extend(used.iter().map(|service| money(dollars.get(service).copied().unwrap_or_default())));
        row.push(money(sum));
        row
    };
    let mut rows: Vec<Vec<String>> = path
        .steps
        .iter()
        .map(|step| row(&step.name, step.figures.writes, &step.figures.dollars, step.figures.dollars_per_million))
        .collect();
    let total = &path.total;
    rows.push(row("**all**", total.writes, &total.dollars, total.dollars_per_million));
    let mut text = markdown(&header, &rows);
    let _infallible = writeln!(
        text,
        "\n{} bytes stay in the tables. Index entries written by transactions: {} units, counted once. Answers as traffic to the \
         internet: ${} per million more.",
        total.stored_bytes.round(),
        shown(total.index_writes_of_transactions),
        money(total.transfer_per_million)
    );
    text
}

fn by_function(path: &PathReport, cpu: &BTreeMap<String, Decimal>) -> String {
    let rows: Vec<Vec<String>> = path
        .invocations
        .iter()
        .map(|(function, count)| {
            let of = |map: &BTreeMap<String, Decimal>| map.get(function).copied().unwrap_or_default();
            vec![function.clone(), shown(*count), shown(of(cpu).round_dp(2)), shown(of(&path.billed_ms).round_dp(1))]
        })
        .collect();
    markdown(&["function", "invocations per order", "CPU ms each", "billed ms per order"], &rows)
}

fn two_columns<K: AsRef<str>>((name, value): (&str, &str), map: &BTreeMap<K, Decimal>) -> String {
    let rows: Vec<Vec<String>> =
        map.iter().map(|(key, number)| vec![key.as_ref().to_owned(), shown(number.round_dp(3))]).collect();
    markdown(&[name, value], &rows)
}

/// A table whose first column is text and whose others are numbers.
pub fn markdown(header: &[&str], rows: &[Vec<String>]) -> String {
    let widths: Vec<usize> = header
        .iter()
        .enumerate()
        .map(|(at, title)| {
            let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count());
            cells.chain([title.chars().count(), 3]).max().unwrap_or(3)
        })
        .collect();
    let line = |cells: &[String]| {
        let padded = cells
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(at, (cell, width))| if at == 0 { format!("{cell:width$}") } else { format!("{cell:>width$}") });
        format!("| {} |\n", padded.collect::<Vec<_>>().join(" | "))
    };
    let titles: Vec<String> = header.iter().map(|title| (*title).to_owned()).collect();
    let rule: Vec<String> = widths
        .iter()
        .enumerate()
        .map(|(at, width)| if at == 0 { "-".repeat(*width) } else { format!("{}:", "-".repeat(width - 1)) })
        .collect();
    let mut text = line(&titles) + &line(&rule);
    for row in rows {
        text.push_str(&line(row));
    }
    text
}

fn shown(number: Decimal) -> String {
    number.round_dp(3).normalize().to_string()
}

fn money(amount: Decimal) -> String {
    format!("{:.2}", amount.round_dp(2))
}

#[cfg(test)]
mod tests {
    use super::markdown;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let table = markdown(&["what", "n"], &[vec!["a longer cell".to_owned(), "1".to_owned()]]);
        assert_eq!(table, "| what          |   n |\n| ------------- | --: |\n| a longer cell |   1 |\n");
    }
}
