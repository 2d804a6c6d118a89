//! Arguments that none of the templates knows, and those that a template declares for nothing.

use crate::analyses;
use crate::bundle::{Bundle, Object, TemplateView};
use crate::finding::Severity;
use crate::rule::{Sink, draft};
use crd::{AnalysisTemplateRef, nearest};
use plan::condition::placeholders;

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for view in bundle.templates() {
        idle(bundle, &view, sink);
    }
    for view in bundle.rollouts() {
        for one in analyses::uses(&view) {
            let templates: Vec<_> = one
                .templates
                .iter()
                .filter_map(|reference| analyses::resolve(bundle, view.object, reference))
                .collect();
            // Of a template that is not here nobody knows what it takes; one may also take others in.
            let nested = templates.iter().any(|view| !view.template.spec.templates.is_empty());
            if nested || templates.len() != one.templates.len() {
                continue;
            }
            let known: Vec<&str> = templates
                .iter()
                .flat_map(|view| view.template.spec.args.iter().map(|arg| arg.name.as_str()))
                .collect();
            for (index, arg) in one.analysis.args.iter().enumerate() {
                if known.contains(&arg.name.as_str()) {
                    continue;
                }
                let message =
                    format!("no template here declares an argument `{}`: it has no effect", arg.name);
                let remedy = match nearest(&arg.name, known.iter().copied()) {
                    Some(near) => format!("write `{near}`"),
                    None => "remove it, or declare it in the template's `spec.args`".to_owned(),
                };
                sink.at(view.object, &format!("{}/args/{index}", one.pointer), draft(message, remedy));
            }
        }
    }
}

/// Arguments that the template declares and nothing in it uses.
fn idle(bundle: &Bundle, view: &TemplateView<'_>, sink: &mut Sink<'_>) {
    // Where several templates make one run, another may use what this one declares.
    if !view.template.spec.templates.is_empty() || is_joined(bundle, view) {
        return;
    }
    let spec = view.object.value().get("spec").map(ToString::to_string).unwrap_or_default();
    let used = placeholders(&spec);
    let args = &view.template.spec.args;
    // One that is misspelt where it is used is told there (rule undeclared-argument).
    let strange: Vec<&str> =
        used.iter().map(String::as_str).filter(|name| !args.iter().any(|arg| arg.name == *name)).collect();
    for (index, arg) in args.iter().enumerate() {
        if used.contains(&arg.name) || nearest(&arg.name, strange.iter().copied()).is_some() {
            continue;
        }
        let message = format!("nothing in the template uses its argument `{}`: it has no effect", arg.name);
        let remedy = format!("use it, as `{{{{args.{}}}}}`, or take it out", arg.name);
        let pointer = format!("/spec/args/{index}");
        sink.at(view.object, &pointer, draft(message, remedy).severity(Severity::Info));
    }
}

/// Whether a run is made of the template and another one.
fn is_joined(bundle: &Bundle, view: &TemplateView<'_>) -> bool {
    let is_it = |from: &Object, reference: &AnalysisTemplateRef| {
        analyses::resolve(bundle, from, reference).is_some_and(|it| std::ptr::eq(it.object, view.object))
    };
    let taken_in = bundle
        .templates()
        .any(|other| other.template.spec.templates.iter().any(|reference| is_it(other.object, reference)));
    taken_in
        || bundle.rollouts().any(|rollout| {
            let several = analyses::uses(&rollout).into_iter().filter(|one| one.templates.len() > 1);
            several.flat_map(|one| one.templates).any(|reference| is_it(rollout.object, &reference))
        })
}
