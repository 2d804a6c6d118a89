//! Kubernetes JSONPath templates: text, and paths in braces (spec analysis-04, Web).
//!
//! `{$.a[0].b}`, `{.a['b c'].d\.e}`, `{$..x}`, `{$[*]}`, `{$[1:3]}`, `{$['a','b']}`, `{$.a[?(@.n=="q")].x}`.
//! `{range}` makes no sense for one value and is refused.

mod eval;
mod parse;

use serde_json::Value as Json;

use crate::Fault;

/// A template that was read.
#[derive(Debug, PartialEq)]
pub(crate) struct JsonPath(Vec<Part>);

/// Each part gives one group of results.
#[derive(Debug, PartialEq)]
enum Part {
    Text(String),
    Path(Vec<Step>),
}

/// One step of a path, from a list of values to the next.
#[derive(Debug, PartialEq)]
enum Step {
    /// `$`: back to the whole document.
    Root,
    /// `.name` or `['name']`.
    Field(String),
    /// `*`: every member or item.
    Each,
    /// `..`: the value and all within it.
    Descend,
    /// `[n]`, as `n:n+1`, and `[from:to:step]`; negative numbers count from the end.
    Slice { from: Option<i64>, to: Option<i64>, by: usize },
    /// `[a,b]`: the results of all.
    Union(Vec<Step>),
    /// `[?(left op right)]`: the items for which it holds.
    Filter { left: Operand, test: Option<(Comparison, Operand)> },
}

#[derive(Debug, PartialEq)]
enum Operand {
    /// Relative to the item, or to the document after `$`.
    Path(Vec<Step>),
    Literal(Json),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl JsonPath {
    /// Reads a template.
    pub(crate) fn parse(template: &str) -> Result<Self, Fault> {
        let refused = |reason| Fault::Config(format!("jsonPath {template:?}: {reason}"));
        parse::template(template).map(Self).map_err(refused)
    }

    /// The first result of the first group; `None` when that group is empty. A step that finds nothing anywhere is
    /// an error, as is an index beyond the end.
    pub(crate) fn first(&self, document: &Json) -> Result<Option<Json>, String> {
        let groups = self.0.iter().map(|part| match part {
            Part::Text(text) => Ok(Some(Json::from(text.as_str()))),
            Part::Path(steps) => {
                eval::path(steps, document, document).map(|found| found.first().copied().cloned())
            }
        });
        let groups: Vec<Option<Json>> = groups.collect::<Result<_, String>>()?;
        Ok(groups.into_iter().next().flatten())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn first(template: &str, document: &Json) -> Result<Option<Json>, String> {
        JsonPath::parse(template).map_err(|fault| fault.to_string())?.first(document)
    }

    #[test]
    fn paths_find_what_the_specification_says() {
        let shop = json!({"a": [{"n": "p", "x": 1.0}, {"n": "q", "x": 2.0}, {"n": "r"}], "b.c": 3.0, "d e": [[4.0]],
            "f": {"g": {"x": 5.0}}});
        for (template, expected) in [
            ("{$.a[0].x}", Some(json!(1.0))),
            ("{.a[1].x}", Some(json!(2.0))),
            ("{$.a[-1].n}", Some(json!("r"))),
            ("{$.a[*].x}", Some(json!(1.0))),
            ("{$.a[1:].n}", Some(json!("q"))),
            ("{$.a[0:3:2].n}", Some(json!("p"))),
            ("{$.a[?(@.n==\"q\")].x}", Some(json!(2.0))),
            ("{$.a[?(@.x > 1)].n}", Some(json!("q"))),
            ("{$.a[?(@.x<=1)].n}", Some(json!("p"))),
            ("{$.a[?(@.n != 'p')].n}", Some(json!("q"))),
            ("{$.a[?(@.x==$.a[1].x)].n}", Some(json!("q"))),
            ("{$.a[?(@.n==\"none\")]}", None),
            ("{$.b\\.c}", Some(json!(3.0))),
            ("{$['b.c']}", Some(json!(3.0))),
            ("{$['d e'][0][0]}", Some(json!(4.0))),
            ("{$['b.c','d e']}", Some(json!(3.0))),
            ("{$..x}", Some(json!(1.0))),
            ("{$.f.*.x}", Some(json!(5.0))),
            ("{ $.f.g.x }", Some(json!(5.0))),
            ("$.a.b", Some(json!("$.a.b"))),
            ("of {.a}", Some(json!("of "))),
            ("{\"quoted\"}", Some(json!("quoted"))),
            ("", None),
        ] {
            assert_eq!(first(template, &shop), Ok(expected), "{template}");
        }
    }

    #[test]
    fn what_is_not_there_is_named() {
        for (template, document, expected) in [
            ("{$.missing}", json!({"a": 1}), "missing is not found"),
            ("{$.a.b}", json!({"a": null}), "b is not found"),
            ("{$[0]}", json!([]), "array index out of bounds: index 0, length 0"),
            ("{$[5]}", json!([1, 2]), "array index out of bounds: index 5, length 2"),
            ("{$[0]}", json!({"a": 1}), "an index is for lists"),
            ("{$.a", json!({}), "jsonPath \"{$.a\": unclosed action"),
            (
                "{range .items[*]}{end}",
                json!({}),
                "jsonPath \"{range .items[*]}{end}\": {range} gives no single value",
            ),
            ("{$.a[}", json!({}), "jsonPath \"{$.a[}\": unclosed action"),
            ("{$.a[x y]}", json!({}), "jsonPath \"{$.a[x y]}\": cannot read \"x y\""),
        ] {
            assert_eq!(first(template, &document), Err(expected.to_owned()), "{template}");
        }
    }
}
