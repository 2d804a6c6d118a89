//! What can go wrong between the controller and the API, and beside it.

use std::time::Duration;

use crate::dice::Dice;

/// Syncs that a standstill may still let through: enough for a ReplicaSet that takes pods away and counts them.
const MOST_SYNCS: u64 = 8;
/// Seconds that a standstill lasts at most.
const LONGEST_FREEZE: u64 = 60;

/// What happens to one write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It goes through.
    None,
    /// The server answers 409: somebody else was quicker.
    Conflict,
    /// The server answers 500; nothing is stored.
    Error,
    /// The controller dies before it.
    CrashBefore,
    /// The controller dies after it.
    CrashAfter,
}

/// Decides what goes wrong: nothing, where it does not say.
pub trait Faults {
    /// What happens to the next write.
    fn write(&mut self) -> Fault {
        Fault::None
    }

    /// Whether the next pass sees the world as it was some time ago.
    fn stale(&mut self) -> bool {
        false
    }

    /// Whether Kubernetes' own controllers, ahead of the next pass, are about to stand still: after how many more of
    /// their syncs, and for how long.
    fn freeze(&mut self) -> Option<(usize, Duration)> {
        None
    }
}

/// Nothing goes wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFaults;

impl Faults for NoFaults {}

/// A number of faults at places that follow from a seed.
#[derive(Clone, Debug)]
pub struct RandomFaults {
    dice: Dice,
    left: u32,
    one_in: u64,
}

impl RandomFaults {
    /// `count` faults, about one in `one_in` occasions.
    pub fn new(seed: u64, count: u32, one_in: u64) -> Self {
        Self { dice: Dice::new(seed), left: count, one_in: one_in.max(1) }
    }

    fn strikes(&mut self) -> bool {
        let strikes = self.left > 0 && self.dice.next().is_multiple_of(self.one_in);
        self.left -= u32::from(strikes);
        strikes
    }
}

impl Faults for RandomFaults {
    fn write(&mut self) -> Fault {
        if !self.strikes() {
            return Fault::None;
        }
        match self.dice.next() % 4 {
            0 => Fault::Conflict,
            1 => Fault::Error,
            2 => Fault::CrashBefore,
            _ => Fault::CrashAfter,
        }
    }

    fn stale(&mut self) -> bool {
        self.strikes()
    }

    fn freeze(&mut self) -> Option<(usize, Duration)> {
        if !self.strikes() {
            return None;
        }
        let (syncs, seconds) = (self.dice.below(MOST_SYNCS), 1 + self.dice.below(LONGEST_FREEZE));
        Some((usize::try_from(syncs).unwrap_or_default(), Duration::from_secs(seconds)))
    }
}
