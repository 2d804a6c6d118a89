//! From findings to the score of a canary config: groups with weights, critical metrics, and missing data.

use std::collections::BTreeMap;

use super::Classification;

/// From this part of the metrics on, missing data fails the canary.
const TOO_MANY: f64 = 0.5;

/// What one metric brings into the score. One that is muted brings nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally<'a> {
    /// What it is.
    pub class: Classification,
    /// Whether it fails the whole canary.
    pub critical: bool,
    /// The groups in which it counts.
    pub groups: &'a [String],
}

/// The score of all metrics.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// From 0 to the sum of the weights, which is 100 if they are as they should be.
    pub score: f64,
    /// Which rule made it.
    pub decision: Decision,
    /// Each group, in the order in which metrics name them.
    pub groups: Vec<Scored>,
}

/// Which rule made a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A critical metric failed: this one, from 0. The score is 0.
    Critical(usize),
    /// Half of the metrics or more have no data. The score is 0.
    NoData,
    /// The groups, by their weights.
    Groups,
}

/// One group.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// As metrics name it.
    pub name: String,
    /// Its part of 100.
    pub weight: f64,
    /// `100 * passed / all` of its metrics with data; none if no metric has some, and then nothing is lost by it.
    pub score: Option<f64>,
}

/// Scores the metrics. Groups without a weight share equally what the others leave of 100.
///
/// ```
/// use std::collections::BTreeMap;
/// use aviary_judge::classic::{Classification, Tally, summary};
///
/// let (errors, latency) = (["errors".to_owned()], ["latency".to_owned()]);
/// let metric = |class, groups| Tally { class, critical: false, groups };
/// let metrics = [
///     metric(Classification::High, &errors),
///     metric(Classification::Pass, &errors),
///     metric(Classification::Pass, &latency),
/// ];
/// let weights = BTreeMap::from([("errors".to_owned(), 80.0)]);
/// assert!((summary(&metrics, &weights).score - 60.0).abs() < 1e-9);
/// ```
#[must_use]
pub fn summary(metrics: &[Tally<'_>], weights: &BTreeMap<String, f64>) -> Summary {
    let groups = groups(metrics, weights);
    let no_data = metrics.iter().filter(|metric| metric.class == Classification::NoData).count() as f64;
    let failed = metrics.iter().position(|metric| metric.critical && metric.class != Classification::Pass);
    let (score, decision) = if let Some(at) = failed {
        (0.0, Decision::Critical(at))
    } else if !metrics.is_empty() && no_data >= TOO_MANY * metrics.len() as f64 {
        (0.0, Decision::NoData)
    } else {
        let weighed = groups.iter().map(|group| group.score.unwrap_or(100.0) * group.weight / 100.0);
        // No group is 0; the sum of nothing would be -0.
        let sum = weighed.fold(0.0, |sum, score| sum + score);
        ((sum * 100.0).round() / 100.0, Decision::Groups)
    };
    Summary { score, decision, groups }
}

fn groups(metrics: &[Tally<'_>], weights: &BTreeMap<String, f64>) -> Vec<Scored> {
    // Passed and counted, with the names in the order of their first metric.
    let mut counts: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    let mut names: Vec<&str> = Vec::new();
    for (metric, group) in metrics.iter().flat_map(|metric| metric.groups.iter().map(move |it| (metric, it)))
    {
        let (passed, counted) = counts.entry(group).or_insert_with(|| {
            names.push(group);
            (0.0, 0.0)
        });
        *passed += f64::from(metric.class == Classification::Pass);
        *counted += f64::from(metric.class != Classification::NoData);
    }
    let without = names.iter().filter(|name| !weights.contains_key(**name)).count() as f64;
    let shared = (100.0 - weights.values().sum::<f64>()) / without;
    let scored = |name: &str| {
        let (passed, counted) = counts.get(name).copied().unwrap_or_default();
        let score = (counted > 0.0).then(|| 100.0 * passed / counted);
        Scored { name: name.to_owned(), weight: weights.get(name).copied().unwrap_or(shared), score }
    };
    names.iter().map(|name| scored(name)).collect()
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // scores are rounded
mod tests {
    use super::*;
    use Classification::{High, Low, NoData, NoDataFails, Pass};

    /// Scores metrics, each with its class, whether it is critical, and its groups.
    fn scored(metrics: &[(Classification, bool, &str)], weights: &[(&str, f64)]) -> Summary {
        let names: Vec<Vec<String>> =
            metrics.iter().map(|(.., names)| names.split_whitespace().map(str::to_owned).collect()).collect();
        let tallies = metrics.iter().zip(&names).map(|((class, critical, _), groups)| Tally {
            class: *class,
            critical: *critical,
            groups,
        });
        let weights = weights.iter().map(|(name, weight)| ((*name).to_owned(), *weight)).collect();
        summary(&tallies.collect::<Vec<_>>(), &weights)
    }

    #[test]
    fn groups_count_by_their_weights_and_those_without_share_the_rest() {
        let metrics = [(Pass, false, "a b"), (High, false, "a"), (Low, false, "c"), (Pass, false, "d")];
        let found = scored(&metrics, &[("a", 40.0), ("b", 30.0)]);
        let groups: Vec<_> =
            found.groups.iter().map(|group| (group.name.as_str(), group.weight, group.score)).collect();
        let expected = [
            ("a", 40.0, Some(50.0)),
            ("b", 30.0, Some(100.0)),
            ("c", 15.0, Some(0.0)),
            ("d", 15.0, Some(100.0)),
        ];
        assert_eq!((groups.as_slice(), found.score), (expected.as_slice(), 65.0));
        // The weight of a group that no metric names is lost, as Kayenta has it.
        assert_eq!(scored(&metrics[3..], &[("d", 60.0), ("gone", 40.0)]).score, 60.0);
        let thirds = [(Pass, false, "a"), (Pass, false, "a"), (High, false, "a")];
        assert_eq!(scored(&thirds, &[]).score, 66.67);
    }

    #[test]
    fn a_critical_failure_or_half_without_data_makes_it_zero() {
        let critical = scored(&[(Pass, true, "a"), (High, true, "a"), (NoData, true, "a")], &[]);
        assert_eq!((critical.score, critical.decision), (0.0, Decision::Critical(1)));
        let missing = scored(&[(Pass, false, "a"), (NoData, true, "a"), (Pass, false, "a")], &[]);
        assert_eq!((missing.score, missing.decision), (0.0, Decision::Critical(1)));
        let half = scored(&[(Pass, false, "a"), (NoData, false, "b")], &[]);
        assert_eq!((half.score, half.decision), (0.0, Decision::NoData));
        // A third of the metrics: their group loses nothing.
        let third = scored(&[(Pass, false, "a"), (Pass, false, "a"), (NoData, false, "b")], &[]);
        assert_eq!((third.score, third.decision), (100.0, Decision::Groups));
        assert_eq!(third.groups[1].score, None);
        // What must have data counts as failed, and not as missing.
        let must = scored(&[(Pass, false, "a"), (NoDataFails, false, "a")], &[]);
        assert_eq!((must.score, must.decision), (50.0, Decision::Groups));
        assert_eq!((scored(&[], &[]).score, scored(&[], &[]).decision), (0.0, Decision::Groups));
    }
}
