//! What the spec refers to: Services and templates that must exist and fit (spec rollout-fields 2.6).

use crd::{Rollout, names};

use super::{Problem, analyses, quoted};
use crate::observed::Observed;

pub(super) fn check(observed: &Observed, rollout: &Rollout) -> Result<(), Problem> {
    if let Some(canary) = rollout.canary() {
        let at = "spec.strategy.canary";
        service(observed, rollout, &canary.stable_service, &format!("{at}.stableService"))?;
        service(observed, rollout, &canary.canary_service, &format!("{at}.canaryService"))?;
        if let Some(pair) = &canary.ping_pong {
            service(observed, rollout, &pair.ping_service, &format!("{at}.pingPong.pingService"))?;
            service(observed, rollout, &pair.pong_service, &format!("{at}.pingPong.pongService"))?;
        }
        analyses::check(observed, canary, at)?;
    }
    if let Some(blue_green) = rollout.blue_green() {
        let at = "spec.strategy.blueGreen";
        service(observed, rollout, &blue_green.active_service, &format!("{at}.activeService"))?;
        service(observed, rollout, &blue_green.preview_service, &format!("{at}.previewService"))?;
        analyses::check(observed, blue_green, at)?;
    }
    Ok(())
}

fn service(observed: &Observed, rollout: &Rollout, name: &str, at: &str) -> Result<(), Problem> {
    if name.is_empty() {
        return Ok(());
    }
    let problem = |detail: String| Err(Problem::invalid(at, &quoted(name), &detail));
    let Some(service) = observed.services.get(name) else {
        return problem(format!("service \"{name}\" not found"));
    };
    let labels = &rollout.spec.template.metadata.labels;
    for (key, value) in service.spec.selector.iter().filter(|(key, _)| *key != names::POD_TEMPLATE_HASH) {
        if labels.get(key) != Some(value) {
            return problem(format!("Service \"{name}\" has unmatch label \"{key}\" in rollout"));
        }
    }
    match service.metadata.annotation(names::MANAGED_BY) {
        Some(other) if other != rollout.metadata.name => {
            problem(format!("Service \"{name}\" is managed by another Rollout"))
        }
        _ => Ok(()),
    }
}
