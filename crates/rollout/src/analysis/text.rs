//! `{{args.name}}` and the like in texts (spec analysis-01 7).

use crate::go;

/// Puts values in the place of placeholders; what is put in is not looked at again.
///
/// # Errors
/// The last placeholder that has no value, or one that is never closed.
pub(crate) fn substitute(text: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::new();
    let mut unknown = None;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((tag, after)) = after.split_once("}}") else {
            let (text, from) = (go::quoted(text), go::quoted(after));
            return Err(format!("Cannot find end tag=\"}}}}\" in the template={text} starting from {from}"));
        };
        match value(tag.trim()) {
            Some(value) => out.push_str(&value),
            None => unknown = Some(format!("failed to resolve {{{{{tag}}}}}")),
        }
        rest = after;
    }
    out.push_str(rest);
    unknown.map_or(Ok(out), Err)
}
