//! What is shown of a Rollout or an Experiment, gathered from the objects of a namespace (spec cli-get-tree 3).
//! Pure: objects and the time in, a model out.

pub(crate) mod analysis_run;
pub(crate) mod experiment;
pub(crate) mod images;
pub(crate) mod phase;
pub(crate) mod pod;
pub(crate) mod replica_set;
pub(crate) mod rollout;
pub(crate) mod weight;

use serde_json::Value as Json;

/// The objects of a namespace that a view is made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Objects {
    pub(crate) replica_sets: Vec<Json>,
    pub(crate) pods: Vec<Json>,
    pub(crate) experiments: Vec<Json>,
    pub(crate) analysis_runs: Vec<Json>,
}

/// How a Rollout releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strategy {
    Canary,
    BlueGreen,
    Unknown,
}

impl Strategy {
    pub(crate) fn of(rollout: &Json) -> Self {
        let has = |name: &str| {
            rollout
                .pointer("/spec/strategy")
                .and_then(|strategy| strategy.get(name))
                .is_some_and(|it| !it.is_null())
        };
        match (has("blueGreen"), has("canary")) {
            (true, _) => Self::BlueGreen,
            (false, true) => Self::Canary,
            (false, false) => Self::Unknown,
        }
    }

    /// The word in the header; none when neither strategy is set.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Canary => "Canary",
            Self::BlueGreen => "BlueGreen",
            Self::Unknown => "",
        }
    }
}
