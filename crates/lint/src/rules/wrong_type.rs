//! Values of another type than their field's, and required fields that are missing.

use crd::strict::{self, What};

use crate::bundle::Bundle;
use crate::rule::{Sink, draft};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for object in &bundle.objects {
        for misfit in strict::misfits(object.value()) {
            let one = match &misfit.what {
                What::UnknownField(_) => continue,
                What::WrongType { found, wanted } => draft(
                    format!(
                        "a value of type {found} stands where {wanted} is wanted: the API server refuses it"
                    ),
                    format!("write a value of type {wanted}"),
                ),
                What::BadTime => draft(
                    "this is no time in the form of RFC 3339: the API server refuses it",
                    "write it like 2026-01-31T12:00:00Z",
                ),
                What::Missing(field) => draft(
                    format!("{} needs `{field}`: the API server refuses the object without it", misfit.owner),
                    format!("set `{field}`"),
                ),
            };
            sink.at(object, &misfit.pointer, one);
        }
    }
}
