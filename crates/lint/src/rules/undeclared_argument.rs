//! Arguments that a template uses and does not declare, and declared ones that get no value.

use crate::analyses;
use crate::bundle::{Bundle, TemplateView};
use crate::finding::Edit;
use crate::rule::{Sink, draft};
use crd::nearest;
use plan::condition::placeholders;
use serde_json::Value;

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for view in bundle.templates() {
        undeclared(&view, sink);
    }
    for view in bundle.rollouts() {
        for one in analyses::uses(&view) {
            let given = |name: &str| one.analysis.args.iter().any(|arg| arg.name == name);
            for (index, reference) in one.templates.iter().enumerate() {
                let Some(template) = analyses::resolve(bundle, view.object, reference) else { continue };
                for arg in &template.template.spec.args {
                    let valued = arg.value.is_some() || arg.value_from.is_some();
                    if valued || given(&arg.name) {
                        continue;
                    }
                    let message = format!(
                        "the argument `{}` of `{}` gets no value here and has no default: the Rollout is Degraded \
                         (`args.{} was not resolved`)",
                        arg.name, reference.template_name, arg.name
                    );
                    let remedy = format!("give it under `args` of this analysis: `- name: {}`", arg.name);
                    sink.at(
                        view.object,
                        &format!("{}/templates/{index}", one.pointer),
                        draft(message, remedy),
                    );
                }
            }
        }
    }
}

fn undeclared(view: &TemplateView<'_>, sink: &mut Sink<'_>) {
    let declared: Vec<&str> = view.template.spec.args.iter().map(|arg| arg.name.as_str()).collect();
    let mut told: Vec<String> = Vec::new();
    let mut texts = texts(view.object.value());
    texts.sort_by_key(|(pointer, _)| view.object.document.position_of(pointer));
    for (pointer, text) in texts {
        for name in placeholders(text) {
            if declared.contains(&name.as_str()) || told.contains(&name) {
                continue;
            }
            told.push(name.clone());
            let message = format!(
                "`{{{{args.{name}}}}}` is used and not declared: every run of the template ends in Error (`failed to \
                 resolve {{{{args.{name}}}}}`), and the release is aborted"
            );
            let one = match nearest(&name, declared.iter().copied()) {
                Some(near) => {
                    draft(message, format!("write `{{{{args.{near}}}}}`, or declare it in `spec.args`"))
                }
                None => declaration(
                    view,
                    &name,
                    draft(message, format!("declare it: `spec.args: [{{name: {name}}}]`")),
                ),
            };
            sink.at(view.object, &pointer, one);
        }
    }
}

/// With the edit that declares the argument, where nothing is declared yet.
fn declaration(view: &TemplateView<'_>, name: &str, one: crate::rule::Draft) -> crate::rule::Draft {
    let document = &view.object.document;
    let has = |field: &str| document.value.pointer(&format!("/spec/{field}")).is_some();
    if has("args") || !has("metrics") {
        return one;
    }
    let at = document.position_of("/spec/metrics");
    let indent = " ".repeat(at.column.saturating_sub(1));
    one.fix(Edit {
        line: at.line,
        column: at.column,
        remove: 0,
        insert: format!("args:\n{indent}- name: {name}\n{indent}"),
    })
}

/// Every text below `spec`, with its pointer.
fn texts(value: &Value) -> Vec<(String, &str)> {
    fn walk<'v>(value: &'v Value, pointer: &str, texts: &mut Vec<(String, &'v str)>) {
        match value {
            Value::String(text) => texts.push((pointer.to_owned(), text)),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    walk(item, &format!("{pointer}/{index}"), texts);
                }
            }
            Value::Object(members) => {
                for (key, member) in members {
                    let key = key.replace('~', "~0").replace('/', "~1");
                    walk(member, &format!("{pointer}/{key}"), texts);
                }
            }
            _ => {}
        }
    }
    let mut all = Vec::new();
    if let Some(spec) = value.get("spec") {
        walk(spec, "/spec", &mut all);
    }
    all
}
