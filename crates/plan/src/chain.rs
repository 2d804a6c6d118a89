//! Comparisons that go on from one another.
//!
//! `falseAborts` is promised for a release, so the controller hands what a comparison knows on to the next analysis
//! that makes the same one (`rollout::analysis::compare::evidence`): from step to step, and from before a blue-green
//! switch to after it. A background analysis is one from beginning to end. What it knows is in its AnalysisRun: where so
//! few are kept that this one is gone, the next begins anew.

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
    /// Which analysis of the Rollout it is.
    number: usize,
    /// Where it was made first.
    pub(crate) first: Option<usize>,
    /// What all of them have seen.
    pub(crate) seen: Vec<PlanStep>,
}

/// A comparison, as far as others may go on from it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) chain: Chain,
    /// Which analysis of the Rollout it is.
    pub(crate) number: usize,
    pub(crate) metric: &'a str,
    pub(crate) config: &'a Config,
}

/// The comparisons so far.
#[derive(Debug)]
pub(crate) struct Chains {
    /// How many AnalysisRuns that ended well are kept.
    kept: usize,
    links: Vec<Link>,
}

impl Chains {
    pub(crate) const fn new(kept: usize) -> Self {
        Self { kept, links: Vec::new() }
    }

    /// What a comparison goes on from.
    pub(crate) fn before(&self, asked: Asked<'_>) -> Option<&Link> {
        let same = |link: &&Link| {
            link.chain == asked.chain
                && link.metric == asked.metric
                && same_question(&link.config, asked.config)
        };
        let last = self.links.iter().rfind(same)?;
        if asked.number - last.number > self.kept {
            return None;
        }
        // Whether it is judged in the same way, the judge itself says.
        Judge::restore(asked.config, Judge::new(&last.config).state().clone()).is_ok().then_some(last)
    }

    /// Adds a comparison that saw these steps at the step `at`.
    pub(crate) fn leave(&mut self, asked: Asked<'_>, at: Option<usize>, steps: Vec<PlanStep>) {
        let before = self.before(asked);
        let first = before.map_or(at, |before| before.first);
        let seen = before.map_or_else(Vec::new, |before| before.seen.clone());
        let Asked { chain, number, metric, config } = asked;
        let (metric, config) = (metric.to_owned(), config.clone());
        self.links.push(Link { chain, metric, config, number, first, seen: [seen, steps].concat() });
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
