//! Ratings that wait together share one transaction, and so one disk sync.

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

use super::{Added, NewRating, StoreError};
use crate::ItemId;

/// How many ratings one transaction takes at most; more wait for the next.
const BATCH: usize = 256;

/// What stores several ratings at once.
#[async_trait]
pub(super) trait Commit: Send + 'static {
    /// Stores all of `batch`, or nothing if it answers with an error. The answers are in its order; one that is an
    /// error says nothing of the others, which are stored.
    async fn commit(&mut self, batch: &[Job]) -> Result<Vec<Result<Added, StoreError>>, StoreError>;
    /// The last rating is stored.
    async fn close(self);
}

/// Hands ratings to the task that stores them.
#[derive(Clone, Debug)]
pub(super) struct Writer(mpsc::Sender<Job>);

/// A rating that waits.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) item: ItemId,
    pub(super) rating: NewRating,
    reply: oneshot::Sender<Result<Added, StoreError>>,
}

impl Writer {
    /// Starts the task; it ends when the last `Writer` is dropped.
    pub(super) fn spawn(store: impl Commit) -> Self {
        let (sender, jobs) = mpsc::channel(BATCH);
        tokio::spawn(run(store, jobs));
        Self(sender)
    }

    /// Answers when the rating is on the disk. Dropping the future does not undo the rating.
    pub(super) async fn add(&self, item: ItemId, rating: NewRating) -> Result<Added, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Job { item, rating, reply }).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

async fn run(mut store: impl Commit, mut jobs: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(BATCH);
    while jobs.recv_many(&mut batch, BATCH).await > 0 {
        let mut answers = store.commit(&batch).await.map(Vec::into_iter);
        for job in batch.drain(..) {
            let answer = match &mut answers {
                Ok(answers) => answers.next().unwrap_or(Err(StoreError::Closed)),
                Err(error) => Err(error.clone()),
            };
            // A client that went away does not read its answer; the rating is stored all the same.
            let _ = job.reply.send(answer);
        }
    }
    store.close().await;
}
