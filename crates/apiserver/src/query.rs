//! The query parameters of the API.

use std::time::Duration;

use http::HeaderMap;
use http::header::USER_AGENT;
use serde_json::json;
use world::{Options, Status};

/// What the query of a URL asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    /// What the world is told.
    pub(crate) options: Options,
    /// Go on telling what changes.
    pub(crate) watch: Option<Watch>,
    /// How much of an object goes into a row of a table: `None`, `Metadata` or `Object`.
    pub(crate) include_object: String,
    /// Indent the answer, for people.
    pub(crate) pretty: bool,
}

/// How to watch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Watch {
    /// Send bookmarks.
    pub(crate) bookmarks: bool,
    /// Begin with all present objects and a bookmark (streaming lists); `None` leaves it to the version asked for.
    pub(crate) initial_events: Option<bool>,
    /// When the watch ends by itself.
    pub(crate) timeout: Option<Duration>,
}

impl Query {
    /// Reads the query of a URL. Unknown parameters are ignored, as the real server does.
    pub(crate) fn parse(query: &str, headers: &HeaderMap) -> Result<Self, Status> {
        let mut read = Self::default();
        let (mut watch, mut is_watch) = (Watch::default(), false);
        let options = &mut read.options;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let text = || value.clone().into_owned();
            match &*name {
                "watch" => is_watch = truth(&value),
                "allowWatchBookmarks" => watch.bookmarks = truth(&value),
                "sendInitialEvents" => watch.initial_events = Some(truth(&value)),
                "timeoutSeconds" => {
                    watch.timeout =
                        Some(number(&name, &value)?).filter(|seconds| *seconds > 0).map(Duration::from_secs);
                }
                "includeObject" => read.include_object = text(),
                "pretty" => read.pretty = truth(&value),
                "dryRun" => options.dry_run = dry_run(&value)?,
                "fieldManager" => options.field_manager = text(),
                "force" => options.force = truth(&value),
                "fieldValidation" => options.field_validation = field_validation(text())?,
                "labelSelector" => options.label_selector = text(),
                "fieldSelector" => options.field_selector = text(),
                "limit" => options.limit = usize::try_from(number(&name, &value)?).unwrap_or(usize::MAX),
                "continue" => options.continue_token = text(),
                "resourceVersion" => options.resource_version = text(),
                "resourceVersionMatch" => options.resource_version_match = text(),
                "propagationPolicy" => options.propagation_policy = text(),
                "orphanDependents" if options.propagation_policy.is_empty() => {
                    let policy = if truth(&value) { "Orphan" } else { "Background" };
                    policy.clone_into(&mut options.propagation_policy);
                }
                "gracePeriodSeconds" => {
                    options.grace_period_seconds = i64::try_from(number(&name, &value)?).ok();
                }
                _ => {}
            }
        }
        if options.field_manager.is_empty() {
            options.field_manager = manager(headers);
        }
        read.watch = is_watch.then_some(watch);
        Ok(read)
    }
}

/// Who writes, when nobody says so: the program's name from its User-Agent.
fn manager(headers: &HeaderMap) -> String {
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let name: String = agent.split('/').next().unwrap_or_default().chars().take(128).collect();
    if name.is_empty() { "unknown".to_owned() } else { name }
}

/// Go's reading of a boolean parameter: present and not "false" or "0" is true.
fn truth(value: &str) -> bool {
    !matches!(value.to_ascii_lowercase().as_str(), "false" | "0")
}

fn number(name: &str, value: &str) -> Result<u64, Status> {
    value.parse().map_err(|_| {
        Status::bad_request(format!("the query parameter {name} must be a whole number, not {value:?}"))
    })
}

fn dry_run(value: &str) -> Result<bool, Status> {
    match value {
        "" => Ok(false),
        "All" => Ok(true),
        other => Err(unsupported("dryRun", other, "\"All\"")),
    }
}

fn field_validation(value: String) -> Result<String, Status> {
    match value.as_str() {
        "" | "Ignore" | "Warn" | "Strict" => Ok(value),
        other => Err(unsupported("fieldValidation", other, "\"Ignore\", \"Strict\", \"Warn\"")),
    }
}

fn unsupported(field: &str, value: &str, allowed: &str) -> Status {
    let cause = format!("Unsupported value: {value:?}: supported values: {allowed}");
    Status {
        code: 422,
        reason: "Invalid",
        message: format!(" \"\" is invalid: {field}: {cause}"),
        details: json!({"causes": [{"reason": "FieldValueNotSupported", "message": cause, "field": field}]}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_reach_the_world() {
        let query =
            "labelSelector=app%3Dweb&limit=5&dryRun=All&watch=1&sendInitialEvents=true&timeoutSeconds=30";
        let read = Query::parse(query, &HeaderMap::new()).unwrap();
        let expected = Query {
            options: Options {
                label_selector: "app=web".into(),
                limit: 5,
                dry_run: true,
                field_manager: "unknown".into(),
                ..Options::default()
            },
            watch: Some(Watch {
                bookmarks: false,
                initial_events: Some(true),
                timeout: Some(Duration::from_secs(30)),
            }),
            ..Query::default()
        };
        assert_eq!(read, expected);
    }

    #[test]
    fn the_manager_is_the_program_that_calls() {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, "kubectl/v1.34.1 (linux/amd64)".parse().unwrap());
        assert_eq!(Query::parse("", &headers).unwrap().options.field_manager, "kubectl");
    }

    #[test]
    fn a_dry_run_is_all_or_an_error() {
        let refused = Query::parse("dryRun=Some", &HeaderMap::new()).unwrap_err();
        assert_eq!((refused.code, refused.reason), (422, "Invalid"));
    }
}
