//! Analyses that name a template which does not exist.

use crate::analyses;
use crate::bundle::Bundle;
use crate::finding::Severity;
use crate::rule::{Sink, draft};
use crd::nearest;

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    let any = bundle.templates().next().is_some();
    let names: Vec<String> = bundle.templates().map(|view| view.object.name.clone()).collect();
    for view in bundle.rollouts() {
        for one in analyses::uses(&view) {
            for (index, reference) in one.templates.iter().enumerate() {
                let pointer = format!("{}/templates/{index}", one.pointer);
                if reference.template_name.is_empty()
                    || analyses::resolve(bundle, view.object, reference).is_some()
                {
                    continue;
                }
                let kind =
                    if reference.cluster_scope { "ClusterAnalysisTemplate" } else { "AnalysisTemplate" };
                let name = &reference.template_name;
                let message = format!(
                    "there is no {kind} `{name}` in these files: unless the cluster has it, the Rollout is Degraded \
                     (InvalidSpec) as soon as it is applied"
                );
                let remedy = match nearest(name, names.iter().map(String::as_str)) {
                    Some(near) => format!("write `{near}`, or add the template to what is checked"),
                    None => "add the template to what is applied and checked".to_owned(),
                };
                let severity = if any { Severity::Error } else { Severity::Warning };
                sink.at(view.object, &pointer, draft(message, remedy).severity(severity));
            }
        }
    }
}
