//! Helm expressions in a file that kubectl is to apply.

use crate::bundle::{Bundle, Why};
use crate::rule::{Sink, draft};

pub(super) fn check(bundle: &Bundle, sink: &mut Sink<'_>) {
    for unread in &bundle.unread {
        let Why::Template(expression) = &unread.why else { continue };
        let message = format!(
            "`{expression}` is a template expression: applied as it stands the file is no YAML and kubectl refuses it"
        );
        let remedy = "move the file into the chart's `templates/` and check what `helm template` renders, or write \
                      the value";
        sink.anywhere(bundle.place(unread.source, unread.position), draft(message, remedy));
    }
}
