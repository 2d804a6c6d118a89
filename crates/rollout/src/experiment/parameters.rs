//! Arguments of an Experiment's analyses, with what only the Experiment knows filled in (spec experiment-01 6).

use std::collections::BTreeMap;

use crd::{Argument, ExperimentAnalysis, Time};

use super::plan::Plan;
use super::times;
use crate::analysis::substitute;

/// The arguments as a run gets them. Only literal values are passed on: for the others the template's own default counts.
pub(super) fn build(plan: &Plan<'_>, analysis: &ExperimentAnalysis) -> Result<Vec<Argument>, String> {
    let known = known(plan);
    let lookup = |tag: &str| known.get(tag).cloned();
    let argument = |argument: &Argument| {
        let value = argument.value.as_deref().map(|text| substitute(text, lookup)).transpose()?;
        Ok(Argument { name: argument.name.clone(), value, value_from: None })
    };
    analysis.args.iter().map(argument).collect()
}

/// What placeholders may name.
fn known(plan: &Plan<'_>) -> BTreeMap<String, String> {
    let mut known = BTreeMap::new();
    for template in &plan.experiment.spec.templates {
        let Some(set) = plan.set_of(&template.name) else { continue };
        let at = format!("templates.{}", template.name);
        known.insert(format!("{at}.podTemplateHash"), set.hash().to_owned());
        known.insert(format!("{at}.replicaset.name"), set.metadata.name.clone());
    }
    let moments = [
        ("experiment.availableAt", plan.stored().available_at),
        ("experiment.finishedAt", times::end(plan.experiment).map(Time::from)),
    ];
    let written = moments.into_iter().filter_map(|(name, time)| Some((name.to_owned(), time?.to_string())));
    known.extend(written);
    known
}
