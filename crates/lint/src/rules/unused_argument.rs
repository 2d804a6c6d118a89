//! Arguments that none of the templates knows.

use crate::analyses;
use crate::bundle::Bundle;
use crate::rule::{Sink, draft};
use crd::nearest;

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
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
