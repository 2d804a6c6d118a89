//! Where the time comes from: the one clock that the adapter reads and the core is told.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// Wall-clock time that advances with tokio's clock.
///
/// Deriving it from one start moment means that it never jumps when the machine's clock is set, and that a test under
/// tokio's paused clock sees hours pass in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Timestamp,
    began: Instant,
}

impl Clock {
    /// A clock that says `start` now.
    pub fn starting_at(start: Timestamp) -> Self {
        Self { start, began: Instant::now() }
    }

    /// A clock that says what the machine says now.
    pub fn system() -> Self {
        Self::starting_at(Timestamp::now())
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.start.saturating_add(self.began.elapsed()).unwrap_or(Timestamp::MAX)
    }
}

/// Time since the machine started, the time that it slept included; `None` where the system does not tell.
pub(crate) fn since_boot() -> Option<Duration> {
    #[cfg(target_os = "linux")]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
    }
    #[cfg(not(target_os = "linux"))]
    None
}
