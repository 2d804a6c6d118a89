//! `{{args.name}}` in texts (spec analysis-01 7).

use std::collections::BTreeMap;

/// Puts values in the place of placeholders; what is put in is not looked at again.
///
/// # Errors
/// The last placeholder that names no argument, or one that is never closed.
pub(super) fn substitute(text: &str, values: &BTreeMap<&str, &str>) -> Result<String, String> {
    let mut out = String::new();
    let mut unknown = None;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((tag, after)) = after.split_once("}}") else {
            let from = format!("{{{{{after}");
            return Err(format!(
                "Cannot find end tag=\"}}}}\" in the template={text:?} starting from {from:?}"
            ));
        };
        match tag.trim().strip_prefix("args.").and_then(|name| values.get(name)) {
            Some(value) => out.push_str(value),
            None => unknown = Some(format!("failed to resolve {{{{{tag}}}}}")),
        }
        rest = after;
    }
    out.push_str(rest);
    unknown.map_or(Ok(out), Err)
}
