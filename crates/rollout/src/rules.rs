//! Every rule that [`Decision::because`](crate::Decision) may name: what it waits for, and what ends the wait.
//!
//! One row a rule, the most telling first: where several hold, the first is what a person wants to know. A test reads
//! the sources and fails for a rule without a row, and for a row without a rule.

mod analysis;
mod experiment;
mod pods;
mod release;
mod traffic;

/// What a rule means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable name, such as `pause.wait`.
    pub id: &'static str,
    /// What is awaited, or what is wrong, in a few words.
    pub about: &'static str,
    /// What ends it; any one of them does.
    pub remedies: &'static [Remedy],
}

/// What ends a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// A command of `aviary`.
    Command {
        /// How it is written after the program's name; `{name}` is the Rollout.
        line: &'static str,
        /// What comes of it.
        effect: &'static str,
    },
    /// Something that comes by itself.
    Wait(&'static str),
    /// Something to put right.
    Mend(&'static str),
}

impl Rule {
    /// The rule with that name.
    ///
    /// ```
    /// let rule = aviary_rollout::Rule::named("pause.wait").unwrap();
    /// assert_eq!(rule.about, "waits for a person");
    /// ```
    pub fn named(id: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.id == id)
    }

    /// Its place in the table: the lower, the more telling.
    pub(crate) fn rank(id: &str) -> usize {
        RULES.iter().position(|rule| rule.id == id).unwrap_or(RULES.len())
    }
}

const fn command(line: &'static str, effect: &'static str) -> Remedy {
    Remedy::Command { line, effect }
}

/// Shows what is below the Rollout.
const LOOK: Remedy = command("get rollout {name}", "shows its pods and runs, and what is wrong with them");
/// Brings the old version back.
const ABORT: Remedy = command("abort {name}", "brings the old version back");

/// Every rule there is.
pub static RULES: &[Rule] = &[
    release::DELETED,
    release::INVALID,
    release::ABORTED,
    release::HELD,
    release::PAUSE_INCONCLUSIVE,
    release::PAUSE_WAIT,
    release::PAUSE_TIMED,
    release::SWITCH_WAIT,
    release::SWITCH_TIMED,
    release::DEADLINE,
    traffic::INVALID,
    analysis::INVALID,
    analysis::WAIT,
    experiment::REFUSED,
    experiment::WAIT,
    release::GATE,
    traffic::CAPACITY,
    traffic::VERIFY,
    pods::NEW,
    pods::STABLE,
    traffic::SERVICE,
    traffic::ACTIVE,
    pods::OLD,
    pods::ABORT_STABLE,
    pods::ABORT_DRAIN,
    pods::UNVERIFIED,
    pods::DRAIN,
    pods::HALTED,
    traffic::ACTIVE_HALTED,
    pods::HELD_SIZE,
    pods::RESTART,
    pods::RESTART_LATER,
    release::COLLISION,
    release::DEFAULT_REPLICAS,
    release::ABORT_WINS,
    pods::WORKLOAD,
    analysis::EVIDENCE,
    analysis::RUN,
    analysis::TTL,
    experiment::INVALID,
    experiment::COLLISION,
    experiment::PODS,
    experiment::ANALYSIS,
    experiment::DURATION,
    experiment::DRAIN,
];

#[cfg(test)]
mod tests;
