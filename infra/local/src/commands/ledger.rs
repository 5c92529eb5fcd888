//! `cargo local ledger`: the books as CSV, fetched page by page and printed as they come, so that a day may be of any size.

use std::io::Write;

use local_stack::error::{LocalError, Result};
use local_stack::http;
use local_stack::layout::Layout;
use reqwest::header::{ACCEPT, LINK};

use crate::cli::LedgerArgs;

const WHAT: &str = "reading the ledger";

pub(crate) async fn run(layout: &Layout, args: &LedgerArgs) -> Result<()> {
    let (_, stack) = super::running(layout).await?;
    let (client, token) = (http::client()?, stack.token("finance")?);
    let mut out = std::io::stdout().lock();
    let mut page = Some(args.path());
    let mut first = true;
    while let Some(path) = page {
        let request = client.get(format!("{}{path}", stack.api_url)).bearer_auth(token).header(ACCEPT, "text/csv");
        let answer = request.send().await.map_err(LocalError::engine(WHAT))?;
        page = answer.headers().get(LINK).and_then(|link| link.to_str().ok()).and_then(target).map(str::to_owned);
        let status = answer.status();
        let text = answer.text().await.map_err(LocalError::engine(WHAT))?;
        if !status.is_success() {
            return Err(LocalError::call(WHAT, format!("{status} {text}")));
        }
        let lines = if first { &text } else { without_header(&text) };
        out.write_all(lines.as_bytes()).map_err(LocalError::io("printing the ledger"))?;
        first = false;
    }
    out.flush().map_err(LocalError::io("printing the ledger"))
}

/// Where a `Link` of the API leads.
fn target(link: &str) -> Option<&str> {
    let (target, relation) = link.strip_prefix('<')?.split_once('>')?;
    relation.contains("rel=\"next\"").then_some(target)
}

/// A page behind the first, to be put behind it.
fn without_header(page: &str) -> &str {
    page.split_once("\r\n").map_or("", |(_, lines)| lines)
}

#[cfg(test)]
mod tests {
    use super::{target, without_header};

    #[test]
    fn pages_become_one() {
        assert_eq!(
            target("</v1/ledger?date=2026-11-11&cursor=abc>; rel=\"next\""),
            Some("/v1/ledger?date=2026-11-11&cursor=abc")
        );
        for other in ["", "<x", "</v1/ledger>; rel=\"prev\""] {
            assert_eq!(target(other), None, "{other}");
        }
        assert_eq!(without_header("at,order_id\r\n1,2\r\n3,4\r\n"), "1,2\r\n3,4\r\n");
        assert_eq!(without_header("at,order_id\r\n"), "");
    }
}
