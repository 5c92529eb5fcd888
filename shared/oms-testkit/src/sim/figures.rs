//! Lives in numbers.

/// What a life came to, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Port calls.
    pub steps: u64,
    /// Calls that failed, by kind as in [`Fault::ALL`].
    pub faults: [u64; 6],
    /// Functions that ran out of time.
    pub killed: u64,
    /// Turns in which somebody else went first.
    pub turns: u64,
    /// Orders that were taken in.
    pub orders: u64,
    /// Commits.
    pub commits: u64,
    /// Messages, requests and batches that were handled.
    pub handled: u64,
    /// Messages that were put aside.
    pub put_aside: u64,
    /// Simulated seconds.
    pub seconds: u64,
}

impl Figures {
    /// Adds another life's.
    pub fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        for (sum, more) in self.faults.iter_mut().zip(other.faults) {
            *sum += more;
        }
        self.killed += other.killed;
        self.turns += other.turns;
        self.orders += other.orders;
        self.commits += other.commits;
        self.handled += other.handled;
        self.put_aside += other.put_aside;
        self.seconds += other.seconds;
    }
}
