//! Where the time comes from: the one clock that the adapter reads and the core is told.

use std::sync::LazyLock;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use tokio::time::Instant;

/// How far the machine's clock may be from where it was expected before it is followed: what is less is no correction
/// that anybody waits for, and following it would make the time unsteady.
const STEP: SignedDuration = SignedDuration::from_secs(3);

/// How far apart two clocks may be read and be compared all the same: a thread may be stopped between them.
const TOGETHER: Duration = Duration::from_millis(100);

/// Wall-clock time.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Source);

#[derive(Clone, Copy, Debug)]
enum Source {
    /// Advances with tokio's clock, so that a test under its paused clock sees hours pass in milliseconds.
    Tokio { start: Timestamp, began: Instant },
    /// The machine's.
    Machine,
}

/// The machine has one clock, and so all that is here of it is shared.
static MACHINE: Mutex<Option<Anchor>> = Mutex::new(None);

impl Clock {
    /// A clock that says `start` now, and advances with tokio's.
    pub fn starting_at(start: Timestamp) -> Self {
        Self(Source::Tokio { start, began: Instant::now() })
    }

    /// A clock that says what the machine says, steadily.
    ///
    /// It advances with a clock that nobody can set, which goes on while the machine is suspended where the system has
    /// such a one. It follows the machine's clock when that is more than three seconds off: a step of NTP, somebody
    /// who sets it, or a suspend without such a clock. Leases, beacons and metric systems are of other machines, to which
    /// a clock that is wrong for ever would be worse than one that once jumps.
    ///
    /// When it steps forward, what waits is due at once. When it steps back, times that are stored lie ahead: pauses,
    /// intervals and deadlines that began before last as much longer as it stepped. Nothing is done twice: what was done
    /// stands in a status, whatever the time is.
    pub fn system() -> Self {
        Self(Source::Machine)
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        match self.0 {
            Source::Tokio { start, began } => start.saturating_add(began.elapsed()).unwrap_or(Timestamp::MAX),
            Source::Machine => {
                // Whoever waited for the lock with a time in hand would put the anchor back into the past.
                let mut anchor = MACHINE.lock();
                Look { before: steady(), machine: Timestamp::now(), after: steady() }.now(&mut anchor)
            }
        }
    }
}

/// A moment on two clocks: `steady` cannot be set.
#[derive(Debug)]
struct Anchor {
    at: Timestamp,
    steady: Duration,
}

/// The machine's clock, between two looks at the steady one.
#[derive(Clone, Copy, Debug)]
struct Look {
    before: Duration,
    machine: Timestamp,
    after: Duration,
}

impl Look {
    /// The time now.
    fn now(self, known: &mut Option<Anchor>) -> Timestamp {
        let Self { before, machine, after } = self;
        let expected = known.as_ref().map(|anchor| {
            let passed = after.saturating_sub(anchor.steady);
            anchor.at.saturating_add(passed).unwrap_or(Timestamp::MAX)
        });
        if let Some(expected) = expected
            && machine.duration_since(expected).abs() <= STEP
        {
            return expected;
        }
        if after.saturating_sub(before) > TOGETHER {
            // Nobody knows when the machine's clock said this.
            return expected.unwrap_or(machine);
        }
        if let Some(expected) = expected {
            tracing::warn!(%expected, %machine, "the machine's clock was set; it is followed");
        }
        *known = Some(Anchor { at: machine, steady: after });
        machine
    }
}

/// Time on a clock that nobody can set.
fn steady() -> Duration {
    static BEGAN: LazyLock<std::time::Instant> = LazyLock::new(std::time::Instant::now);
    since_boot().unwrap_or_else(|| BEGAN.elapsed())
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

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    /// What is told at these seconds of the steady clock and of the machine's, in milliseconds.
    fn told(moments: &[(f64, f64)]) -> Vec<i64> {
        let looks: Vec<_> = moments.iter().map(|&(steady, machine)| (steady, machine, steady)).collect();
        told_between(Some(Anchor { at: START, steady: Duration::ZERO }), &looks)
    }

    /// The same where the steady clock is read before and after.
    fn told_between(mut anchor: Option<Anchor>, looks: &[(f64, f64, f64)]) -> Vec<i64> {
        let at = |&(before, machine, after): &(f64, f64, f64)| {
            let (before, after) = (Duration::from_secs_f64(before), Duration::from_secs_f64(after));
            let machine = START + SignedDuration::from_secs_f64(machine);
            Look { before, machine, after }.now(&mut anchor).as_millisecond()
        };
        looks.iter().map(at).collect()
    }

    #[test]
    fn a_thread_that_is_stopped_between_two_clocks_follows_neither() {
        // Stopped before the machine's clock is read, and after it.
        let looks = [(1.0, 11.0, 11.0), (12.0, 12.0, 22.0), (23.0, 23.0, 23.0)];
        let anchor = || Some(Anchor { at: START, steady: Duration::ZERO });
        assert_eq!(told_between(anchor(), &looks), [11_000, 22_000, 23_000]);
        // A step is followed by the next who reads both together.
        let looks = [(1.0, 3_600.0, 1.2), (2.0, 3_601.0, 2.1), (3.0, 3_602.0, 3.0)];
        assert_eq!(told_between(anchor(), &looks), [1_200, 3_601_000, 3_601_900]);
        // Nor does the first to look begin with such times.
        let looks = [(1.0, 100.0, 9.0), (10.0, 109.0, 10.0), (11.0, 110.0, 11.0)];
        assert_eq!(told_between(None, &looks), [100_000, 109_000, 110_000]);
    }

    #[test]
    fn small_corrections_of_the_machines_clock_make_no_difference() {
        assert_eq!(
            told(&[(1.0, 1.5), (2.0, 0.5), (10.0, 12.9), (11.0, 8.1)]),
            [1_000, 2_000, 10_000, 11_000]
        );
    }

    #[test]
    fn a_step_forward_is_followed_and_from_there_on_time_is_steady_again() {
        assert_eq!(told(&[(1.0, 1.0), (2.0, 3_602.0), (3.0, 3_603.4)]), [1_000, 3_602_000, 3_603_000]);
    }

    #[test]
    fn a_step_back_is_followed() {
        let told = told(&[(100.0, 100.0), (101.0, 41.0), (102.0, 42.0), (103.0, 40.5)]);
        assert_eq!(told, [100_000, 41_000, 42_000, 43_000]);
    }

    #[test]
    fn a_drift_is_followed_when_it_has_become_a_step() {
        // The machine's clock gains a second in ten.
        let moments: Vec<(f64, f64)> = (1..=6).map(|i| (f64::from(i) * 10.0, f64::from(i) * 11.0)).collect();
        assert_eq!(told(&moments), [10_000, 20_000, 30_000, 44_000, 54_000, 64_000]);
    }

    #[test]
    fn the_machines_clock_says_what_the_machine_says() {
        let (before, now, after) = (Timestamp::now(), Clock::system().now(), Timestamp::now());
        assert!(before - STEP <= now && now <= after + STEP, "{before} {now} {after}");
    }
}
