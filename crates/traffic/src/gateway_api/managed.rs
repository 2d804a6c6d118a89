//! Rules that steps create: header and mirror routes (spec traffic-5 3.3 and 3.4).
//!
//! They carry a name of the Rollout's `managedRoutes`, or such a name with a number, and nothing else tells them
//! from a user's rule: a user's rule is never removed because of its shape.

use crd::{HeaderMatch, Rollout, RouteMatch, StringMatch};
use serde_json::{Map, Value, json};

use super::config::Target;
use super::rules::{backends, is_service};
use crate::{Intent, Invalid};

/// Removes the managed rules.
pub(super) fn remove(rollout: &Rollout, rules: &mut Vec<Value>) {
    rules.retain(|rule| !is_managed(rollout, rule));
}

/// Whether a step created this rule.
pub(super) fn is_managed(rollout: &Rollout, rule: &Value) -> bool {
    let routing = rollout.canary().and_then(|canary| canary.traffic_routing.as_ref());
    let names = routing.into_iter().flat_map(|routing| &routing.managed_routes);
    let Some(name) = rule.get("name").and_then(Value::as_str) else { return false };
    names.map(|route| route.name.as_str()).any(|managed| {
        name.strip_prefix(managed).is_some_and(|rest| {
            rest.is_empty() || rest.strip_prefix('-').is_some_and(|number| number.parse::<u32>().is_ok())
        })
    })
}

/// The managed rules of the intent: for each route, one for each of the rules in `split`.
pub(super) fn wanted(target: &Target, split: &[Value], intent: &Intent) -> Result<Vec<Value>, Invalid> {
    let mut rules = Vec::new();
    for route in &intent.managed_routes.headers {
        let headers = header_conditions(target, &route.name, &route.matches)?;
        for (index, source) in split.iter().enumerate() {
            let mut rule = beside(source, &route.name, index);
            rule.insert("matches".to_owned(), narrowed(source, &[json!({ "headers": headers })]));
            rule.insert("backendRefs".to_owned(), json!([canary(source, intent)]));
            rules.push(Value::Object(rule));
        }
    }
    for route in &intent.managed_routes.mirrors {
        let conditions = route.matches.iter().map(|wanted| mirror_condition(target, &route.name, wanted));
        let conditions: Vec<Value> = conditions.collect::<Result<_, _>>()?;
        for (index, source) in split.iter().enumerate() {
            let mut rule = beside(source, &route.name, index);
            rule.insert("matches".to_owned(), narrowed(source, &conditions));
            rule.insert("backendRefs".to_owned(), json!(backends(source)));
            let mut mirror = json!({"backendRef": canary(source, intent)});
            if let (Some(percent), Some(members)) = (route.percentage, mirror.as_object_mut()) {
                members.insert("percent".to_owned(), json!(percent));
            }
            let filters = rule.entry("filters").or_insert_with(|| json!([]));
            if let Some(filters) = filters.as_array_mut() {
                filters.push(json!({"type": "RequestMirror", "requestMirror": mirror}));
            }
            rules.push(Value::Object(rule));
        }
    }
    Ok(rules)
}

/// A rule of that name with the filters of `source`.
fn beside(source: &Value, name: &str, index: usize) -> Map<String, Value> {
    let name = if index == 0 { name.to_owned() } else { format!("{name}-{index}") };
    let mut rule = Map::from_iter([("name".to_owned(), json!(name))]);
    if let Some(filters) = source.get("filters") {
        rule.insert("filters".to_owned(), filters.clone());
    }
    rule
}

fn canary(source: &Value, intent: &Intent) -> Value {
    let port = backends(source).iter().find(|backend| is_service(backend, &intent.canary_service));
    let port = port.and_then(|backend| backend.get("port"));
    json!({"group": "", "kind": "Service", "name": intent.canary_service, "port": port})
}

/// Every match of `source` together with every one of `conditions`.
fn narrowed(source: &Value, conditions: &[Value]) -> Value {
    let everything = [json!({})];
    let matches = source.get("matches").and_then(Value::as_array).filter(|matches| !matches.is_empty());
    let matches = matches.map_or(&everything[..], Vec::as_slice);
    let narrowed =
        matches.iter().flat_map(|one| conditions.iter().map(move |condition| both(one, condition)));
    narrowed.collect()
}

/// One match that demands what both demand: headers of both, and of other members the condition's.
fn both(one: &Value, condition: &Value) -> Value {
    let mut members = one.as_object().cloned().unwrap_or_default();
    for (key, value) in condition.as_object().into_iter().flatten() {
        match (members.get_mut(key).and_then(Value::as_array_mut), value) {
            (Some(existing), Value::Array(more)) => existing.extend(more.iter().cloned()),
            _ => {
                members.insert(key.clone(), value.clone());
            }
        }
    }
    Value::Object(members)
}

fn header_conditions(target: &Target, route: &str, matches: &[HeaderMatch]) -> Result<Vec<Value>, Invalid> {
    let condition = |header: &HeaderMatch| {
        header_condition(target, route, &header.header_name, header.header_value.as_ref())
    };
    matches.iter().map(condition).collect()
}

fn header_condition(
    target: &Target,
    route: &str,
    name: &str,
    value: Option<&StringMatch>,
) -> Result<Value, Invalid> {
    let (kind, text) = compared(value).ok_or_else(|| Invalid {
        object: target.key.to_string(),
        field: format!("route {route}, header {name}"),
        problem: "the value that the header must have is missing".to_owned(),
        remedy: "set exactly one of exact, prefix and regex".to_owned(),
    })?;
    Ok(json!({"name": name, "type": kind, "value": text}))
}

/// How a text is compared, in words of the Gateway API: a prefix becomes a regular expression.
fn compared(value: Option<&StringMatch>) -> Option<(&'static str, String)> {
    let value = value?;
    match (value.exact.as_str(), value.prefix.as_str(), value.regex.as_str()) {
        ("", "", "") => None,
        ("", "", regex) => Some(("RegularExpression", regex.to_owned())),
        ("", prefix, _) => Some(("RegularExpression", format!("{prefix}.*"))),
        (exact, _, _) => Some(("Exact", exact.to_owned())),
    }
}

fn mirror_condition(target: &Target, route: &str, wanted: &RouteMatch) -> Result<Value, Invalid> {
    let mut condition = Map::new();
    if let Some(method) = &wanted.method {
        if method.exact.is_empty() {
            return Err(Invalid {
                object: target.key.to_string(),
                field: format!("route {route}, method"),
                problem: "the Gateway API compares methods as a whole".to_owned(),
                remedy: "set exact".to_owned(),
            });
        }
        condition.insert("method".to_owned(), json!(method.exact));
    }
    if let Some(path) = &wanted.path {
        let (kind, text) = match (path.exact.as_str(), path.prefix.as_str()) {
            ("", "") => ("RegularExpression", &path.regex),
            ("", _) => ("PathPrefix", &path.prefix),
            _ => ("Exact", &path.exact),
        };
        condition.insert("path".to_owned(), json!({"type": kind, "value": text}));
    }
    if !wanted.headers.is_empty() {
        let headers =
            wanted.headers.iter().map(|(name, value)| header_condition(target, route, name, Some(value)));
        condition.insert("headers".to_owned(), Value::Array(headers.collect::<Result<_, _>>()?));
    }
    Ok(Value::Object(condition))
}
