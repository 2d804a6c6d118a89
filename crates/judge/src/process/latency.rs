//! Latency: at each of up to four edges, the share of requests that is slower (judge 2.6).

use super::{Comparison, Pool, Rules};
use crate::config::{Kind, Metric};
use crate::counts::Counts;
use crate::exact;
use crate::log_sum::log_mean_exp;
use crate::window::Buckets;
use serde::{Deserialize, Serialize};

/// Quantiles of stable whose edges are judged when no edges are given.
const QUANTILES: [f64; 3] = [0.5, 0.9, 0.99];

/// Everything that is kept of a latency.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Latency {
    /// Upper ends of the buckets.
    #[serde(with = "exact::list")]
    pub(crate) bounds: Vec<f64>,
    /// Sums over the release, for display.
    #[serde(with = "exact::list")]
    pub(crate) canary: Vec<f64>,
    #[serde(with = "exact::list")]
    pub(crate) stable: Vec<f64>,
    /// Stable's histogram of the warm-up; it is empty once the edges are chosen.
    #[serde(with = "exact::list")]
    warm: Vec<f64>,
    edges: Vec<Edge>,
}

/// One edge: requests slower than it are the bad ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Edge {
    /// Index of its bucket.
    bucket: usize,
    slower: Comparison,
}

impl Latency {
    pub(crate) fn warm_up(&mut self, buckets: &Buckets) {
        // Another step warms up again, when the edges are chosen long since. A state of before that was minded has some.
        if !self.edges.is_empty() {
            self.warm.clear();
        } else if self.fits(buckets).is_ok() {
            add(&mut self.warm, &buckets.stable);
        }
    }

    pub(crate) fn observe(
        &mut self,
        buckets: &Buckets,
        rules: &Rules<'_>,
        mut into: Option<&mut Pool>,
    ) -> Result<(), &'static str> {
        self.fits(buckets)?;
        if self.edges.is_empty() {
            self.choose(rules.metric)?;
            if self.edges.is_empty() {
                // Without a warm-up the first window chooses the edges, and is no evidence: they must be fixed before.
                add(&mut self.warm, &buckets.stable);
                self.choose(rules.metric)?;
                return Err("used to choose the edges");
            }
        }
        add(&mut self.canary, &buckets.canary);
        add(&mut self.stable, &buckets.stable);
        let (n1, n0) = buckets.totals();
        for (row, edge) in self.edges.iter_mut().enumerate() {
            let slower = |counts: &[f64]| counts.iter().skip(edge.bucket + 1).sum::<f64>();
            let counts = Counts::new(n1, n0, slower(&buckets.canary), slower(&buckets.stable));
            edge.slower.observe(&[counts], rules, into.as_deref_mut(), row);
        }
        Ok(())
    }

    /// Histograms can be compared only when all have the same buckets.
    fn fits(&mut self, buckets: &Buckets) -> Result<(), &'static str> {
        if self.bounds.is_empty() {
            self.bounds.clone_from(&buckets.bounds);
        }
        if self.bounds == buckets.bounds {
            Ok(())
        } else {
            Err("the buckets have other boundaries than before")
        }
    }

    /// The given edges, or those nearest above stable's median, p90 and p99 of the warm-up.
    fn choose(&mut self, metric: &Metric) -> Result<(), &'static str> {
        let Kind::Latency { edges } = &metric.kind else { return Ok(()) };
        let chosen: Vec<usize> = if edges.is_empty() {
            QUANTILES.iter().filter_map(|q| bucket_of(&self.warm, *q, self.bounds.len())).collect()
        } else {
            let bucket =
                |edge: &f64| self.bounds.iter().position(|bound| (bound - edge).abs() <= 1e-9 * edge.abs());
            let found: Option<Vec<usize>> = edges.iter().map(bucket).collect();
            found.ok_or("no bucket ends at a configured edge")?
        };
        let edge = |bucket| Edge { bucket, slower: Comparison::default() };
        self.edges = chosen.into_iter().map(edge).collect();
        self.edges.dedup_by_key(|edge| edge.bucket);
        if !self.edges.is_empty() {
            self.warm.clear();
        }
        Ok(())
    }

    /// The edges in use, in the unit of the buckets.
    pub(crate) fn edges(&self) -> Vec<f64> {
        self.edges.iter().filter_map(|edge| self.bounds.get(edge.bucket)).copied().collect()
    }

    /// For each edge in use: itself, what was counted on either side of it, and the estimate of dispersion.
    pub(crate) fn slower(&self, prior: f64) -> Vec<(f64, Counts, f64)> {
        let (n1, n0) = (self.canary.iter().sum(), self.stable.iter().sum());
        let beyond = |counts: &[f64], bucket: usize| counts.iter().skip(bucket + 1).sum::<f64>();
        let each = self.edges.iter().filter_map(|edge| {
            let bound = *self.bounds.get(edge.bucket)?;
            let slow = |counts: &[f64]| beyond(counts, edge.bucket);
            let counts = Counts::new(n1, n0, slow(&self.canary), slow(&self.stable));
            Some((bound, counts, edge.slower.estimate.mean(prior)))
        });
        each.collect()
    }

    /// The mean of the edges' evidence: valid however they depend on each other.
    pub(crate) fn log_e_fail(&self, metric: &Metric) -> f64 {
        if self.edges.is_empty() {
            return 0.0;
        }
        log_mean_exp(self.edges.iter().map(|edge| edge.slower.log_e_fail(metric)))
    }

    /// Every edge must hold, so the least evidence counts.
    pub(crate) fn log_e_pass(&self, metric: &Metric, factor: f64) -> f64 {
        let each = self.edges.iter().map(|edge| edge.slower.log_e_pass(metric, factor));
        each.reduce(f64::min).unwrap_or(0.0)
    }

    pub(crate) fn forget_pass(&mut self) {
        self.edges.iter_mut().for_each(|edge| edge.slower.forget_pass());
    }

    pub(crate) fn dispersion(&self, prior: f64) -> Option<f64> {
        self.edges.iter().map(|edge| edge.slower.estimate.mean(prior)).reduce(f64::max)
    }
}

fn add(sums: &mut Vec<f64>, counts: &[f64]) {
    if sums.len() < counts.len() {
        sums.resize(counts.len(), 0.0);
    }
    sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
}

/// The bucket in which the quantile lies, if it is not the last one, which has no upper end.
fn bucket_of(counts: &[f64], q: f64, edges: usize) -> Option<usize> {
    let total: f64 = counts.iter().sum();
    let mut below = 0.0;
    let bucket = counts.iter().position(|count| {
        below += count;
        total > 0.0 && below >= q * total
    })?;
    (bucket < edges).then_some(bucket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_lie_above_the_quantiles_of_the_warm_up() {
        let counts = [40.0, 20.0, 31.0, 8.0, 1.0];
        assert_eq!(QUANTILES.map(|q| bucket_of(&counts, q, 4)), [Some(1), Some(2), Some(3)]);
        assert_eq!(bucket_of(&counts, 0.999, 4), None);
        assert_eq!(bucket_of(&[], 0.5, 4), None);
    }
}
