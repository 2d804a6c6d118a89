//! Comparisons that go on from one another.
//!
//! `falseAborts` is promised for a release, so the controller hands what a comparison knows on to the next analysis
//! that makes the same one (`rollout::analysis::compare::evidence`): from step to step, and from before a blue-green
//! switch to after it. A background analysis is one from beginning to end.

use judge::power::PlanStep;
use judge::{Config, Judge, Metric};

/// Analyses that come one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chain {
    Background,
    Steps,
    BlueGreen,
}

/// A comparison, and what the next of its chain goes on with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Link {
    chain: Chain,
    metric: String,
    config: Config,
    /// Where it was made first.
    pub(crate) first: Option<usize>,
    /// What all of them have seen.
    pub(crate) seen: Vec<PlanStep>,
}

/// The comparisons so far.
#[derive(Debug, Default)]
pub(crate) struct Chains(Vec<Link>);

impl Chains {
    /// What a comparison goes on from.
    pub(crate) fn before(&self, chain: Chain, metric: &str, config: &Config) -> Option<&Link> {
        let same = |link: &&Link| {
            link.chain == chain && link.metric == metric && same_question(&link.config, config)
        };
        let last = self.0.iter().rfind(same)?;
        // Whether it is judged in the same way, the judge itself says.
        Judge::restore(config, Judge::new(&last.config).state().clone()).is_ok().then_some(last)
    }

    /// Adds a comparison that saw these steps at the step `at`.
    pub(crate) fn leave(
        &mut self,
        (chain, metric): (Chain, &str),
        config: Config,
        at: Option<usize>,
        steps: Vec<PlanStep>,
    ) {
        let before = self.before(chain, metric, &config);
        let first = before.map_or(at, |before| before.first);
        let seen = before.map_or_else(Vec::new, |before| before.seen.clone());
        let link = Link { chain, metric: metric.to_owned(), config, first, seen: [seen, steps].concat() };
        self.0.push(link);
    }
}

/// Whether both ask the same: other queries are another question, as for the controller.
fn same_question(one: &Config, other: &Config) -> bool {
    let same = |one: &Metric, other: &Metric| {
        (&one.name, &one.strata) == (&other.name, &other.strata)
            && (&one.canary, &one.stable) == (&other.canary, &other.stable)
    };
    let (metrics, others) = (&one.metrics, &other.metrics);
    metrics.len() == others.len() && metrics.iter().zip(others).all(|(one, other)| same(one, other))
}
