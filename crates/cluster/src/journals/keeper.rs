//! Keeps the journals: the packed bytes of each, as they were written last.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use crd::{Kind, ObjectKey, ObjectMeta};
use journal::{Journal, MOST_BYTES, Of, Record};
use kube::Client;
use kube::core::Request;
use rollout::{Action, PatchBody};
use serde_json::Value;

use super::Note;
use crate::apply::{Applied, Writer, url};
use crate::cache::Name;
use crate::error::Error;
use crate::observed::Versions;

/// How many bytes of journals are kept in memory. Beyond that they are read again when they go on.
const MOST_KEPT: usize = 16 * 1024 * 1024;

pub(super) struct Keeper {
    client: Client,
    writer: Writer,
    most: NonZeroUsize,
    kept: BTreeMap<Name, Kept>,
    /// Whether it was said that journals cannot be written: it is said once, until one can.
    complained: bool,
}

/// A journal as it is stored.
struct Kept {
    uid: String,
    bytes: Vec<u8>,
    /// The version of the ConfigMap: what another controller wrote since is not overwritten.
    version: String,
}

/// Why an entry was not written.
#[derive(Debug, thiserror::Error)]
enum Unwritten {
    #[error("{0}")]
    Journal(#[from] journal::Error),
    #[error("{0}")]
    Cluster(#[from] Error),
}

impl Keeper {
    pub(super) fn new(client: Client, writer: Writer, most: NonZeroUsize) -> Self {
        Self { client, writer, most, kept: BTreeMap::new(), complained: false }
    }

    pub(super) fn forget(&mut self, name: &Name) {
        self.kept.remove(name);
    }

    /// Appends one entry; tells whether it is stored.
    pub(super) async fn append(&mut self, note: &Note, missed: u32) -> bool {
        let (namespace, rollout) = &note.name;
        match self.write(note, missed).await {
            Ok(()) => {
                self.complained = false;
                true
            }
            Err(error) => {
                // What is stored may be anything by now: it is read again.
                self.kept.remove(&note.name);
                if self.complained {
                    tracing::debug!(%namespace, %rollout, %error, "the decision journal was not written");
                } else {
                    tracing::warn!(
                        %namespace, %rollout, %error,
                        "the decision journal was not written; the release goes on without it"
                    );
                }
                self.complained = true;
                false
            }
        }
    }

    async fn write(&mut self, note: &Note, missed: u32) -> Result<(), Unwritten> {
        let meta = &note.observed.rollout.metadata;
        let of = Of { namespace: meta.namespace.clone(), name: meta.name.clone(), uid: meta.uid.clone() };
        if self.kept.get(&note.name).is_none_or(|kept| kept.uid != of.uid) {
            self.kept.remove(&note.name);
            if let Some((bytes, version)) = self.read(&of).await? {
                self.kept.insert(note.name.clone(), Kept { uid: of.uid.clone(), bytes, version });
            }
        }
        let known = self.kept.get(&note.name);
        let mut journal = known.map_or_else(|| Journal::new(of.clone()), |kept| before(&kept.bytes, &of));
        let record = Record {
            observed: &note.observed,
            decision: &note.decision,
            time: note.time,
            failure: note.failure.as_deref(),
            missed,
        };
        journal.append(&record, self.most.get());
        let bytes = journal.pack(MOST_BYTES)?;
        let version = self.store(&of, &bytes, known.map(|kept| kept.version.as_str())).await?;
        self.keep(&note.name, Kept { uid: of.uid, bytes, version });
        Ok(())
    }

    fn keep(&mut self, name: &Name, kept: Kept) {
        let others: usize = self.kept.values().map(|kept| kept.bytes.len()).sum();
        if others + kept.bytes.len() > MOST_KEPT {
            self.kept.clear();
        }
        self.kept.insert(name.clone(), kept);
    }

    /// The bytes that are stored, and their version; `None` when there are none yet.
    async fn read(&self, of: &Of) -> Result<Option<(Vec<u8>, String)>, Unwritten> {
        let key = ObjectKey::new(Kind::CONFIG_MAP, of.namespace.as_str(), journal::name(&of.name));
        let refused = |source| Error::Read { key: Box::new(key.clone()), source: Box::new(source) };
        let request = Request::new(url(&key)).get(&key.name, &kube::api::GetParams::default());
        let request = request.map_err(|error| refused(kube::Error::BuildRequest(error)))?;
        match self.client.request::<Value>(request).await {
            Ok(config_map) => {
                let version = config_map.pointer("/metadata/resourceVersion").and_then(Value::as_str);
                let bytes = match journal::written(&config_map) {
                    Err(journal::Error::Malformed(_)) => Vec::new(),
                    bytes => bytes?,
                };
                Ok(Some((bytes, version.unwrap_or_default().to_owned())))
            }
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(None),
            Err(source) => Err(refused(source).into()),
        }
    }

    /// Stores the bytes in place of those of a version, and tells the new one.
    async fn store(&self, of: &Of, bytes: &[u8], before: Option<&str>) -> Result<String, Error> {
        let (key, object) = journal::stored(of, bytes);
        let meta =
            ObjectMeta { resource_version: before.unwrap_or_default().to_owned(), ..ObjectMeta::default() };
        let observed = Versions::of(before.map(|_| (key.clone(), &meta)));
        let action = match before {
            Some(_) => Action::Patch { key, patch: PatchBody::Merge(object) },
            None => Action::Create { key, object },
        };
        let mut applied = Applied::default();
        self.writer.apply(&[action], observed, &mut applied).await?;
        Ok(applied.versions.pop().map(|(_, version)| version).unwrap_or_default())
    }
}

/// The journal in the bytes; an empty one when they cannot be read, or are about another Rollout of the same name.
fn before(bytes: &[u8], of: &Of) -> Journal {
    match Journal::unpack(bytes) {
        Ok(journal) if journal.rollout.uid == of.uid => journal,
        _ => Journal::new(of.clone()),
    }
}
