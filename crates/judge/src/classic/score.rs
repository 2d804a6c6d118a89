//! From classifications to one score.

use super::Classification;

/// Metrics that are scored together.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Its share in the score, relative to the others.
    pub weight: f64,
    /// Each metric's class, and whether a deviation of it is critical.
    pub metrics: Vec<(Classification, bool)>,
}

/// The weighted mean of `100 * passed / (passed + high + low)` over groups; 0 when a critical metric deviates.
/// Metrics without data count in no group; `None` when nothing counts.
#[must_use]
pub fn score(groups: &[Group]) -> Option<f64> {
    let deviates = |class| matches!(class, Classification::High | Classification::Low);
    if groups.iter().flat_map(|group| &group.metrics).any(|(class, critical)| *critical && deviates(*class)) {
        return Some(0.0);
    }
    let (mut sum, mut weights) = (0.0, 0.0);
    for group in groups {
        let passed = group.metrics.iter().filter(|(class, _)| *class == Classification::Pass).count() as f64;
        let failed = group.metrics.iter().filter(|(class, _)| deviates(*class)).count() as f64;
        if passed + failed > 0.0 {
            sum += group.weight * 100.0 * passed / (passed + failed);
            weights += group.weight;
        }
    }
    (weights > 0.0).then(|| sum / weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Classification::{High, Low, NoData, Pass};

    #[test]
    fn a_score_is_the_weighted_share_of_passes_and_a_critical_deviation_makes_it_zero() {
        let group = |weight, classes: &[(Classification, bool)]| Group { weight, metrics: classes.to_vec() };
        let errors = group(3.0, &[(Pass, true), (High, false), (NoData, true)]);
        let latency = group(1.0, &[(Pass, false), (Pass, false)]);
        assert_eq!(score(&[errors.clone(), latency]), Some(62.5));
        assert_eq!(score(&[errors, group(1.0, &[(Low, true)])]), Some(0.0));
        assert_eq!(score(&[group(1.0, &[(NoData, true)])]), None);
    }
}
