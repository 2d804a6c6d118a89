//! Objects that are gone, and whose series are still told.

use std::time::Duration;

use crd::Kind;
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::cache::Name;

/// How long after its object a series is told: whoever asks once a minute still sees the last value.
const STAYS: Duration = Duration::from_secs(65);

/// The objects, in the order in which they went.
#[derive(Debug, Default)]
pub(super) struct Gone(Mutex<Vec<(Instant, Kind, Name)>>);

impl Gone {
    pub(super) fn add(&self, kind: Kind, name: Name) {
        self.0.lock().push((Instant::now(), kind, name));
    }

    /// Takes out those whose time is over.
    pub(super) fn due(&self) -> Vec<(Kind, Name)> {
        let mut all = self.0.lock();
        let over = all.iter().take_while(|(since, ..)| since.elapsed() >= STAYS).count();
        all.drain(..over).map(|(_, kind, name)| (kind, name)).collect()
    }
}
