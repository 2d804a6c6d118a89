//! The server's time: a start and what has passed since on tokio's clock, so that a paused clock pauses it too.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use tokio::time::Instant;

/// Where the server takes its time from.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Timestamp,
    origin: Instant,
}

impl Clock {
    /// Follows the machine's clock as it was read once, now; later corrections of it do not reach the server.
    pub fn system() -> Self {
        Self::starting_at(Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// Reads `start` now and advances with tokio's clock. Under `tokio::time::pause` this is virtual time.
    pub fn starting_at(start: Timestamp) -> Self {
        Self { start, origin: Instant::now() }
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.start.saturating_add(self.origin.elapsed()).unwrap_or(Timestamp::MAX)
    }

    /// How long it is until `then`; zero when that has passed.
    pub fn until(&self, then: Timestamp) -> Duration {
        Duration::try_from(then.duration_since(self.now())).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_day_of_virtual_time_passes_at_once() {
        let clock = Clock::starting_at("2026-01-01T00:00:00Z".parse().unwrap());
        tokio::time::advance(Duration::from_secs(86_400)).await;
        assert_eq!(clock.now(), "2026-01-02T00:00:00Z".parse().unwrap());
        assert_eq!(clock.until("2026-01-02T00:00:10Z".parse().unwrap()), Duration::from_secs(10));
        assert_eq!(clock.until("2026-01-01T00:00:10Z".parse().unwrap()), Duration::ZERO);
    }
}
