//! Kubernetes' controllers stand still at random while the tests run: `AVIARY_E2E_STUTTER=2 cargo xtask e2e`.
//!
//! Each in turn freezes for up to so many seconds, as on a machine that is far too busy: statuses come late, and old ones
//! are taken for new. Whatever a test awaits must come all the same.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use crate::Shared;

/// Asks for it: the most seconds that one stands still.
const WISH: &str = "AVIARY_E2E_STUTTER";
const PROGRAMS: [&str; 3] = ["kube-controller-manager", "kube-scheduler", "kwok"];

/// What freezes and thaws, until it is told to end.
pub(crate) struct Stutter {
    thread: JoinHandle<()>,
    ends: Sender<()>,
}

impl Stutter {
    /// Begins, if it is asked for.
    pub(crate) fn begin(shared: &Arc<Shared>) -> Option<Self> {
        let wish = std::env::var(WISH).ok()?;
        let longest =
            wish.parse().unwrap_or_else(|_| panic!("{WISH}={wish} is no number of seconds, such as 2"));
        let (ends, ended) = channel();
        let shared = Arc::clone(shared);
        Some(Self { thread: spawn(move || stutter(&shared, longest, &ended)), ends })
    }

    /// Everything goes on again.
    pub(crate) fn end(self) {
        drop(self.ends);
        self.thread.join().unwrap();
    }
}

fn stutter(shared: &Shared, longest: u64, ended: &Receiver<()>) {
    for (turn, program) in PROGRAMS.iter().cycle().enumerate() {
        let random = RandomState::new().hash_one(turn);
        let pause = Duration::from_millis(random % (longest * 1_000).max(1));
        // Before it has started there is nothing to freeze, and one that has ended is the tests' to complain of.
        let frozen = shared.plane().filter(|plane| plane.freeze(program).is_ok());
        let over = is_over(ended, pause);
        let _ = frozen.map(|plane| plane.thaw(program));
        if over || is_over(ended, pause / 2) {
            return;
        }
    }
}

/// Waits; whether the end has come meanwhile.
fn is_over(ended: &Receiver<()>, pause: Duration) -> bool {
    ended.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected)
}
