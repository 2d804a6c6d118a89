//! The simple JSON paths of checks: `$`, names, and indexes.

use serde_json::Value;

/// Steps from the root of a document to one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JsonPath(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
}

/// Parses `$.a.b[0]`; the leading `$` and `.` may be left out.
pub(crate) fn parse(text: &str) -> Option<JsonPath> {
    let text = text.strip_prefix('$').unwrap_or(text);
    let mut steps = vec![];
    for part in text
        .split('.')
        .enumerate()
        .filter(|(index, part)| !(*index == 0 && part.is_empty()))
        .map(|(_, part)| part)
    {
        let (name, indexes) = part.split_at(part.find('[').unwrap_or(part.len()));
        if !name.is_empty() {
            steps.push(Step::Name(name.to_owned()));
        } else if indexes.is_empty() {
            return None;
        }
        for index in indexes.split_terminator(']') {
            steps.push(Step::Index(index.strip_prefix('[')?.parse().ok()?));
        }
    }
    Some(JsonPath(steps))
}

impl JsonPath {
    /// The value that the path leads to.
    pub(crate) fn of<'a>(&self, document: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(document, |value, step| match step {
            Step::Name(name) => value.get(name),
            Step::Index(index) => value.get(index),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_through_names_and_indexes() {
        let document = json!({"a": {"b": [{"c": 7}]}});
        let at = |text: &str| parse(text).unwrap().of(&document).cloned();
        assert_eq!(at("$.a.b[0].c"), Some(json!(7)));
        assert_eq!(at("a.b[0]"), Some(json!({"c": 7})));
        assert_eq!(at("$"), Some(document.clone()));
        assert_eq!(at("$.a.b[1]"), None);
    }

    #[test]
    fn what_is_no_path_is_refused() {
        assert_eq!(parse("$.a..b"), None);
        assert_eq!(parse("$.a[x]"), None);
    }
}
