//! What is going on, told on standard error: a moving line on a terminal, plain lines elsewhere.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often the moving line is drawn.
const FRAME: Duration = Duration::from_millis(100);
const FRAMES: [&str; 4] = ["|", "/", "-", "\\"];

/// Tells the reader what is being done. Cheap to clone.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    mode: Mode,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Moving,
    Plain,
    Silent,
}

impl Progress {
    /// Moving on a terminal, plain lines otherwise.
    pub fn detect() -> Self {
        Self { mode: if std::io::stderr().is_terminal() { Mode::Moving } else { Mode::Plain } }
    }

    /// Tells nothing; for tests.
    pub fn silent() -> Self {
        Self { mode: Mode::Silent }
    }

    /// One line, at once, for work whose own output follows.
    pub fn say(&self, line: &str) {
        if self.mode != Mode::Silent {
            write_line(line);
        }
    }

    /// Begins a piece of work that takes a while.
    pub fn step(&self, what: &str) -> Step {
        let drawing = match self.mode {
            Mode::Silent => None,
            Mode::Plain => {
                write_line(&format!("{what} …"));
                None
            }
            Mode::Moving => Some(Drawing::start(what)),
        };
        Step { what: what.to_owned(), since: Instant::now(), drawing, silent: self.mode == Mode::Silent, ended: false }
    }
}

/// A piece of work under way. Dropped without [`Step::done`], it is shown as not finished.
#[derive(Debug)]
pub struct Step {
    what: String,
    since: Instant,
    drawing: Option<Drawing>,
    silent: bool,
    ended: bool,
}

impl Step {
    /// Shows how far it is; only on a terminal.
    pub fn note(&self, detail: &str) {
        if let Some(drawing) = &self.drawing
            && let Ok(mut current) = drawing.detail.lock()
        {
            detail.clone_into(&mut current);
        }
    }

    /// The work is finished, with what came of it.
    pub fn done(mut self, outcome: &str) {
        self.end(&format!("{}: {outcome}", self.what));
    }

    fn end(&mut self, line: &str) {
        if self.ended {
            return;
        }
        self.ended = true;
        if let Some(drawing) = self.drawing.take() {
            drawing.stop();
        }
        if !self.silent {
            write_line(&format!("{line} ({})", seconds(self.since.elapsed())));
        }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        let line = format!("{}: not finished", self.what);
        self.end(&line);
    }
}

#[derive(Debug)]
struct Drawing {
    detail: Arc<Mutex<String>>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Drawing {
    fn start(what: &str) -> Self {
        let detail = Arc::new(Mutex::new(String::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = {
            let (what, detail, stop) = (what.to_owned(), Arc::clone(&detail), Arc::clone(&stop));
            std::thread::spawn(move || draw(&what, &detail, &stop))
        };
        Self { detail, stop, thread }
    }

    fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        // The thread cannot panic in a way that matters here, and the line is erased either way.
        self.thread.join().ok();
        write_raw("\r\x1b[2K");
    }
}

fn draw(what: &str, detail: &Mutex<String>, stop: &AtomicBool) {
    let since = Instant::now();
    for frame in FRAMES.iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let shown = detail.lock().map(|text| text.clone()).unwrap_or_default();
        let detail = if shown.is_empty() { String::new() } else { format!(" · {shown}") };
        write_raw(&format!("\r\x1b[2K{frame} {what}{detail} ({})", seconds(since.elapsed())));
        std::thread::sleep(FRAME);
    }
}

/// Seconds with one decimal.
pub fn seconds(elapsed: Duration) -> String {
    format!("{}.{} s", elapsed.as_secs(), elapsed.subsec_millis() / 100)
}

fn write_line(line: &str) {
    write_raw(&format!("{line}\n"));
}

/// A closed standard error must not stop the work.
fn write_raw(text: &str) {
    let mut err = std::io::stderr().lock();
    err.write_all(text.as_bytes()).and_then(|()| err.flush()).ok();
}

#[cfg(test)]
mod tests {
    use super::{Duration, seconds};

    #[test]
    fn elapsed_time_has_one_decimal() {
        assert_eq!(seconds(Duration::from_millis(1_290)), "1.2 s");
        assert_eq!(seconds(Duration::from_secs(75)), "75.0 s");
    }
}
