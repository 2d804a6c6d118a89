//! What can go wrong between the controller and the API.

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

/// Decides what goes wrong.
pub trait Faults {
    /// What happens to the next write.
    fn write(&mut self) -> Fault;

    /// Whether the next pass sees the world as it was some time ago.
    fn stale(&mut self) -> bool;
}

/// Nothing goes wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFaults;

impl Faults for NoFaults {
    fn write(&mut self) -> Fault {
        Fault::None
    }

    fn stale(&mut self) -> bool {
        false
    }
}

/// A number of faults at places that follow from a seed.
#[derive(Clone, Debug)]
pub struct RandomFaults {
    state: u64,
    left: u32,
    one_in: u64,
}

impl RandomFaults {
    /// `count` faults, about one in `one_in` occasions.
    pub fn new(seed: u64, count: u32, one_in: u64) -> Self {
        Self { state: seed, left: count, one_in: one_in.max(1) }
    }

    fn next(&mut self) -> u64 {
        // SplitMix64: deterministic, and good enough to scatter.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn strikes(&mut self) -> bool {
        let strikes = self.left > 0 && self.next().is_multiple_of(self.one_in);
        self.left -= u32::from(strikes);
        strikes
    }
}

impl Faults for RandomFaults {
    fn write(&mut self) -> Fault {
        if !self.strikes() {
            return Fault::None;
        }
        match self.next() % 4 {
            0 => Fault::Conflict,
            1 => Fault::Error,
            2 => Fault::CrashBefore,
            _ => Fault::CrashAfter,
        }
    }

    fn stale(&mut self) -> bool {
        self.strikes()
    }
}
