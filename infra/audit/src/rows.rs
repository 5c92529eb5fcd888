//! The rows of one order's partition, read one by one.

use std::collections::BTreeMap;

use oms_aws::keys;
use oms_aws::rows::{G_LEDGER, G_TASK, G_TASK_SINCE, Item, NEWS, NO};
use oms_domain::event::CommitRecord;
use oms_domain::id::OrderId;
use oms_domain::task::Task;

use crate::item;
use crate::report::{Check, Violation};

/// Everything that one order's partition holds.
#[derive(Debug)]
pub struct OrderRows {
    /// The order, by the partition's name.
    pub id: OrderId,
    /// Its commits, as they follow one another in the partition.
    pub commits: Vec<StoredCommit>,
    /// Its open tasks by their row's place.
    pub tasks: BTreeMap<String, StoredTask>,
    /// Callbacks that came before it and were not applied yet.
    pub parked: u64,
    /// Rows of other kinds.
    pub others: u64,
    /// What could not be read.
    pub unreadable: Vec<Violation>,
}

/// A commit's row.
#[derive(Debug)]
pub struct StoredCommit {
    /// The number in its key.
    pub seq: Option<u64>,
    /// The number of its first event, beside the body.
    pub no: Option<i64>,
    /// Whether it is marked as news.
    pub news: bool,
    /// In which partition of the ledger it is.
    pub ledger: Option<String>,
    /// The commit.
    pub record: CommitRecord,
}

/// A task's row.
#[derive(Debug)]
pub struct StoredTask {
    /// The task.
    pub task: Task,
    /// Whose desk the index puts it on, and where.
    pub desk: (Option<String>, Option<String>),
}

impl OrderRows {
    /// None yet.
    #[must_use]
    pub fn new(id: OrderId) -> Self {
        Self { id, commits: Vec::new(), tasks: BTreeMap::new(), parked: 0, others: 0, unreadable: Vec::new() }
    }

    /// Takes the next row of the partition.
    pub fn add(&mut self, row: Item) {
        let place = item::place(&row).to_owned();
        let owned = |name| item::text(&row, name).map(str::to_owned);
        if place.starts_with(keys::COMMIT_PREFIX) {
            match item::body::<CommitRecord>(&row) {
                Ok(record) => {
                    let (seq, no) = (keys::seq_of(&place), item::number(&row, NO));
                    let (news, ledger) = (row.contains_key(NEWS), owned(G_LEDGER));
                    self.commits.push(StoredCommit { seq, no, news, ledger, record });
                }
                Err(what) => self.cannot_read(what),
            }
        } else if place.starts_with("T#") {
            match item::body::<Task>(&row) {
                Ok(task) => {
                    let desk = (owned(G_TASK), owned(G_TASK_SINCE));
                    self.tasks.insert(place, StoredTask { task, desk });
                }
                Err(what) => self.cannot_read(what),
            }
        } else if place.starts_with(keys::PARKED_PREFIX) {
            self.parked += 1;
        } else {
            self.others += 1;
        }
    }

    fn cannot_read(&mut self, what: String) {
        self.unreadable.push(Violation::new(Check::Unreadable, &self.id, what));
    }
}
