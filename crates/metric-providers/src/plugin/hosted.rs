//! The programs that run, by name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value as Json, json};
use tokio::sync::Mutex as AsyncMutex;

use super::process::Process;
use super::settings::{Limits, PluginSettings};

/// One program, or none yet. Whoever asks holds it: a program is asked one question at a time.
type Slot = Arc<AsyncMutex<Option<Process>>>;

/// Programs that measure. They are started when they are first needed, and end when the last clone is dropped.
#[derive(Clone, Default)]
pub struct Plugins(Arc<Inner>);

#[derive(Default)]
struct Inner {
    settings: Vec<PluginSettings>,
    limits: Limits,
    running: Mutex<BTreeMap<String, Slot>>,
}

impl Plugins {
    /// Programs as the operator configured them; of two with the same name the first counts.
    pub fn new(settings: Vec<PluginSettings>, limits: Limits) -> Self {
        Self(Arc::new(Inner { settings, limits, running: Mutex::default() }))
    }

    /// Asks a plugin one question. The error says why there is no answer; then the program is gone, and the next
    /// question starts it again.
    pub(super) async fn ask(&self, name: &str, method: &str, members: &Json) -> Result<Json, Failure> {
        let Inner { settings, limits, .. } = &*self.0;
        let unknown = || {
            Failure::Start(format!(
                "unable to find plugin ({name}): plugin {name} not configured in configmap"
            ))
        };
        let settings = settings.iter().find(|settings| settings.name == name).ok_or_else(unknown)?;
        let slot = Arc::clone(self.0.running.lock().entry(name.to_owned()).or_default());
        let mut slot = slot.lock().await;
        // Taken out, so that a question that is given up leaves no process behind that still owes an answer.
        let mut process = match slot.take() {
            Some(process) => healthy(process, limits).await,
            None => None,
        };
        if process.is_none() {
            let failed = |reason| Failure::Start(format!("plugin {name}: {reason}"));
            let mut started = Process::start(settings).await.map_err(failed)?;
            started.ask("ping", &json!({}), limits.ping).await.map_err(failed)?;
            process = Some(started);
        }
        let Some(mut process) = process else { return Err(unknown()) };
        let answer = process.ask(method, members, limits.answer).await.map_err(Failure::Answer)?;
        *slot = Some(process);
        Ok(answer)
    }
}

/// A process that still answers. One that does not is killed by being dropped.
async fn healthy(mut process: Process, limits: &Limits) -> Option<Process> {
    process.ask("ping", &json!({}), limits.ping).await.ok().map(|_| process)
}

/// Why a plugin gave no answer.
pub(super) enum Failure {
    /// It does not run.
    Start(String),
    /// It did not answer, or not as it must.
    Answer(String),
}

/// Their names.
impl fmt::Debug for Plugins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.settings.iter().map(|settings| &settings.name)).finish()
    }
}
