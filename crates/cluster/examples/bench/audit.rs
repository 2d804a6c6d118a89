//! Requests as the API server counts them: the lines of its audit log, which holds only the controller's.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

/// How often the log is looked at, and how many looks without a new request mean that the controller is done.
const LOOK: Duration = Duration::from_millis(500);
const QUIET: u32 = 6;

/// Requests by verb and resource, such as `patch rollouts/status`; those that were refused carry the status code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requests(BTreeMap<String, u64>);

impl Requests {
    fn add(&mut self, other: Self) {
        for (what, count) in other.0 {
            *self.0.entry(what).or_default() += count;
        }
    }

    fn sum(&self, wanted: impl Fn(&str) -> bool) -> u64 {
        self.0.iter().filter(|(what, _)| wanted(what)).map(|(_, count)| count).sum()
    }

    /// All but events and the lease.
    pub(crate) fn work(&self) -> u64 {
        self.sum(|what| !is_event(what) && !is_lease(what))
    }

    /// Events, whether new or counted up.
    pub(crate) fn events(&self) -> u64 {
        self.sum(is_event)
    }

    /// What looking after the lease took.
    pub(crate) fn lease(&self) -> u64 {
        self.sum(is_lease)
    }

    /// Watches begun, for the first time or again.
    pub(crate) fn watches(&self) -> u64 {
        self.sum(|what| what.starts_with("watch "))
    }

    /// Everything, by verb and resource.
    pub(crate) fn table(&self) -> Value {
        json!(self.0)
    }
}

fn is_event(what: &str) -> bool {
    what.contains(" events")
}

fn is_lease(what: &str) -> bool {
    what.contains(" leases")
}

/// The log, read as far as it has been counted.
pub(crate) struct Log {
    path: PathBuf,
    offset: u64,
}

impl Log {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, offset: 0 }
    }

    /// What has been asked since the last call.
    pub(crate) fn take(&mut self) -> Result<Requests, Box<dyn Error>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.offset))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        // The last line may still be being written.
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        text.truncate(whole);
        self.offset += whole as u64;
        let mut requests = Requests::default();
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            if let Some(what) = request(&serde_json::from_slice(line)?) {
                *requests.0.entry(what).or_default() += 1;
            }
        }
        Ok(requests)
    }

    /// Waits until nothing more is asked, and says what has been asked since the last call.
    pub(crate) async fn take_until_quiet(&mut self) -> Result<Requests, Box<dyn Error>> {
        let mut all = Requests::default();
        let mut quiet = 0;
        while quiet < QUIET {
            tokio::time::sleep(LOOK).await;
            let new = self.take()?;
            quiet = if new.work() + new.events() == 0 { quiet + 1 } else { 0 };
            all.add(new);
        }
        Ok(all)
    }
}

/// One request a line; of a watch its beginning counts, of everything else its end.
fn request(line: &Value) -> Option<String> {
    let text = |pointer: &str| line.pointer(pointer).and_then(Value::as_str);
    let verb = text("/verb")?;
    let stage = if verb == "watch" { "ResponseStarted" } else { "ResponseComplete" };
    if text("/stage") != Some(stage) {
        return None;
    }
    let path = text("/requestURI").unwrap_or_default();
    let resource = text("/objectRef/resource").unwrap_or_else(|| path.split('?').next().unwrap_or_default());
    let part = text("/objectRef/subresource").map(|part| format!("/{part}")).unwrap_or_default();
    let code = line.pointer("/responseStatus/code").and_then(Value::as_u64).unwrap_or_default();
    let refused = if code >= 400 { format!(" ({code})") } else { String::new() };
    Some(format!("{verb} {resource}{part}{refused}"))
}
