//! Smooth weighted choice: exact over every cycle, and as evenly spread as can be within it.

/// Chooses among weighted places. After any number of choices, each place is within one choice of its exact share
/// of its cycle, and after `sum of weights` choices it is exact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Balance {
    weights: Vec<i64>,
    credit: Vec<i64>,
}

impl Balance {
    pub(crate) fn new(weights: impl IntoIterator<Item = i32>) -> Self {
        let weights: Vec<i64> = weights.into_iter().map(|weight| i64::from(weight.max(0))).collect();
        Self { credit: vec![0; weights.len()], weights }
    }

    /// Whether this one was made for the same weights.
    pub(crate) fn same_weights(&self, other: &Self) -> bool {
        self.weights == other.weights
    }

    /// Index of the next place; `None` when no weight is above zero.
    ///
    /// Each place earns its weight; the richest is chosen and pays the sum of all weights.
    pub(crate) fn choose(&mut self) -> Option<usize> {
        let total: i64 = self.weights.iter().sum();
        let mut richest: Option<(usize, i64)> = None;
        for (index, (credit, weight)) in self.credit.iter_mut().zip(&self.weights).enumerate() {
            *credit += weight;
            if *weight > 0 && richest.is_none_or(|(_, most)| *credit > most) {
                richest = Some((index, *credit));
            }
        }
        let (chosen, _) = richest?;
        if let Some(credit) = self.credit.get_mut(chosen) {
            *credit -= total;
        }
        Some(chosen)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_cycle_gives_each_place_exactly_its_weight(weights in prop::collection::vec(0..60_i32, 1..5)) {
            let mut balance = Balance::new(weights.clone());
            let total: i32 = weights.iter().sum();
            for _ in 0..3 {
                let mut counts = vec![0; weights.len()];
                for _ in 0..total {
                    counts[balance.choose().unwrap()] += 1;
                }
                prop_assert_eq!(&counts, &weights);
            }
        }
    }

    #[test]
    fn a_small_share_is_spread_over_the_cycle() {
        let mut balance = Balance::new([90, 10]);
        let canary: Vec<usize> = (0..100).filter(|_| balance.choose() == Some(1)).collect();
        assert_eq!(canary.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>(), [10; 9]);
    }

    #[test]
    fn without_any_weight_nothing_is_chosen() {
        assert_eq!(Balance::new([0, 0]).choose(), None);
    }
}
