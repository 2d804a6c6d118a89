//! Whether the templates that a spec refers to exist, and can become the runs that they are for (spec analysis-01 11).
//!
//! Whether their metrics make sense is not asked here: that shows on the run.

use crd::{AnalysisTemplateSpec, Argument, IntOrString, RolloutAnalysis, RolloutArgument};

use super::{Problem, quoted};
use crate::analysis::{is_unbounded, resolve};
use crate::observed::Observed;
use crate::strategy::{AnalysisKind, Named, Strategy};
use crate::templates::{self, Found, Missing};

/// What stands for the value of an argument that is only known when a run begins.
const DUMMY: &str = "dummy-value";

/// The first problem: all templates are looked for before any is looked at.
pub(super) fn check<S: Strategy>(observed: &Observed, strategy: &S, at: &str) -> Result<(), Problem> {
    let all = strategy.analyses();
    let mut found = Vec::new();
    for named in &all {
        let at = format!("{at}.{}.templates", named.field);
        let templates = templates::find(&observed.templates, &named.analysis.templates);
        found.push((named, templates.map_err(|missing| self::missing(&missing, &at))?, at));
    }
    let steps = || all.iter().filter(|named| named.kind == AnalysisKind::Step).map(|named| named.analysis);
    for (named, templates, at) in &found {
        one_run(templates, named.analysis, steps()).map_err(|why| {
            let names: Vec<&str> = templates.all().map(|(name, _)| name).collect();
            Problem::invalid(at, &quoted(&format!("templateNames: [{}]", names.join(" "))), &why)
        })?;
        for (name, template) in templates.all() {
            each(named, name, template).map_err(|why| Problem::invalid(at, &quoted(name), &why))?;
        }
    }
    Ok(())
}

fn missing(missing: &Missing, at: &str) -> Problem {
    let reference = &missing.reference;
    let kind = if reference.cluster_scope { "ClusterAnalysisTemplate" } else { "AnalysisTemplate" };
    let name = &reference.template_name;
    let at = if missing.nested { "spec.templates" } else { at };
    Problem::invalid(at, &quoted(name), &format!("{kind} '{name}' not found"))
}

/// What keeps the templates from becoming one run, by themselves or with the rules of any step: the reference tries
/// those of every step on every set, and never those of the other analyses.
fn one_run<'a>(
    templates: &Found,
    analysis: &RolloutAnalysis,
    steps: impl Iterator<Item = &'a RolloutAnalysis>,
) -> Result<(), String> {
    // Which values the arguments get does not matter here, only whether they get any.
    let given = |argument: &RolloutArgument| Argument {
        name: argument.name.clone(),
        value: Some(argument.value.clone()),
        value_from: None,
    };
    let args: Vec<Argument> = analysis.args.iter().map(given).collect();
    templates.run_spec(&args, &[], &[])?;
    for step in steps {
        templates.run_spec(&args, &step.dry_run, &step.measurement_retention)?;
    }
    Ok(())
}

fn each(named: &Named<'_>, name: &str, template: &AnalysisTemplateSpec) -> Result<(), String> {
    if named.kind == AnalysisKind::Background {
        return given(&named.analysis.args, template);
    }
    let metrics = template.metrics.iter();
    let args: Vec<Argument> =
        template.args.iter().map(|own| own_value(own, name)).collect::<Result<_, _>>()?;
    let resolved: Vec<_> = metrics
        .map(|metric| resolve(metric, &args, None))
        .collect::<Result<_, _>>()
        .map_err(|why| format!("AnalysisTemplate {name}: {why}"))?;
    match resolved.iter().find(|metric| is_unbounded(metric)) {
        None => Ok(()),
        Some(metric) => {
            let count = metric.count.as_ref().map_or_else(|| "<nil>".to_owned(), IntOrString::to_string);
            let metric = &metric.name;
            Err(format!(
                "AnalysisTemplate {name} has metric {metric} which runs indefinitely. Invalid value for count: {count}"
            ))
        }
    }
}

/// Beside the steps, every argument needs a value: of its own, or from the Rollout.
fn given(args: &[RolloutArgument], template: &AnalysisTemplateSpec) -> Result<(), String> {
    let open = template.args.iter().filter(|own| own.value.is_none() && own.value_from.is_none());
    for own in open {
        if args.is_empty() {
            return Err("missing analysis arguments in rollout spec".to_owned());
        }
        if !args.iter().any(|given| given.name == own.name) {
            return Err(own.name.clone());
        }
    }
    Ok(())
}

/// An argument by what its own template says of it.
fn own_value(own: &Argument, template: &str) -> Result<Argument, String> {
    if own.value.is_some() && own.value_from.is_some() {
        let name = &own.name;
        return Err(format!("AnalysisTemplate {template}: arg '{name}' has both Value and ValueFrom fields"));
    }
    let value = own.value.clone().or_else(|| Some(DUMMY.to_owned()));
    Ok(Argument { name: own.name.clone(), value, value_from: None })
}
