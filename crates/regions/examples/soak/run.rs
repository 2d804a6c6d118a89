//! Many schedules, on all cores.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::fleet;
use super::schedule::Schedule;

/// Plays `count` schedules from seed `first` on; gives how many releases were promoted in all their regions.
pub(crate) fn all(first: u64, count: u64) -> Result<u64, String> {
    let next = AtomicU64::new(first);
    let (promoted, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let broken = Mutex::new(None);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        break;
                    }
                    match fleet::play(&Schedule::of(seed)) {
                        Ok(outcome) => {
                            promoted.fetch_add(u64::from(outcome.all_promoted), Ordering::Relaxed);
                        }
                        Err(why) => {
                            let schedule = Schedule::of(seed);
                            *broken.lock() = Some(format!("seed {seed}: {why}\n{schedule:#?}"));
                            stop.store(true, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    match broken.into_inner() {
        Some(broken) => Err(broken),
        None => Ok(promoted.into_inner()),
    }
}
