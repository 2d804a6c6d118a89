//! HTTPRoutes, as far as this gateway reads them.

use serde::Deserialize;
use serde_json::Value;

/// `spec` of an HTTPRoute.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RouteSpec {
    pub(crate) parent_refs: Vec<Value>,
    pub(crate) hostnames: Vec<String>,
    pub(crate) rules: Vec<Rule>,
}

/// One rule of it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Rule {
    pub(crate) matches: Vec<Match>,
    pub(crate) backend_refs: Vec<BackendRef>,
    pub(crate) filters: Vec<Filter>,
}

/// What a request must be like.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Match {
    pub(crate) path: Option<Named>,
    pub(crate) headers: Vec<Named>,
    pub(crate) method: Option<String>,
}

/// A path or a header, and how it must match.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Named {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) value: String,
}

/// Where a share of the requests goes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BackendRef {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) namespace: String,
    #[serde(default = "one")]
    pub(crate) weight: i32,
}

/// Something to do to a request on its way; none is done here, so a route with one is not accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Filter {
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

fn one() -> i32 {
    1
}

impl RouteSpec {
    /// What in this route cannot be done here, for people.
    pub(crate) fn unsupported(&self) -> Option<String> {
        self.rules.iter().enumerate().find_map(|(index, rule)| {
            let filter =
                rule.filters.first().map(|filter| format!("rules[{index}].filters: {}", filter.kind));
            let named = rule.matches.iter().flat_map(|one| one.path.iter().chain(&one.headers));
            let kind = named
                .map(|named| named.kind.as_str())
                .find(|kind| !matches!(*kind, "" | "Exact" | "PathPrefix"));
            filter.or_else(|| kind.map(|kind| format!("rules[{index}].matches: type {kind}")))
        })
    }
}
