//! Which rule a request belongs to: the more a rule asks for, the earlier it is tried.

use http::HeaderMap;

use super::route::{Match, Named};

/// What is looked at of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) host: &'a str,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) headers: &'a HeaderMap,
}

/// How closely something matches: the greater, the better. Compared field by field, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Closeness {
    exact_host: bool,
    host: usize,
    exact_path: bool,
    path: usize,
    method: bool,
    headers: usize,
}

/// How closely `asked` matches one of `hostnames` and one of `matches`; an empty list asks for nothing.
pub(crate) fn closeness(hostnames: &[String], matches: &[Match], asked: Asked<'_>) -> Option<Closeness> {
    let host = match hostnames {
        [] => Closeness::default(),
        some => some.iter().filter_map(|name| host(name, asked.host)).max()?,
    };
    let anything = [Match::default()];
    let matches = if matches.is_empty() { &anything[..] } else { matches };
    matches.iter().filter_map(|one| rule(one, asked, host)).max()
}

fn host(name: &str, asked: &str) -> Option<Closeness> {
    let (exact_host, holds) = match name.strip_prefix('*') {
        Some(suffix) => (false, asked.len() > suffix.len() && ends_with(asked, suffix)),
        None => (true, name.eq_ignore_ascii_case(asked)),
    };
    holds.then_some(Closeness { exact_host, host: name.len(), ..Closeness::default() })
}

fn ends_with(text: &str, suffix: &str) -> bool {
    text.to_ascii_lowercase().ends_with(&suffix.to_ascii_lowercase())
}

fn rule(one: &Match, asked: Asked<'_>, host: Closeness) -> Option<Closeness> {
    let (exact_path, path) = path(one.path.as_ref(), asked.path)?;
    let method = one.method.as_deref();
    let header = |header: &Named| {
        asked.headers.get(&header.name).is_some_and(|value| value.as_bytes() == header.value.as_bytes())
    };
    let holds = method.is_none_or(|method| method == asked.method) && one.headers.iter().all(header);
    holds.then_some(Closeness {
        exact_path,
        path,
        method: method.is_some(),
        headers: one.headers.len(),
        ..host
    })
}

/// Prefixes match whole segments: `/v1` is a prefix of `/v1/items`, not of `/v10`.
fn path(wanted: Option<&Named>, asked: &str) -> Option<(bool, usize)> {
    let Some(wanted) = wanted else { return Some((false, 1)) };
    if wanted.kind == "Exact" {
        return (wanted.value == asked).then_some((true, asked.len()));
    }
    let prefix = wanted.value.trim_end_matches('/');
    let rest = asked.strip_prefix(prefix)?;
    (rest.is_empty() || rest.starts_with('/')).then_some((false, wanted.value.len()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Index of the match that wins, of rules that each have one.
    fn winner(rules: Value, path: &str, header: Option<(&'static str, &'static str)>) -> Option<usize> {
        let rules: Vec<Match> = serde_json::from_value(rules).unwrap();
        let mut headers = HeaderMap::new();
        headers.extend(header.map(|(name, value)| {
            (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
        }));
        let asked = Asked { host: "api.example.com", method: "GET", path, headers: &headers };
        let close = rules.iter().enumerate().filter_map(|(index, one)| {
            Some((closeness(&[], std::slice::from_ref(one), asked)?, std::cmp::Reverse(index)))
        });
        close.max().map(|(_, index)| index.0)
    }

    #[test]
    fn the_rule_that_asks_for_most_wins_and_the_first_of_equals() {
        let prefix = |value: &str| json!({"path": {"type": "PathPrefix", "value": value}});
        let pinned = json!({"path": {"value": "/"}, "headers": [{"name": "x-canary", "value": "yes"}]});
        for (rules, path, header, expected) in [
            (json!([prefix("/"), prefix("/v1")]), "/v1/items", None, Some(1)),
            (json!([prefix("/"), prefix("/v1")]), "/v10", None, Some(0)),
            (json!([prefix("/v1"), {"path": {"type": "Exact", "value": "/v1"}}]), "/v1", None, Some(1)),
            (json!([prefix("/"), prefix("/")]), "/", None, Some(0)),
            (json!([prefix("/"), pinned]), "/", Some(("x-canary", "yes")), Some(1)),
            (json!([prefix("/"), pinned]), "/", Some(("x-canary", "no")), Some(0)),
            (json!([prefix("/v2")]), "/v1", None, None),
            (json!([{"method": "POST"}]), "/", None, None),
        ] {
            assert_eq!(winner(rules.clone(), path, header), expected, "{rules} {path} {header:?}");
        }
    }

    #[test]
    fn hosts_match_exactly_or_by_a_wildcard() {
        let headers = HeaderMap::new();
        for (name, host, holds) in [
            ("api.example.com", "API.example.com", true),
            ("*.example.com", "api.example.com", true),
            ("*.example.com", "example.com", false),
            ("api.example.com", "eu.example.com", false),
        ] {
            let asked = Asked { host, method: "GET", path: "/", headers: &headers };
            assert_eq!(closeness(&[name.to_owned()], &[], asked).is_some(), holds, "{name} {host}");
        }
    }
}
