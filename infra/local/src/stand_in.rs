//! What every stand-in for the outside world has: a port of loopback that it can leave and come back to, and books that its
//! handlers and the tests look into. It ends with whoever holds it.

use std::net::Ipv4Addr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::error::{LocalError, Result};

/// How long requests that it is at may take when it stops to listen.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// A port of 127.0.0.1 on which a stand-in answers.
#[derive(Debug)]
pub struct Port {
    number: u16,
    what: &'static str,
    app: Router,
    /// None while it does not listen.
    listening: Mutex<Option<Listening>>,
}

#[derive(Debug)]
struct Listening {
    task: JoinHandle<()>,
    stop: oneshot::Sender<()>,
}

impl Port {
    /// Listens on this port, or on a free one for 0. `what` says for whom, to those who read that it is taken.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn open(number: u16, what: &'static str, app: Router) -> Result<Self> {
        let listener = bind(number, what).await?;
        let number = listener.local_addr().map_err(LocalError::io(format!("starting {what}")))?.port();
        let listening = Mutex::new(Some(serve(listener, app.clone())));
        Ok(Self { number, what, app, listening })
    }

    /// Its address, for `--set`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.number)
    }

    /// Goes down: connections are refused until [`Port::listen_again`]. What it is at it still answers.
    pub async fn stop_listening(&self) {
        let Some(Listening { mut task, stop }) = self.listening().take() else { return };
        stop.send(()).ok();
        if tokio::time::timeout(LAST_WORDS, &mut task).await.is_err() {
            task.abort();
        }
    }

    /// Comes up again on the same port, with all that it remembered.
    ///
    /// # Errors
    /// Another program has taken the port.
    pub async fn listen_again(&self) -> Result<()> {
        let listener = bind(self.number, self.what).await?;
        *self.listening() = Some(serve(listener, self.app.clone()));
        Ok(())
    }

    fn listening(&self) -> MutexGuard<'_, Option<Listening>> {
        lock(&self.listening)
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        if let Some(listening) = self.listening().take() {
            listening.task.abort();
        }
    }
}

/// Books behind a lock; a handler that panicked has left them whole.
pub fn lock<T>(books: &Mutex<T>) -> MutexGuard<'_, T> {
    books.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn bind(port: u16, what: &str) -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| {
        LocalError::blocked(
            format!("port {port} on 127.0.0.1 is needed for {what} and cannot be used: {error}"),
            "stop the program that uses it",
        )
    })
}

fn serve(listener: TcpListener, app: Router) -> Listening {
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(async move {
        // Dropped without a word it ends as well; there is nobody to tell of an error before that.
        let until = async { stopped.await.unwrap_or(()) };
        axum::serve(listener, app).with_graceful_shutdown(until).await.ok();
    });
    Listening { task, stop }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use axum::Router;
    use axum::routing::get;

    use super::Port;
    use crate::http;

    #[tokio::test]
    async fn it_can_be_away_for_a_while() {
        let port = Port::open(0, "a test", Router::new().route("/", get(|| async { "here" }))).await.unwrap();
        let client = http::client().unwrap();
        let ask = || client.get(port.url()).send();
        assert_eq!(ask().await.unwrap().text().await.unwrap(), "here");
        port.stop_listening().await;
        assert!(ask().await.is_err());
        port.stop_listening().await;
        port.listen_again().await.unwrap();
        assert_eq!(ask().await.unwrap().text().await.unwrap(), "here");
        let number = port.url().rsplit(':').next().unwrap().parse().unwrap();
        let taken = Port::open(number, "another", Router::new()).await.unwrap_err();
        assert!(taken.to_string().contains("is needed for another"), "{taken}");
    }
}
