//! What happens to one release, from one number.

/// A release through several regions. Times are seconds since its beginning.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Schedule {
    /// How many regions there are: two to five.
    pub(crate) regions: usize,
    /// How many of them must have come to a gate.
    pub(crate) quorum: usize,
    /// Whether a region's abort ends the release elsewhere; otherwise the others wait.
    pub(crate) abort_spreads: bool,
    /// Whether a gate that is not passed in time ends the release.
    pub(crate) partition_aborts: bool,
    /// By how much each region's clock is ahead.
    pub(crate) skew: Vec<i64>,
    /// When each region is told of the new version.
    pub(crate) begins: Vec<u64>,
    /// One message in so many is lost; 0 is none.
    pub(crate) lost_one_in: u64,
    /// The longest time that a message takes.
    pub(crate) latest: u64,
    /// Pairs of regions that do not hear each other, from and until when.
    pub(crate) partitions: Vec<(usize, usize, u64, u64)>,
    /// A region whose own checks fail at a gate (by its number).
    pub(crate) unhealthy: Option<(usize, usize)>,
    /// A region whose user aborts, and when.
    pub(crate) aborted: Option<(usize, u64)>,
    /// How many crashes, conflicts and old caches each controller meets.
    pub(crate) faults: Vec<u32>,
    /// What everything else follows from.
    pub(crate) seed: u64,
}

impl Schedule {
    /// The schedule of that number.
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let regions = 2 + dice.below(4) as usize;
        // One in six has nothing against it: it must come to its end everywhere.
        let quiet = dice.below(6) == 0;
        let some = |dice: &mut Dice, most: u64| if quiet { 0 } else { dice.below(most + 1) };
        let partitions = (0..some(&mut dice, 3)).map(|_| {
            let one = dice.below(regions as u64) as usize;
            let other = (one + 1 + dice.below(regions as u64 - 1) as usize) % regions;
            let from = dice.below(80);
            (one, other, from, from + 5 + dice.below(100))
        });
        let partitions: Vec<_> = partitions.collect();
        let unhealthy =
            (some(&mut dice, 3) == 1).then(|| (dice.below(regions as u64) as usize, dice.below(2) as usize));
        let aborted =
            (some(&mut dice, 4) == 1).then(|| (dice.below(regions as u64) as usize, dice.below(100)));
        Self {
            regions,
            quorum: if dice.below(4) == 0 { regions - 1 } else { regions },
            abort_spreads: dice.below(3) > 0,
            partition_aborts: !quiet && dice.below(3) == 0,
            skew: (0..regions).map(|_| dice.below(11) as i64 - 5).collect(),
            begins: (0..regions).map(|_| some(&mut dice, 60)).collect(),
            lost_one_in: [0, 0, 3, 10].get(some(&mut dice, 3) as usize).copied().unwrap_or_default(),
            latest: some(&mut dice, 20),
            partitions,
            unhealthy,
            aborted,
            faults: (0..regions).map(|_| some(&mut dice, 5) as u32).collect(),
            seed,
        }
    }

    /// Whether nothing keeps the release from its end in every region.
    pub(crate) fn is_quiet(&self) -> bool {
        self.partitions.is_empty()
            && self.unhealthy.is_none()
            && self.aborted.is_none()
            && self.lost_one_in == 0
            && self.faults.iter().all(|faults| *faults == 0)
            && self.latest == 0
            && self.begins.iter().all(|begins| *begins == 0)
    }

    /// Whether two regions hear each other at a moment.
    pub(crate) fn connected(&self, one: usize, other: usize, at: u64) -> bool {
        !self.partitions.iter().any(|(a, b, from, until)| {
            let same = (*a, *b) == (one, other) || (*a, *b) == (other, one);
            same && (*from..*until).contains(&at)
        })
    }
}

/// SplitMix64.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// A number below `most`.
    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % most.max(1)
    }
}
