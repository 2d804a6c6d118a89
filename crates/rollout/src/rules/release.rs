//! Rules about the release as a whole.

use super::{ABORT, LOOK, Remedy, Rule, command};

const RESUME: Remedy = command("promote {name}", "lets it go on with the next step");

pub(super) const DELETED: Rule = Rule {
    id: "rollout.deleted",
    about: "is being deleted",
    remedies: &[Remedy::Wait("it goes when its finalizers are done")],
};

pub(super) const INVALID: Rule = Rule {
    id: "spec.invalid",
    about: "cannot be carried out as it is written",
    remedies: &[
        Remedy::Mend("correct the field that is named, or create the object that it refers to"),
        Remedy::Mend("`aviary lint` finds every mistake in the manifests before they are applied"),
    ],
};

pub(super) const ABORTED: Rule = Rule {
    id: "update.aborted",
    about: "was given up; the old version serves",
    remedies: &[
        command("undo {name}", "asks for the old version, and is healthy again"),
        command("retry rollout {name}", "tries the same version once more"),
        command("set image {name} CONTAINER=IMAGE", "releases another version"),
    ],
};

pub(super) const HELD: Rule =
    Rule { id: "spec.paused", about: "is held by a person", remedies: &[RESUME, ABORT] };

pub(super) const PAUSE_INCONCLUSIVE: Rule = Rule {
    id: "pause.inconclusive",
    about: "waits for a person to judge an analysis",
    remedies: &[LOOK, command("promote {name}", "calls it good, and goes on"), ABORT],
};

pub(super) const PAUSE_WAIT: Rule = Rule {
    id: "pause.wait",
    about: "waits for a person",
    remedies: &[
        RESUME,
        command("promote {name} --full", "goes to the end, past all steps and analyses"),
        ABORT,
    ],
};

pub(super) const PAUSE_TIMED: Rule = Rule {
    id: "pause.timed",
    about: "waits for time to pass",
    remedies: &[
        Remedy::Wait("it goes on by itself at that time"),
        command("promote {name}", "goes on at once"),
        ABORT,
    ],
};

pub(super) const SWITCH_WAIT: Rule = Rule {
    id: "switch.wait",
    about: "waits for a person before users are switched",
    remedies: &[command("promote {name}", "switches users to the new version"), ABORT],
};

pub(super) const SWITCH_TIMED: Rule = Rule {
    id: "switch.timed",
    about: "waits for a while before users are switched",
    remedies: &[
        Remedy::Wait("users are switched at that time"),
        command("promote {name} --full", "switches them at once, past all analyses"),
        ABORT,
    ],
};

pub(super) const DEADLINE: Rule = Rule {
    id: "progress.deadline",
    about: "made no progress for longer than spec.progressDeadlineSeconds",
    remedies: &[
        LOOK,
        Remedy::Mend("let the pods become available: their image, probes, quota and room on nodes"),
        ABORT,
    ],
};

pub(super) const GATE: Rule = Rule {
    id: "gate.wait",
    about: "waits for the other regions",
    remedies: &[
        Remedy::Wait("the gate opens when every region is there and verified"),
        Remedy::Mend("look at the region that is named: `aviary get release` shows all of them"),
        command("promote {name}", "goes past the gate without them"),
        ABORT,
    ],
};

pub(super) const COLLISION: Rule = Rule {
    id: "revision.collision",
    about: "found the name of its new ReplicaSet taken",
    remedies: &[Remedy::Wait("the next look uses another name")],
};

pub(super) const DEFAULT_REPLICAS: Rule = Rule {
    id: "replicas.default",
    about: "has no spec.replicas",
    remedies: &[Remedy::Wait("1 is written, and the next look goes on")],
};

pub(super) const ABORT_WINS: Rule = Rule {
    id: "abort.wins",
    about: "was to be promoted at once, and was aborted then",
    remedies: &[Remedy::Wait("the wish to promote is taken back, and the next look goes on with the abort")],
};
