//! Rules about AnalysisRuns.

use super::{ABORT, LOOK, Remedy, Rule, command};

pub(super) const WAIT: Rule = Rule {
    id: "analysis.wait",
    about: "waits for an analysis",
    remedies: &[
        Remedy::Wait("the run ends by itself"),
        LOOK,
        command("promote {name}", "goes past the analysis"),
        ABORT,
    ],
};

pub(super) const INVALID: Rule = Rule {
    id: "analysis.invalid",
    about: "cannot begin an analysis",
    remedies: &[
        Remedy::Mend("correct the AnalysisTemplate, or the arguments that the Rollout gives it"),
        command("promote {name}", "goes past the analysis"),
        ABORT,
    ],
};

pub(super) const EVIDENCE: Rule = Rule {
    id: "analysis.evidence",
    about: "goes on with what the analysis before it knew, or says why not",
    remedies: &[LOOK],
};

pub(super) const RUN: Rule = Rule {
    id: "analysis.run",
    about: "was judged",
    remedies: &[Remedy::Wait("measurements come at their interval")],
};

pub(super) const TTL: Rule = Rule {
    id: "analysis.ttl",
    about: "is over, and goes in a while",
    remedies: &[Remedy::Wait("its ttlStrategy deletes it")],
};
