//! Watches: the log of changes, read at the client's pace.
//!
//! Nothing is queued for a watcher. Each reads the world's log from where it stands, when its client reads; who falls
//! behind the log's end is told 410 and begins anew, and no one else notices.

mod begin;
mod line;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::Response;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};
use world::{Resource, Selection, Status, WatchEvent, WatchEventType};

use crate::answer;
use crate::body::Body;
use crate::objects::Call;
use crate::query;
use crate::shared::Shared;
use line::{Encoder, Kind};

/// When a watch ends by itself, unless the client says so.
const LONGEST: Duration = Duration::from_secs(30 * 60);
/// How often a quiet watch is told the version that it has reached.
const BOOKMARK_EVERY: Duration = Duration::from_secs(60);
/// Most objects in one piece of the body.
const BATCH: usize = 256;

/// Answers a request to watch.
pub(crate) fn answer(mut call: Call, how: &query::Watch) -> Result<Response<Body>, Status> {
    if !call.resource.name.is_empty() {
        begin::one_object(&mut call)?;
    }
    let closing = call.closing.clone();
    let watcher = Watcher::begin(call, how)?;
    let lines =
        stream::unfold(watcher, |mut watcher| async { watcher.next().await.map(|piece| (piece, watcher)) });
    // A service without a socket never closes; its watches end with their readers.
    let lines = lines.take_until(closing.cancelled_owned()).boxed();
    Ok(answer::respond(200, "application/json", Body::stream(lines)))
}

/// One watch: where it stands, and what it wants.
struct Watcher {
    shared: Arc<Shared>,
    resource: Resource,
    selection: Selection,
    encoder: Encoder,
    /// Everything up to this version has been told.
    cursor: u64,
    /// What was there at the beginning and is still to be told.
    initial: VecDeque<Arc<Value>>,
    /// Whether the end of the initial events is still to be marked.
    mark_end: bool,
    bookmarks: bool,
    next_bookmark: Instant,
    deadline: Instant,
    /// Why the watch cannot even begin.
    cut: Option<Status>,
    over: bool,
}

impl Watcher {
    /// The next piece of the body; `None` at its end.
    async fn next(&mut self) -> Option<Bytes> {
        let mut changes = self.shared.changes();
        loop {
            if self.over {
                return None;
            }
            // Whatever changes from here on wakes the wait below.
            changes.mark_unchanged();
            let piece = match self.advance() {
                Ok(piece) => piece,
                Err(refusal) => {
                    self.over = true;
                    line::error(&refusal)
                }
            };
            if !piece.is_empty() {
                self.next_bookmark = Instant::now() + BOOKMARK_EVERY;
                return Some(piece.into());
            }
            let wake = if self.bookmarks { self.next_bookmark.min(self.deadline) } else { self.deadline };
            if timeout_at(wake, changes.changed()).await.is_err() {
                self.over = Instant::now() >= self.deadline;
                if self.bookmarks {
                    self.next_bookmark = Instant::now() + BOOKMARK_EVERY;
                    return Some(self.encoder.bookmark(self.cursor, false).into());
                }
            }
        }
    }

    /// What there is to tell now; empty when there is nothing.
    fn advance(&mut self) -> Result<Vec<u8>, Status> {
        if let Some(cut) = self.cut.take() {
            return Err(cut);
        }
        let mut piece = Vec::new();
        while let (true, Some(object)) = (piece.len() < 64 * 1024, self.initial.pop_front()) {
            self.encode(&mut piece, Kind::Added, &object);
        }
        if !self.initial.is_empty() {
            return Ok(piece);
        }
        if std::mem::take(&mut self.mark_end) {
            piece.extend(self.encoder.bookmark(self.cursor, true));
        }
        if !piece.is_empty() {
            return Ok(piece);
        }
        for event in self.read_log()? {
            match self.concerns(&event) {
                // What left the selection is told as it was while it was in it, at the version at which it left.
                Some(Kind::Deleted) if event.kind != WatchEventType::Deleted => {
                    let mut last = event.previous.as_deref().cloned().unwrap_or_default();
                    last["metadata"]["resourceVersion"] = event.version.to_string().into();
                    self.encode(&mut piece, Kind::Deleted, &Arc::new(last));
                }
                Some(kind) => self.encode(&mut piece, kind, &event.object),
                None => {}
            }
        }
        Ok(piece)
    }

    /// The next events of this kind and namespace. The lock is held for this reading only.
    fn read_log(&mut self) -> Result<Vec<WatchEvent>, Status> {
        let (resource, cursor) = (&self.resource, self.cursor);
        let (events, reached) = self.shared.with(|world, _| {
            let mut reached = cursor;
            let mut events = Vec::new();
            for event in world.events_after(cursor)? {
                reached = event.version;
                if is_about(event, resource) {
                    events.push(event.clone());
                    if events.len() == BATCH {
                        break;
                    }
                }
            }
            Ok::<_, Status>((events, reached))
        })?;
        self.cursor = reached;
        Ok(events)
    }

    /// What an event means to a watcher with selectors: objects enter, stay in, or leave what is selected.
    fn concerns(&self, event: &WatchEvent) -> Option<Kind> {
        if self.selection.is_everything() {
            return Some(event.kind.into());
        }
        let before = event.previous.as_ref().is_some_and(|object| self.selection.matches(object));
        let after = event.kind != WatchEventType::Deleted && self.selection.matches(&event.object);
        match (before, after) {
            (false, true) => Some(Kind::Added),
            (true, true) => Some(Kind::Modified),
            (true, false) => Some(Kind::Deleted),
            (false, false) => None,
        }
    }

    fn encode(&mut self, piece: &mut Vec<u8>, kind: Kind, object: &Arc<Value>) {
        self.encoder.event(piece, &self.shared, &self.resource, kind, object);
    }
}

fn is_about(event: &WatchEvent, resource: &Resource) -> bool {
    *event.plural == *resource.plural
        && *event.group == *resource.group
        && (resource.namespace.is_empty() || event.object["metadata"]["namespace"] == *resource.namespace)
}
