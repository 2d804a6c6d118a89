//! Rules about ReplicaSets and pods.

use super::{ABORT, LOOK, Remedy, Rule, command};

pub(super) const NEW: Rule = Rule {
    id: "pods.new",
    about: "waits for pods of the new version",
    remedies: &[Remedy::Wait("they become available"), LOOK, ABORT],
};

pub(super) const STABLE: Rule = Rule {
    id: "pods.stable",
    about: "waits for pods of the stable version",
    remedies: &[Remedy::Wait("they become available"), LOOK],
};

pub(super) const OLD: Rule = Rule {
    id: "pods.old",
    about: "waits for pods to end",
    remedies: &[Remedy::Wait("they end within their terminationGracePeriodSeconds")],
};

pub(super) const ABORT_STABLE: Rule = Rule {
    id: "abort.stable",
    about: "keeps the aborted version until the stable one is whole",
    remedies: &[Remedy::Wait("pods of the stable version become available"), LOOK],
};

pub(super) const ABORT_DRAIN: Rule = Rule {
    id: "abort.drain",
    about: "keeps pods of the aborted version for a while",
    remedies: &[Remedy::Wait("they go at that time (abortScaleDownDelaySeconds)")],
};

pub(super) const UNVERIFIED: Rule = Rule {
    id: "scale.unverified",
    about: "takes no pod away while the split is not seen",
    remedies: &[Remedy::Wait("the split is seen at the router")],
};

pub(super) const DRAIN: Rule = Rule {
    id: "scale.drain",
    about: "keeps pods of an old version for a while",
    remedies: &[Remedy::Wait("they go at that time (scaleDownDelaySeconds)")],
};

pub(super) const HALTED: Rule = Rule {
    id: "scale.halted",
    about: "leaves all sizes as they are while it is paused",
    remedies: &[command("promote {name}", "ends the pause")],
};

pub(super) const HELD_SIZE: Rule = Rule {
    id: "scaling.paused",
    about: "carries a new spec.replicas out after the pause",
    remedies: &[command("promote {name}", "ends the pause")],
};

pub(super) const RESTART: Rule = Rule {
    id: "restart.wait",
    about: "restarts its pods",
    remedies: &[
        Remedy::Wait("they go a few at a time, as maxUnavailable and disruption budgets allow"),
        LOOK,
    ],
};

pub(super) const RESTART_LATER: Rule = Rule {
    id: "restart.later",
    about: "restarts its pods at a time that lies ahead",
    remedies: &[Remedy::Wait("the restart begins at that time")],
};

pub(super) const WORKLOAD: Rule = Rule {
    id: "workload.scale",
    about: "changes the size of the Deployment that it refers to",
    remedies: &[Remedy::Wait("that size follows the Rollout's ready pods (workloadRef.scaleDown)")],
};
