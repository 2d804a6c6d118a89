//! Room for values that wait to be judged.
//!
//! A run is judged when its slowest metric has answered, so what the others have read is kept until then: a run that
//! measures much and something that hangs would fill the memory of everybody. Each run has a little room of its own,
//! which nobody can take from it; what is more comes out of one room for all, and of that a run has a part at most. So
//! whoever measures much is the one that errs, and values of a common size are judged whatever others do. All of them
//! together take what all have room for, and a run's own for each run that is under way.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What a run has for itself, in KiB.
const OWN: usize = 1 << 10;
/// What a run may take of the room for all, in KiB.
const MOST_OF_ONE: usize = 8 << 10;
/// The room for all, in KiB.
const MOST: usize = 32 << 10;

/// The room for all runs.
pub(super) struct Rooms(Arc<Semaphore>);

impl Default for Rooms {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST)))
    }
}

impl Rooms {
    /// Room for what one run reads in one pass; it is free again when this is dropped.
    pub(super) fn of_a_run(&self) -> Room {
        Room { all: Arc::clone(&self.0), taken: Mutex::default() }
    }
}

/// The room of one run.
pub(super) struct Room {
    all: Arc<Semaphore>,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    /// Of the run's own, in bytes: many small values count as well.
    own: usize,
    shared: Vec<OwnedSemaphorePermit>,
}

impl Room {
    /// Takes room for a value of this weight in bytes. It does not wait: those that wait for each other would do so for
    /// ever.
    ///
    /// # Errors
    /// That there is none, and what to do.
    pub(super) fn take(&self, weight: usize) -> Result<(), String> {
        let mut taken = self.taken.lock();
        let own = taken.own.saturating_add(weight);
        if own <= OWN << 10 {
            taken.own = own;
            return Ok(());
        }
        let weight = weight.div_ceil(1 << 10);
        let refused = |room: &str, left: usize| {
            Err(format!(
                "the value takes {weight} KiB, and of the {room} that wait to be judged {left} are left: make the query \
                 return less"
            ))
        };
        let left = MOST_OF_ONE - taken.shared.iter().map(OwnedSemaphorePermit::num_permits).sum::<usize>();
        if weight > left {
            return refused(&format!("{MOST_OF_ONE} KiB for values of one run"), left);
        }
        let shared = Arc::clone(&self.all).try_acquire_many_owned(u32::try_from(weight).unwrap_or(u32::MAX));
        match shared {
            Ok(shared) => taken.shared.push(shared),
            Err(_) => {
                return refused(
                    &format!("{MOST} KiB for long values of all runs"),
                    self.all.available_permits(),
                );
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    #[test]
    fn what_one_run_takes_leaves_every_other_its_own() {
        let rooms = Rooms::default();
        let much: Vec<Room> = (0..4).map(|_| rooms.of_a_run()).collect();
        for room in &much {
            assert_eq!(room.take(8 * MIB), Ok(()));
            assert!(room.take(2 * MIB).unwrap_err().contains("8192 KiB for values of one run"));
            assert_eq!(room.take(MIB), Ok(()), "its own is left");
            assert!(room.take(1).is_err());
        }
        let other = rooms.of_a_run();
        assert!(other.take(2 * MIB).unwrap_err().contains("32768 KiB for long values of all runs"));
        for _ in 0..1_024 {
            assert_eq!(other.take(1_024), Ok(()), "what found no room takes none");
        }
        drop(much);
        assert_eq!(other.take(2 * MIB), Ok(()));
    }

    #[test]
    fn a_value_of_any_weight_is_refused_and_no_sum_overflows() {
        let room = Rooms::default().of_a_run();
        assert_eq!(room.take(1), Ok(()));
        assert!(room.take(usize::MAX).is_err());
    }
}
