//! What the spec refers to: Services and templates that must exist and fit (spec rollout-fields 2.6).

use crd::{Argument, Rollout, RolloutAnalysis, RolloutArgument, names};

use super::{Problem, quoted};
use crate::observed::Observed;
use crate::strategy::Strategy;
use crate::templates;

pub(super) fn check(observed: &Observed, rollout: &Rollout) -> Result<(), Problem> {
    if let Some(canary) = rollout.canary() {
        let at = "spec.strategy.canary";
        service(observed, rollout, &canary.stable_service, &format!("{at}.stableService"))?;
        service(observed, rollout, &canary.canary_service, &format!("{at}.canaryService"))?;
        if let Some(pair) = &canary.ping_pong {
            service(observed, rollout, &pair.ping_service, &format!("{at}.pingPong.pingService"))?;
            service(observed, rollout, &pair.pong_service, &format!("{at}.pingPong.pongService"))?;
        }
        analyses(observed, canary, at)?;
    }
    if let Some(blue_green) = rollout.blue_green() {
        let at = "spec.strategy.blueGreen";
        service(observed, rollout, &blue_green.active_service, &format!("{at}.activeService"))?;
        service(observed, rollout, &blue_green.preview_service, &format!("{at}.previewService"))?;
        analyses(observed, blue_green, at)?;
    }
    Ok(())
}

fn analyses<S: Strategy>(observed: &Observed, strategy: &S, at: &str) -> Result<(), Problem> {
    let analyses = strategy.analyses();
    analyses
        .into_iter()
        .try_for_each(|(field, found)| analysis(observed, found, &format!("{at}.{field}.templates")))
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

/// The first reference that leads nowhere, then whatever keeps the templates from becoming one run.
fn analysis(observed: &Observed, analysis: &RolloutAnalysis, at: &str) -> Result<(), Problem> {
    let references = &analysis.templates;
    if let Some(missing) = references.iter().find(|reference| observed.templates.get(reference).is_none()) {
        let kind = if missing.cluster_scope { "ClusterAnalysisTemplate" } else { "AnalysisTemplate" };
        let name = &missing.template_name;
        return Err(Problem::invalid(at, &quoted(name), &format!("{kind} '{name}' not found")));
    }
    // Which values the arguments get does not matter here, only whether they get any.
    let given = |argument: &RolloutArgument| Argument {
        name: argument.name.clone(),
        value: Some(argument.value.clone()),
        value_from: None,
    };
    let args: Vec<Argument> = analysis.args.iter().map(given).collect();
    let resolved = templates::run_spec(&observed.templates, analysis, &args);
    resolved.map(|_| ()).map_err(|why| {
        let (cluster, namespaced): (Vec<_>, Vec<_>) =
            references.iter().partition(|reference| reference.cluster_scope);
        let names: Vec<&str> =
            namespaced.iter().chain(&cluster).map(|reference| reference.template_name.as_str()).collect();
        Problem::invalid(at, &format!("templateNames: [{}]", names.join(" ")), &why)
    })
}
