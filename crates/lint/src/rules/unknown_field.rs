//! Fields that the type does not have.

use crd::nearest;
use crd::strict::{self, What};
use serde_json::Value;

use crate::bundle::{Bundle, Object};
use crate::finding::Edit;
use crate::rule::{Sink, draft};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for object in &bundle.objects {
        for misfit in strict::misfits(object.value()) {
            let What::UnknownField(known) = &misfit.what else { continue };
            let name = misfit.pointer.rsplit('/').next().unwrap_or_default();
            let meant = meant(object, &misfit.pointer, misfit.owner, name, known);
            let message = format!(
                "{} has no field `{name}`: it is dropped without a word when the object is applied",
                misfit.owner
            );
            let one = match meant {
                Some(meant) => {
                    let position = object.document.position_of(&misfit.pointer);
                    draft(message, format!("write `{meant}`")).fix(Edit {
                        line: position.line,
                        column: position.column,
                        remove: name.chars().count(),
                        insert: meant.to_owned(),
                    })
                }
                None => draft(message, format!("remove it, or use one of {}", known.join(", "))),
            };
            sink.at(object, &misfit.pointer, one);
        }
    }
}

/// What the writer had in mind, if that is plain and not there already.
fn meant<'k>(object: &Object, pointer: &str, owner: &str, name: &str, known: &[&'k str]) -> Option<&'k str> {
    let holder = pointer.rsplit_once('/').map_or("", |(holder, _)| holder);
    let there = |field: &str| object.value().pointer(holder).and_then(|holder| holder.get(field)).is_some();
    // An analysis refers to its templates by another word than everything else refers to its objects.
    let habit = (owner == "TemplateRef" && name == "name").then_some("templateName");
    let candidate = habit.and_then(|habit| known.iter().copied().find(|field| *field == habit));
    candidate.or_else(|| nearest(name, known.iter().copied())).filter(|field| {
        let is_text = object.value().pointer(pointer).is_some_and(Value::is_string);
        !there(field) && (habit.is_none() || is_text)
    })
}
