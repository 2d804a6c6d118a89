//! Rules about Services and routes.

use super::{ABORT, LOOK, Remedy, Rule, command};

pub(super) const INVALID: Rule = Rule {
    id: "traffic.invalid",
    about: "cannot set the split of traffic",
    remedies: &[Remedy::Mend("correct the route object, or the Rollout's trafficRouting, as it says"), ABORT],
};

pub(super) const VERIFY: Rule = Rule {
    id: "traffic.verify",
    about: "waits until the split is seen at the router",
    remedies: &[
        Remedy::Wait("the router's controller accepts the route"),
        Remedy::Mend("look at the conditions in the route's status, and whether its controller runs"),
        ABORT,
    ],
};

pub(super) const CAPACITY: Rule = Rule {
    id: "traffic.capacity",
    about: "keeps the split until the stable version can carry its share",
    remedies: &[Remedy::Wait("pods of the stable version become available"), LOOK],
};

pub(super) const SERVICE: Rule = Rule {
    id: "service.wait",
    about: "keeps a Service where it is until the other version can take over",
    remedies: &[Remedy::Wait("pods of that version become available"), LOOK],
};

pub(super) const ACTIVE: Rule = Rule {
    id: "active.wait",
    about: "keeps users where they are until the other version can take them",
    remedies: &[Remedy::Wait("pods of that version become available"), LOOK],
};

pub(super) const ACTIVE_HALTED: Rule = Rule {
    id: "active.halted",
    about: "switches nobody while it is paused",
    remedies: &[command("promote {name}", "ends the pause")],
};
