//! Events on objects: best effort, bounded, folded when they repeat.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crd::{Kind, ObjectMeta};
use futures::future::join_all;
use jiff::Timestamp;
use kube::Client;
use kube::core::Request;
use rollout::{Event, EventType};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::clock::Clock;

/// How many events are sent at the same time: fewer than passes, which must not wait for the server because of them.
/// Those of one object keep their order.
const LANES: usize = 4;
/// How many events may wait in a lane; more are dropped, for people have long stopped reading by then.
const BACKLOG: usize = 2_500;
/// How many different events each lane remembers to fold repetitions: 4,096 in all, as many as client-go.
const REMEMBERED: usize = 1_024;
/// Component that the peer gives as the source (spec rollout-status-events 7).
const COMPONENT: &str = "rollouts-controller";

/// Where events go.
#[derive(Clone, Debug)]
pub(crate) struct Events {
    lanes: Vec<mpsc::Sender<Note>>,
    clock: Clock,
}

#[derive(Debug)]
struct Note {
    /// Shared by the events of a pass: thousands may wait when many Rollouts are updated at once.
    regarding: Arc<Regarding>,
    event: Event,
    /// When it happened; it may be sent later.
    at: Timestamp,
}

/// The object that an event is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Regarding {
    kind: Kind,
    namespace: String,
    name: String,
    uid: String,
    version: String,
}

impl Events {
    /// The way in, and the task that sends.
    pub(crate) fn new(client: Client, clock: Clock) -> (Self, impl Future<Output = ()>) {
        let (mut lanes, mut writers) = (vec![], vec![]);
        for _ in 0..LANES {
            let (sender, receiver) = mpsc::channel(BACKLOG);
            let writer = Writer { client: client.clone(), known: BTreeMap::new(), sequence: 0 };
            lanes.push(sender);
            writers.push(writer.run(receiver));
        }
        let sending = async { drop(join_all(writers).await) };
        (Self { lanes, clock }, sending)
    }

    /// Tells people something about an object. Never waits, never fails.
    pub(crate) fn publish(&self, kind: &Kind, meta: &ObjectMeta, events: impl IntoIterator<Item = Event>) {
        let mut events = events.into_iter().peekable();
        if events.peek().is_none() {
            return;
        }
        let regarding = Arc::new(Regarding {
            kind: kind.clone(),
            namespace: meta.namespace.clone(),
            name: meta.name.clone(),
            uid: meta.uid.clone(),
            version: meta.resource_version.clone(),
        });
        let lane = self.lanes.get(meta.uid.bytes().map(usize::from).sum::<usize>() % LANES);
        for event in events {
            log(kind, meta, &event);
            let note = Note { regarding: Arc::clone(&regarding), event, at: self.clock.now() };
            if lane.is_none_or(|lane| lane.try_send(note).is_err()) {
                tracing::debug!("too many events wait to be sent; one was dropped");
            }
        }
    }
}

/// The log tells of every event, also of those that are dropped.
fn log(kind: &Kind, meta: &ObjectMeta, event: &Event) {
    match event.kind {
        EventType::Normal => tracing::info!(
            kind = %kind.kind, namespace = %meta.namespace, name = %meta.name,
            event_reason = event.reason, "{}", event.message
        ),
        EventType::Warning => tracing::warn!(
            kind = %kind.kind, namespace = %meta.namespace, name = %meta.name,
            event_reason = event.reason, "{}", event.message
        ),
    }
}

struct Writer {
    client: Client,
    /// Events sent before, and how often: (uid, reason, message) to (name, count).
    known: BTreeMap<(String, &'static str, String), (String, i64)>,
    sequence: u64,
}

impl Writer {
    async fn run(mut self, mut notes: mpsc::Receiver<Note>) {
        while let Some(note) = notes.recv().await {
            if let Err(error) = self.send(&note).await {
                tracing::debug!(%error, reason = note.event.reason, "an event could not be written");
            }
        }
    }

    async fn send(&mut self, note: &Note) -> Result<(), kube::Error> {
        let Note { regarding, event, at } = note;
        let id = (regarding.uid.clone(), event.reason, event.message.clone());
        let now = crd::Time::from(*at).to_string();
        let url = format!("/api/v1/namespaces/{}/events", namespace(regarding));
        if let Some((name, count)) = self.known.get_mut(&id) {
            *count += 1;
            let patch = json!({"count": *count, "lastTimestamp": now});
            match self.client.request_text(merge(&url, name, &patch)?).await {
                // Events are kept for an hour by default; a forgotten one is written anew.
                Err(kube::Error::Api(status)) if status.is_not_found() => {}
                other => return other.map(drop),
            }
        }
        let name = self.name(&regarding.name, *at);
        let body = body(&name, regarding, event, &now);
        self.client.request_text(create(&url, &body)?).await?;
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(id, (name, 1));
        Ok(())
    }

    fn name(&mut self, object: &str, at: Timestamp) -> String {
        self.sequence += 1;
        let moment = u64::try_from(at.as_nanosecond()).unwrap_or_default();
        format!("{object}.{:x}", moment.wrapping_add(self.sequence))
    }
}

/// Events on cluster-wide objects live in `default`.
fn namespace(regarding: &Regarding) -> &str {
    if regarding.namespace.is_empty() { "default" } else { &regarding.namespace }
}

fn create(url: &str, body: &Body<'_>) -> Result<http::Request<Vec<u8>>, kube::Error> {
    let bytes = serde_json::to_vec(body).map_err(kube::Error::SerdeError)?;
    Request::new(url).create(&kube::api::PostParams::default(), bytes).map_err(kube::Error::BuildRequest)
}

fn merge(url: &str, name: &str, patch: &Value) -> Result<http::Request<Vec<u8>>, kube::Error> {
    let (params, patch) = (kube::api::PatchParams::default(), kube::api::Patch::Merge(patch));
    Request::new(url).patch(name, &params, &patch).map_err(kube::Error::BuildRequest)
}

/// An event as the server takes it, out of borrowed parts: there are more events than all other requests together.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata<'a>,
    involved_object: Involved<'a>,
    reason: &'a str,
    message: &'a str,
    #[serde(rename = "type")]
    severity: &'static str,
    source: Source,
    reporting_component: &'static str,
    reporting_instance: &'static str,
    first_timestamp: &'a str,
    last_timestamp: &'a str,
    count: u8,
}

#[derive(Serialize)]
struct Metadata<'a> {
    name: &'a str,
    namespace: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Involved<'a> {
    api_version: Cow<'a, str>,
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
    uid: &'a str,
    resource_version: &'a str,
}

#[derive(Serialize)]
struct Source {
    component: &'static str,
}

fn body<'a>(name: &'a str, regarding: &'a Regarding, event: &'a Event, now: &'a str) -> Body<'a> {
    Body {
        api_version: "v1",
        kind: "Event",
        metadata: Metadata { name, namespace: namespace(regarding) },
        involved_object: Involved {
            api_version: regarding.kind.api_version(),
            kind: &regarding.kind.kind,
            namespace: &regarding.namespace,
            name: &regarding.name,
            uid: &regarding.uid,
            resource_version: &regarding.version,
        },
        reason: event.reason,
        message: &event.message,
        severity: match event.kind {
            EventType::Normal => "Normal",
            EventType::Warning => "Warning",
        },
        source: Source { component: COMPONENT },
        reporting_component: COMPONENT,
        reporting_instance: "",
        first_timestamp: now,
        last_timestamp: now,
        count: 1,
    }
}
