//! Entries, and the journal that holds them.

use jiff::Timestamp;
use rollout::{Decision, Observed, Reason};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, pool};

/// The only version there is so far.
pub(crate) const VERSION: u64 = 1;

/// Which Rollout a journal is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Of {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid: another Rollout of the same name has another journal.
    #[serde(default)]
    pub uid: String,
}

/// The decisions over one Rollout, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Journal {
    pub(crate) version: u64,
    /// Whose decisions these are.
    pub rollout: Of,
    /// What entries refer to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) objects: Vec<Value>,
    pub(crate) entries: Vec<Entry>,
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Rises by one; the first entry that was ever written has 1.
    pub number: u64,
    /// When it was decided.
    pub time: Timestamp,
    /// Entries before this one that could not be written.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub missed: u32,
    /// Why the decision was carried out in part only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What was looked at: an [`Observed`].
    pub inputs: Value,
    /// What was decided: a [`Decision`].
    pub decision: Value,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes a reference
fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// What one pass saw and decided.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// What it saw.
    pub observed: &'a Observed,
    /// What it decided.
    pub decision: &'a Decision,
    /// When.
    pub time: Timestamp,
    /// Why that was carried out in part only.
    pub failure: Option<&'a str>,
    /// Records before this one that could not be written.
    pub missed: u32,
}

/// Whether a pass decided something that is worth an entry: an action, an event, a status, or other reasons than those
/// of the entry `before`.
pub fn is_news(decision: &Decision, before: Option<&[Reason]>) -> bool {
    !decision.actions.is_empty()
        || !decision.events.is_empty()
        || decision.status.is_some()
        || before.unwrap_or_default() != decision.because
}

impl Journal {
    /// An empty journal.
    pub fn new(rollout: Of) -> Self {
        Self { version: VERSION, rollout, objects: Vec::new(), entries: Vec::new() }
    }

    /// Adds an entry, and drops the oldest ones beyond `most`.
    pub fn append(&mut self, record: &Record<'_>, most: usize) {
        let number = self.entries.last().map_or(0, |entry| entry.number) + 1;
        let json = |value: Result<Value, serde_json::Error>| value.unwrap_or_default();
        let mut inputs = json(serde_json::to_value(record.observed));
        pool::take(&mut inputs, &mut self.objects);
        self.entries.push(Entry {
            number,
            time: record.time,
            missed: record.missed,
            failure: record.failure.map(str::to_owned),
            inputs,
            decision: json(serde_json::to_value(record.decision)),
        });
        self.drop_oldest(self.entries.len().saturating_sub(most.max(1)));
    }

    /// Drops entries, and the objects that no other refers to.
    pub(crate) fn drop_oldest(&mut self, count: usize) {
        if count > 0 {
            self.entries.drain(..count.min(self.entries.len()));
            pool::sweep(&mut self.objects, self.entries.iter_mut().map(|entry| &mut entry.inputs));
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries, oldest first, with every object in its place.
    pub fn entries(&self) -> Result<Vec<Entry>, Error> {
        let whole = |entry: &Entry| {
            let mut entry = entry.clone();
            let number = entry.number;
            pool::put_back(&mut entry.inputs, &self.objects)
                .map_err(|why| Error::Entry { number, why })
                .map(|()| entry)
        };
        self.entries.iter().map(whole).collect()
    }
}
