//! Rules about Experiments.

use super::{ABORT, LOOK, Remedy, Rule, command};

pub(super) const WAIT: Rule = Rule {
    id: "experiment.wait",
    about: "waits for an Experiment",
    remedies: &[
        Remedy::Wait("the Experiment ends by itself"),
        LOOK,
        command("promote {name}", "goes past the Experiment"),
        ABORT,
    ],
};

pub(super) const REFUSED: Rule = Rule {
    id: "experiment.refused",
    about: "cannot begin an Experiment",
    remedies: &[
        Remedy::Mend("correct the step that is named"),
        command("promote {name}", "goes past the Experiment"),
        ABORT,
    ],
};

pub(super) const INVALID: Rule = Rule {
    id: "experiment.invalid",
    about: "cannot be carried out as it is written",
    remedies: &[Remedy::Mend("correct what is named")],
};

pub(super) const COLLISION: Rule = Rule {
    id: "experiment.collision",
    about: "needs a name that is taken",
    remedies: &[Remedy::Mend("delete the ReplicaSet that is named, or rename the template")],
};

pub(super) const PODS: Rule = Rule {
    id: "experiment.pods",
    about: "waits for pods",
    remedies: &[
        Remedy::Wait("its pods become available, or it is given up at its progress deadline"),
        Remedy::Mend("`kubectl describe pods` says what keeps them"),
    ],
};

pub(super) const ANALYSIS: Rule = Rule {
    id: "experiment.analysis",
    about: "waits for an analysis",
    remedies: &[Remedy::Wait("the run ends by itself")],
};

pub(super) const DURATION: Rule = Rule {
    id: "experiment.duration",
    about: "runs for its time",
    remedies: &[Remedy::Wait("it ends at that time"), command("terminate experiment {name}", "ends it now")],
};

pub(super) const DRAIN: Rule = Rule {
    id: "experiment.drain",
    about: "is over, and keeps its pods for a while",
    remedies: &[Remedy::Wait("they go at their deadline")],
};
