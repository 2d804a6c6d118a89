//! Keys that stand twice in one mapping.

use crate::bundle::Bundle;
use crate::rule::{Sink, draft, path};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for object in &bundle.objects {
        for (pointer, position) in &object.document.duplicates {
            let message = format!(
                "`{}` stands here a second time: this one counts, the one before is lost",
                path(pointer)
            );
            sink.anywhere(bundle.place(object.source, *position), draft(message, "keep one of them"));
        }
    }
}
