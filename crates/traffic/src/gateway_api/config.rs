//! The router's configuration, as written under `trafficRouting.plugins` (spec traffic-5 3.1).

use std::collections::BTreeMap;

use crd::{ObjectKey, Rollout};
use serde::Deserialize;
use serde_json::Value;

use super::{KINDS, PLUGINS};
use crate::Invalid;

/// What to edit.
#[derive(Debug, Default)]
pub(super) struct Config {
    pub(super) targets: Vec<Target>,
    /// Marks routes on which a canary has weight.
    pub(super) label: Option<Label>,
}

/// One route.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) key: ObjectKey,
    /// Whether header and mirror routes are made there.
    pub(super) use_header_routes: bool,
    /// Only this rule is edited; all when absent.
    pub(super) rule: Option<String>,
    /// The field that names the route.
    pub(super) field: String,
}

/// A label and its value.
#[derive(Debug)]
pub(super) struct Label {
    pub(super) key: String,
    pub(super) value: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Written {
    namespace: String,
    disable_in_progress_label: bool,
    in_progress_label_key: String,
    in_progress_label_value: String,
    /// Per kind of route: `httpRoute`, `httpRoutes`, `httpRouteSelector`, `httpRouteRuleName`, and so on.
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Entry {
    name: String,
    use_header_routes: bool,
    rule_name: Option<String>,
}

/// Prefixes of the keys, one for each of [`KINDS`].
const PREFIXES: [&str; 4] = ["httpRoute", "grpcRoute", "tcpRoute", "tlsRoute"];

impl Config {
    /// Reads the configuration of `rollout`.
    pub(super) fn of(rollout: &Rollout) -> Result<Self, Invalid> {
        let routing = rollout.canary().and_then(|canary| canary.traffic_routing.as_ref());
        let plugins = routing.map(|routing| &routing.plugins);
        let mut config = Self::default();
        for plugin in PLUGINS {
            if let Some(value) = plugins.and_then(|plugins| plugins.get(plugin)) {
                config.add(rollout, plugin, value)?;
            }
        }
        Ok(config)
    }

    fn add(&mut self, rollout: &Rollout, plugin: &str, value: &Value) -> Result<(), Invalid> {
        let field = |key: &str| format!("spec.strategy.canary.trafficRouting.plugins[{plugin}]{key}");
        let written: Written = read(rollout, &field(""), value)?;
        let before = self.targets.len();
        for prefix in PREFIXES {
            self.add_routes(rollout, &written, prefix, &field)?;
        }
        if self.targets.len() == before {
            return Err(Invalid {
                object: object(rollout),
                field: field(""),
                problem: "no route is named".to_owned(),
                remedy:
                    "set httpRoute, grpcRoute, tcpRoute or tlsRoute, or a list of them such as httpRoutes"
                        .to_owned(),
            });
        }
        if !written.disable_in_progress_label {
            let or = |text: String, default: &str| if text.is_empty() { default.to_owned() } else { text };
            self.label = Some(Label {
                key: or(written.in_progress_label_key, "rollouts.argoproj.io/gatewayapi-canary"),
                value: or(written.in_progress_label_value, "in-progress"),
            });
        }
        Ok(())
    }

    fn add_routes(
        &mut self,
        rollout: &Rollout,
        written: &Written,
        prefix: &'static str,
        field: &impl Fn(&str) -> String,
    ) -> Result<(), Invalid> {
        let get = |suffix: &str| {
            let key = format!("{prefix}{suffix}");
            written
                .others
                .get(&key)
                .filter(|value| !value.is_null())
                .map(|value| (field(&format!(".{key}")), value))
        };
        if let Some((field, value)) = get("Selector") {
            return Err(Invalid {
                object: object(rollout),
                field,
                problem: format!("{value} would find routes by label, which is not supported"),
                remedy: format!("name the routes in {prefix}s"),
            });
        }
        let rule: Option<String> =
            get("RuleName").map(|(at, value)| read(rollout, &at, value)).transpose()?;
        if let Some((at, value)) = get("s") {
            for (index, mut entry) in read::<Vec<Entry>>(rollout, &at, value)?.into_iter().enumerate() {
                entry.rule_name = entry.rule_name.or_else(|| rule.clone());
                self.targets.push(target(rollout, written, prefix, entry, format!("{at}[{index}].name")));
            }
        }
        if let Some((at, value)) = get("") {
            let entry = Entry { name: read(rollout, &at, value)?, use_header_routes: true, rule_name: rule };
            self.targets.push(target(rollout, written, prefix, entry, at));
        }
        Ok(())
    }
}

fn target(rollout: &Rollout, written: &Written, prefix: &str, entry: Entry, field: String) -> Target {
    let kind = PREFIXES.iter().position(|known| *known == prefix).and_then(|index| KINDS.get(index));
    let own = &rollout.metadata.namespace;
    let namespace = if written.namespace.is_empty() { own } else { &written.namespace };
    Target {
        key: ObjectKey::new(kind.cloned().unwrap_or(crd::Kind::HTTP_ROUTE), namespace, entry.name),
        use_header_routes: entry.use_header_routes,
        rule: entry.rule_name,
        field,
    }
}

fn read<T: for<'de> Deserialize<'de>>(rollout: &Rollout, field: &str, value: &Value) -> Result<T, Invalid> {
    T::deserialize(value).map_err(|error| Invalid {
        object: object(rollout),
        field: field.to_owned(),
        problem: format!("{value} cannot be read: {error}"),
        remedy: "correct the value".to_owned(),
    })
}

/// How messages name the Rollout.
pub(super) fn object(rollout: &Rollout) -> String {
    ObjectKey::new(crd::Kind::ROLLOUT, &rollout.metadata.namespace, &rollout.metadata.name).to_string()
}
