//! Kubernetes JSONPath templates: text, and paths in braces (spec analysis-04, Web).
//!
//! `{$.a[0].b}`, `{.a['b c'].d\.e}`, `{$..x}`, `{$[*]}`, `{$[1:3]}`, `{$['a','b']}`, `{$.a[?(@.n=="q")].x}`.
//! `{range}` makes no sense for one value and is refused.

mod budget;
mod eval;
mod parse;

use serde_json::Value as Json;

use crate::Fault;
use budget::Budget;
use eval::Stop;

/// Longest template, in bytes; reading one may take the square of it.
const LONGEST: usize = 4096;
/// Filters of one template: those that stand within others lie as deep on the stack.
const FILTERS: usize = 16;

/// A template that was read.
#[derive(Debug, PartialEq)]
pub(crate) struct JsonPath {
    template: String,
    parts: Vec<Part>,
}

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
        if template.len() > LONGEST {
            let shown = template.chars().take(40).collect::<String>();
            return Err(Fault::Config(format!(
                "jsonPath {shown:?}…: it is longer than {LONGEST} bytes: shorten it"
            )));
        }
        let refused = |reason: String| Fault::Config(format!("jsonPath {template:?}: {reason}"));
        if template.matches("?(").nth(FILTERS).is_some() {
            return Err(refused(format!("more than {FILTERS} filters: leave some out")));
        }
        let parts = parse::template(template).map_err(refused)?;
        Ok(Self { template: template.to_owned(), parts })
    }

    /// The first result of the first group; `None` when that group is empty. A step that finds nothing anywhere is
    /// an error, as is an index beyond the end, and a path that takes more than its [`Budget`].
    pub(crate) fn first(&self, document: &Json) -> Result<Option<Json>, Fault> {
        let budget = &mut Budget::new();
        let groups = self.parts.iter().map(|part| match part {
            Part::Text(text) => Ok(Some(Json::from(text.as_str()))),
            Part::Path(steps) => {
                eval::path(steps, document, document, budget).map(|found| found.first().copied().cloned())
            }
        });
        let groups: Result<Vec<Option<Json>>, Stop> = groups.collect();
        match groups {
            Ok(groups) => Ok(groups.into_iter().next().flatten()),
            Err(Stop::Nowhere(text)) => {
                Err(Fault::Answer(format!("Could not find JSONPath in body: {text}")))
            }
            // The template, and not the answer, is what can be changed.
            Err(Stop::Spent(text)) => Err(Fault::Config(format!("jsonPath {:?}: {text}", self.template))),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::MAX_BODY;

    fn first(template: &str, document: &Json) -> Result<Option<Json>, String> {
        let found = JsonPath::parse(template).and_then(|path| path.first(document));
        found.map_err(|fault| fault.to_string())
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
            let text = first(template, &document).unwrap_err();
            let text = text.strip_prefix("Could not find JSONPath in body: ").unwrap_or(&text);
            assert_eq!(text, expected, "{template}");
        }
    }
    /// A list of so many items, each a list in lists.
    fn nested(items: usize) -> Json {
        let item = (0..10).fold(json!(1.0), |inner, _| json!([inner]));
        Json::Array(vec![item; items])
    }

    #[test]
    fn a_path_that_multiplies_is_ended_and_named() {
        let (items, numbers) = (nested(20_000), (0..20_000).map(f64::from).collect());
        for (template, document) in [
            ("{$[?(@==$..*)]}", &numbers),
            ("{$[?($[?(@)])]}", &numbers),
            ("{$[?(@.a==$..['a','b'])]}", &numbers),
            ("{$..*..*..*}", &items),
        ] {
            let text = first(template, document).unwrap_err();
            let remedy = "it takes more than 5000000 steps: name the members that lead to the value";
            assert!(text.starts_with(&format!("jsonPath {template:?}: {remedy}")), "{text}");
        }
        // Nothing is copied for a comparison, and one of unlike sizes takes no time.
        assert_eq!(first("{$[?(@==$)]}", &numbers), Ok(None));
    }

    #[test]
    fn a_step_that_finds_more_than_a_body_has_is_ended() {
        let many = format!("{{$[{}]}}", vec!["*"; 200].join(","));
        let text = first(&many, &(0..20_000).collect()).unwrap_err();
        assert!(text.contains("a step finds more than 2097152 values: name the members"), "{text}");
    }

    #[test]
    fn a_long_answer_is_within_what_a_path_may_use() {
        let item = json!({"name": "checkout", "labels": {"zone": "a"}, "value": 1.0});
        let mut items = vec![item; MAX_BODY / 60];
        items.push(json!({"name": "last", "labels": {"zone": "b"}, "value": 2.0}));
        let document = json!({"items": items});
        for template in [
            "{.items[-1].value}",
            "{.items[?(@.name==\"last\")].value}",
            "{.items[?(@.labels.zone == 'b')].value}",
            "{..[?(@.zone=='b')]}",
        ] {
            assert!(first(template, &document).unwrap().is_some(), "{template}");
        }
        let numbers: Json = (1..MAX_BODY / 2).map(|_| json!(0)).collect();
        assert_eq!(first("{$[*]}", &numbers), Ok(Some(json!(0))));
        assert_eq!(first("{$[?(@==1)]}", &numbers), Ok(None));
    }

    #[test]
    fn a_template_that_is_too_long_or_too_deep_is_refused() {
        let deep = format!("{{$.a{}{}}}", "[?(@".repeat(17), ")]".repeat(17));
        let text = first(&deep, &json!({})).unwrap_err();
        assert!(text.ends_with("more than 16 filters: leave some out"), "{text}");
        let text = first(&format!("{{.{}}}", "a".repeat(4096)), &json!({})).unwrap_err();
        assert!(text.ends_with("aaa\"…: it is longer than 4096 bytes: shorten it"), "{text}");
    }
}
