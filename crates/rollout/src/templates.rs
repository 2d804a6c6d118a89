//! Templates made into the specification of one run (spec analysis-01 4 and 5).
//!
//! Every merge takes the namespaced templates first, in the order in which they were found, then the cluster-wide ones.

use std::collections::BTreeSet;
use std::sync::Arc;

use crd::{
    AnalysisRunSpec, AnalysisTemplate, AnalysisTemplateRef, AnalysisTemplateSpec, Argument, DryRun,
    MeasurementRetention, Metric, RolloutAnalysis,
};

use crate::observed::Templates;

/// What a run with these templates and arguments measures.
///
/// # Errors
/// A template that does not exist, in the words of the API server, or what keeps them from becoming one run.
pub(crate) fn run_spec(
    known: &Templates,
    analysis: &RolloutAnalysis,
    args: &[Argument],
) -> Result<AnalysisRunSpec, String> {
    let found = find(known, &analysis.templates).map_err(|missing| not_found(&missing.reference))?;
    found.run_spec(args, &analysis.dry_run, &analysis.measurement_retention)
}

/// The API server's words for a template that does not exist.
pub(crate) fn not_found(reference: &AnalysisTemplateRef) -> String {
    let kind = if reference.cluster_scope { "clusteranalysistemplate" } else { "analysistemplate" };
    format!("{kind}.argoproj.io \"{}\" not found", reference.template_name)
}

/// The templates of a list of references and of what those refer to, each once.
///
/// # Errors
/// The first reference that leads nowhere.
pub(crate) fn find(known: &Templates, references: &[AnalysisTemplateRef]) -> Result<Found, Missing> {
    let mut found = Found::default();
    found.collect(known, references, false)?;
    Ok(found)
}

/// A reference to a template that does not exist.
pub(crate) struct Missing {
    pub(crate) reference: AnalysisTemplateRef,
    /// Whether it is a template that refers to it.
    pub(crate) nested: bool,
}

/// A template and the name by which it is referred to.
type Named = (String, Arc<AnalysisTemplate>);

/// Templates in the order in which they were found, of either scope.
#[derive(Default)]
pub(crate) struct Found {
    namespaced: Vec<Named>,
    cluster: Vec<Named>,
    /// Also what ends a circle of references.
    seen: BTreeSet<AnalysisTemplateRef>,
}

impl Found {
    fn collect(
        &mut self,
        known: &Templates,
        references: &[AnalysisTemplateRef],
        nested: bool,
    ) -> Result<(), Missing> {
        for reference in references {
            if !self.seen.insert(reference.clone()) {
                continue;
            }
            let Some(template) = known.get(reference) else {
                return Err(Missing { reference: reference.clone(), nested });
            };
            let scope = if reference.cluster_scope { &mut self.cluster } else { &mut self.namespaced };
            scope.push((reference.template_name.clone(), Arc::clone(template)));
            self.collect(known, &template.spec.templates, true)?;
        }
        Ok(())
    }

    /// Every template with its name: the namespaced ones, then the cluster-wide ones.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &AnalysisTemplateSpec)> + Clone {
        self.namespaced.iter().chain(&self.cluster).map(|(name, template)| (name.as_str(), &template.spec))
    }

    /// What a run of these measures; the rules of the caller come before those of the templates.
    ///
    /// # Errors
    /// What keeps them from becoming one run; the order is the reference's.
    pub(crate) fn run_spec(
        &self,
        args: &[Argument],
        dry_run: &[DryRun],
        measurement_retention: &[MeasurementRetention],
    ) -> Result<AnalysisRunSpec, String> {
        let specs = || self.all().map(|(_, spec)| spec);
        let metrics: Vec<Metric> = specs().flat_map(|spec| spec.metrics.iter().cloned()).collect();
        unique("two metrics have", metrics.iter().map(|metric| metric.name.as_str()))?;
        let own_dry_run: Vec<DryRun> = specs().flat_map(|spec| spec.dry_run.iter().cloned()).collect();
        unique_dry_run(&own_dry_run)?;
        let own_retention: Vec<MeasurementRetention> =
            specs().flat_map(|spec| spec.measurement_retention.iter().cloned()).collect();
        unique_retention(&own_retention)?;
        let args = given_args(declared_args(specs())?, args)?;
        let dry_run = [dry_run, &own_dry_run].concat();
        unique_dry_run(&dry_run)?;
        let measurement_retention = [measurement_retention, &own_retention].concat();
        unique_retention(&measurement_retention)?;
        Ok(AnalysisRunSpec { metrics, args, dry_run, measurement_retention, ..AnalysisRunSpec::default() })
    }
}

fn unique_dry_run(rules: &[DryRun]) -> Result<(), String> {
    unique("two Dry-Run metric rules have", rules.iter().map(|rule| rule.metric_name.as_str()))
}

fn unique_retention(rules: &[MeasurementRetention]) -> Result<(), String> {
    unique("two Measurement Retention metric rules have", rules.iter().map(|rule| rule.metric_name.as_str()))
}

fn unique<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(format!("{what} the same name '{name}'"));
        }
    }
    Ok(())
}

/// The declared arguments: a later declaration only fills in what an earlier one left open.
fn declared_args<'a>(specs: impl Iterator<Item = &'a AnalysisTemplateSpec>) -> Result<Vec<Argument>, String> {
    let mut declared: Vec<Argument> = Vec::new();
    for argument in specs.flat_map(|spec| &spec.args) {
        match declared.iter_mut().find(|earlier| earlier.name == argument.name) {
            None => declared.push(argument.clone()),
            Some(earlier) => match (&earlier.value, &argument.value) {
                (Some(one), Some(other)) if one != other => {
                    let name = &argument.name;
                    return Err(format!(
                        "Argument `{name}` specified multiple times with different values: '{one}', '{other}'"
                    ));
                }
                (None, _) => *earlier = argument.clone(),
                (Some(_), _) => {}
            },
        }
    }
    Ok(declared)
}

/// The declared arguments with the given values over them; every one must end up with a value.
fn given_args(declared: Vec<Argument>, given: &[Argument]) -> Result<Vec<Argument>, String> {
    let fill = |mut argument: Argument| {
        if let Some(given) = given.iter().find(|given| given.name == argument.name) {
            if given.value.is_some() {
                argument.value.clone_from(&given.value);
            } else if given.value_from.is_some() {
                argument.value_from.clone_from(&given.value_from);
            }
        }
        if argument.value.is_none() && argument.value_from.is_none() {
            return Err(format!("args.{} was not resolved", argument.name));
        }
        Ok(argument)
    };
    declared.into_iter().map(fill).collect()
}

#[cfg(test)]
mod vectors;
