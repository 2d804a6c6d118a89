//! The differences of all pairs of two samples, by rank.
//!
//! A day of windows has 75 million pairs. They are never listed: beside sorted samples, how many of them lie below a
//! value is counted in one pass over both.

/// Two samples, sorted.
pub(super) struct Differences {
    pub(super) canary: Vec<f64>,
    pub(super) baseline: Vec<f64>,
}

impl Differences {
    pub(super) fn of(canary: &[f64], baseline: &[f64]) -> Self {
        let sorted = |values: &[f64]| {
            let mut values = values.to_vec();
            values.sort_by(f64::total_cmp);
            values
        };
        Self { canary: sorted(canary), baseline: sorted(baseline) }
    }

    /// How many there are.
    fn pairs(&self) -> u64 {
        self.canary.len() as u64 * self.baseline.len() as u64
    }

    /// How many are at most `value`.
    fn up_to(&self, value: f64) -> u64 {
        let mut found = 0;
        // A larger sample of the canary is within `value` of fewer, larger samples of the baseline.
        let mut baseline = self.baseline.as_slice();
        for x in &self.canary {
            while let [y, larger @ ..] = baseline
                && x - y > value
            {
                baseline = larger;
            }
            found += baseline.len() as u64;
        }
        found
    }

    /// The difference with this rank, from 1; 0 when there is none.
    fn ranked(&self, rank: u64) -> f64 {
        let ends = |arm: &[f64]| Some((*arm.first()?, *arm.last()?));
        let Some(((least, most), (low, high))) = ends(&self.canary).zip(ends(&self.baseline)) else {
            return 0.0;
        };
        // The first number, in the order of all numbers, up to which there are so many.
        let (mut below, mut at) = (place(least - high), place(most - low));
        while below < at {
            let middle = below + (at.abs_diff(below) / 2) as i64;
            if self.up_to(number(middle)) >= rank {
                at = middle;
            } else {
                below = middle + 1;
            }
        }
        // There is no negative zero among differences of others.
        number(at) + 0.0
    }

    pub(super) fn median(&self) -> f64 {
        let pairs = self.pairs();
        f64::midpoint(self.ranked(pairs.div_ceil(2)), self.ranked(pairs / 2 + 1))
    }

    /// The difference at which `above`, which looks at how many lie above, ends; the first or the last where it ends
    /// outside of them.
    pub(super) fn descent(&self, above: impl Fn(u64) -> bool) -> f64 {
        let (mut low, mut high) = (0, self.pairs());
        while low < high {
            let middle = low + (high - low) / 2;
            if above(middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        // With one less than `low` above it ends; as many as are not above are up to there.
        let ended = low.saturating_sub(1);
        self.ranked(self.pairs() - ended)
    }
}

/// Where a number stands among all, as `f64::total_cmp` orders them.
fn place(number: f64) -> i64 {
    let bits = number.to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

/// The number that stands there.
fn number(place: i64) -> f64 {
    f64::from_bits((place ^ (((place >> 63) as u64) >> 1) as i64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: f64, other: f64) {
        assert_eq!(one.to_bits(), other.to_bits(), "{one} {other}");
    }

    /// Samples with ties, negative ones and zeros.
    fn samples(size: u32, seed: u32) -> Vec<f64> {
        let sample = |at: u32| f64::from(at.wrapping_mul(seed) >> 27) * 0.3 - 2.1;
        (1..=size).map(sample).collect()
    }

    #[test]
    fn each_rank_is_that_of_the_list_of_all_pairs() {
        for (m, n) in [(1, 1), (1, 7), (6, 5), (13, 12)] {
            let (canary, baseline) = (samples(m, 0x9E37_79B9), samples(n, 0x85EB_CA6B));
            let mut list: Vec<f64> =
                canary.iter().flat_map(|x| baseline.iter().map(move |y| x - y)).collect();
            list.sort_by(f64::total_cmp);
            let all = Differences::of(&canary, &baseline);
            let ranked: Vec<f64> = (1..).zip(&list).map(|(rank, _)| all.ranked(rank)).collect();
            assert_eq!(ranked, list);
            let at = |at: usize| list[at];
            same(all.median(), f64::midpoint(at((list.len() - 1) / 2), at(list.len() / 2)));
            // So many lie above, and no more.
            for most in 0..=all.pairs() {
                let last = list.len() - 1;
                let wanted = list[last.saturating_sub(most as usize)];
                same(all.descent(|u| u > most), wanted);
            }
            same(all.descent(|_| true), list[list.len() - 1]);
        }
        let empty = Differences::of(&[], &[1.0]);
        assert_eq!((empty.median(), empty.descent(|_| true)), (0.0, 0.0));
    }

    #[test]
    fn numbers_keep_their_order_as_places() {
        let numbers = [f64::NEG_INFINITY, -1e300, -1.5, -1e-320, 0.0, 1e-320, 2.5, f64::INFINITY];
        assert!(numbers.map(place).is_sorted());
        for it in numbers {
            same(number(place(it)), it);
        }
    }
}
