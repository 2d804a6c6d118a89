//! Decision journals: what each pass decided, written beside its Rollout when the controller is asked to.
//!
//! Best effort, like events: a pass hands its decision over and never waits; a journal that cannot be written costs the
//! release nothing, and the next entry tells how many are missing.

mod keeper;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kube::Client;
use parking_lot::Mutex;
use rollout::{Decision, Observed, Reason};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::apply::Writer;
use crate::cache::Name;
use crate::error::Error;
use keeper::Keeper;

/// Decisions that may wait to be written; more are counted and dropped.
const BACKLOG: usize = 256;
/// How long one journal may take to be written before the next one has its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where decisions go.
pub(crate) struct Journals {
    sender: mpsc::Sender<Message>,
    told: Arc<Mutex<BTreeMap<Name, Told>>>,
}

/// What was recorded of a Rollout last.
#[derive(Default)]
struct Told {
    because: Vec<Reason>,
    /// Decisions since then that could not be written.
    missed: u32,
}

/// A decision on its way into the journal.
pub(crate) struct Note {
    name: Name,
    observed: Observed,
    decision: Decision,
    time: Timestamp,
    failure: Option<String>,
}

enum Message {
    Note(Box<Note>),
    /// The Rollout is gone.
    Forget(Name),
    /// Answered when all that came before is written.
    Flush(oneshot::Sender<()>),
}

impl Journals {
    /// The way in, and the task that writes. A journal holds at most so many entries.
    pub(crate) fn new(
        client: Client,
        writer: Writer,
        most: NonZeroUsize,
    ) -> (Self, impl Future<Output = ()>) {
        let (sender, receiver) = mpsc::channel(BACKLOG);
        let told: Arc<Mutex<BTreeMap<Name, Told>>> = Arc::default();
        let keeper = Keeper::new(client, writer, most);
        (Self { sender, told: Arc::clone(&told) }, run(keeper, told, receiver))
    }

    /// A decision that is worth an entry, if this is one.
    pub(crate) fn note(
        &self,
        name: &Name,
        observed: &Observed,
        decision: &Decision,
        time: Timestamp,
    ) -> Option<Note> {
        let told = self.told.lock();
        let before = told.get(name).map(|told| told.because.as_slice());
        journal::is_news(decision, before).then(|| Note {
            name: name.clone(),
            observed: observed.clone(),
            decision: decision.clone(),
            time,
            failure: None,
        })
    }

    /// Hands a decision over that was carried out, or why it was not. Never waits, never fails.
    pub(crate) fn add(&self, mut note: Note, failure: Option<&Error>) {
        note.failure = failure.map(ToString::to_string);
        let mut told = self.told.lock();
        let entry = told.entry(note.name.clone()).or_default();
        entry.because.clone_from(&note.decision.because);
        if self.sender.try_send(Message::Note(Box::new(note))).is_err() {
            entry.missed = entry.missed.saturating_add(1);
        }
    }

    /// Drops what is known of a Rollout that is gone.
    pub(crate) fn forget(&self, name: &Name) {
        if self.told.lock().remove(name).is_some() {
            // If there is no room, the keeper remembers a little more than it needs.
            let _full = self.sender.try_send(Message::Forget(name.clone()));
        }
    }

    /// Waits until everything that was handed over is written, or given up.
    pub(crate) async fn flush(&self) {
        let (done, written) = oneshot::channel();
        if self.sender.send(Message::Flush(done)).await.is_ok() {
            let _ended = written.await;
        }
    }
}

async fn run(
    mut keeper: Keeper,
    told: Arc<Mutex<BTreeMap<Name, Told>>>,
    mut messages: mpsc::Receiver<Message>,
) {
    while let Some(message) = messages.recv().await {
        match message {
            Message::Note(note) => {
                let missed =
                    told.lock().get_mut(&note.name).map_or(0, |told| std::mem::take(&mut told.missed));
                let written = timeout(PATIENCE, keeper.append(&note, missed)).await;
                // Nothing is remembered of a Rollout that went meanwhile.
                if !matches!(written, Ok(true))
                    && let Some(told) = told.lock().get_mut(&note.name)
                {
                    told.missed = told.missed.saturating_add(missed).saturating_add(1);
                }
            }
            Message::Forget(name) => keeper.forget(&name),
            Message::Flush(done) => drop(done.send(())),
        }
    }
}
