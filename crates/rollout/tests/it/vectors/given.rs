//! What a case gives, as objects. What it leaves open is as it would be in a cluster at rest.

use std::collections::BTreeMap;

use crd::{names, yaml};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{roles, tokens};
use crate::harness::Cluster;

/// One case; the fields of a table's `base` hold for all of its cases.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Case {
    /// The row of the specification.
    pub(crate) id: String,
    /// Tells the cases of one row apart.
    pub(crate) part: String,
    /// For readers.
    pub(crate) about: String,
    /// Why another outcome than the row's is expected (crates/rollout/DEVIATIONS.md).
    pub(crate) deviates: String,
    /// Why the case is not carried out.
    pub(crate) not_served: String,
    /// Wanted pods; `null` leaves the field out.
    replicas: Value,
    /// More of `spec`.
    spec: Value,
    /// The canary strategy.
    canary: Value,
    /// The blue-green strategy, instead.
    blue_green: Value,
    /// More of the Rollout's metadata.
    metadata: Value,
    /// Whether a Gateway API route splits the traffic.
    routed: bool,
    /// ReplicaSets by version, `v1` the oldest: `wanted/available`, or an object (see `roles::set`).
    pub(crate) sets: BTreeMap<String, Value>,
    /// The version of the Rollout's template; the youngest ReplicaSet's when absent.
    new: String,
    /// The stable version; the oldest ReplicaSet's when absent, none when `-`.
    stable: String,
    /// The version that status knows as current; `new` when absent.
    recorded: String,
    /// Index of the step; the end for a promoted version, else 0, when absent.
    index: Option<i32>,
    /// Stored weights, and those of the route: `canary/stable`.
    weights: String,
    /// Whether nothing was reconciled yet.
    fresh: bool,
    /// More of the status.
    status: Value,
    /// Conditions over the usual ones, by type.
    conditions: BTreeMap<String, Value>,
    /// Versions that Services select, `-` for none.
    services: BTreeMap<String, String>,
    /// Services that no controller has touched yet.
    unmanaged: Vec<String>,
    /// How the router answers.
    pub(crate) router: Router,
    /// Pods: `version age remarks`, see `roles::pod`.
    pods: Vec<String>,
    /// Names of analysis templates.
    templates: Vec<String>,
    /// AnalysisRuns.
    runs: Vec<Value>,
    /// Experiments.
    experiments: Vec<Value>,
    /// Pods of the Deployment `work`, from which the template comes when it is given.
    deployment: Option<i32>,
    /// Whether evictions are refused.
    pub(crate) evictions_refused: bool,
    /// What must be seen after one pass.
    expect: Value,
    /// The same for several passes.
    then: Vec<Pass>,
}

/// How the router answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Router {
    /// It applies and shows every weight within the pass.
    #[default]
    Instant,
    /// Its parents do not accept the route: no weight is ever verified.
    Refuses,
    /// Its route does not exist.
    Missing,
}

/// One pass, and what happens before it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Pass {
    /// A merge patch of the Rollout.
    pub(crate) edit: Value,
    /// A Go duration that passes.
    pub(crate) after: String,
    /// Whether pods become what their ReplicaSets want.
    pub(crate) settle: bool,
    /// What must be seen afterwards.
    pub(crate) expect: Value,
}

/// Merges what a case says; what it does not say changes nothing.
pub(super) fn merge(into: &mut Value, patch: &Value) {
    if !patch.is_null() {
        crate::harness::merge(into, patch);
    }
}

/// Like a merge, but `null` stays `null`: of a case it means absence, of an expectation too.
fn lay_over(below: &mut Value, above: Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (key, value) in above {
                lay_over(below.entry(key).or_insert(Value::Null), value);
            }
        }
        (below, above) => *below = above,
    }
}

/// The cases of a table.
pub(crate) fn read(text: &str) -> Vec<Case> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        #[serde(default)]
        base: Value,
        cases: Vec<Value>,
    }
    let table: Table = yaml::from_str(text).expect("a table");
    let with_base = |case: Value| {
        let mut whole = table.base.clone();
        lay_over(&mut whole, case);
        let whole = tokens::resolve(whole);
        let mut case: Case =
            serde_json::from_value(whole.clone()).unwrap_or_else(|error| panic!("{error}: {whole}"));
        case.sets.retain(|_, set| !set.is_null());
        case
    };
    table.cases.into_iter().map(with_base).collect()
}

/// `spec` without the template's image.
pub(super) fn spec(case: &Value) -> Value {
    let field = |name: &str| case.get(name).cloned().unwrap_or_default();
    let mut strategy = json!({});
    if case.get("blueGreen").is_some_and(|strategy| !strategy.is_null()) {
        let mut blue_green = json!({"activeService": "active", "previewService": "preview"});
        merge(&mut blue_green, &field("blueGreen"));
        strategy["blueGreen"] = blue_green;
    } else {
        let mut canary = json!({});
        if field("routed") == json!(true) {
            let plugins = json!({"argoproj-labs/gatewayAPI": {"httpRoute": "route", "namespace": "ns"}});
            canary = json!({
                "canaryService": "canary", "stableService": "stable", "trafficRouting": {"plugins": plugins},
            });
        }
        merge(&mut canary, &field("canary"));
        strategy["canary"] = canary;
    }
    let mut spec = json!({"replicas": field("replicas"), "strategy": strategy});
    merge(&mut spec, &field("spec"));
    spec
}

impl Case {
    /// `D40`, or `L15 (live Service)`.
    pub(crate) fn name(&self) -> String {
        if self.part.is_empty() { self.id.clone() } else { format!("{} ({})", self.id, self.part) }
    }

    /// Whether it says what to do, not only that it is not done.
    pub(crate) fn has_situation(&self) -> bool {
        !self.sets.is_empty() || self.fresh
    }

    pub(crate) fn passes(&self) -> Vec<Pass> {
        if self.then.is_empty() {
            return vec![Pass { expect: self.expect.clone(), ..Pass::default() }];
        }
        assert!(self.expect.is_null(), "{}: expect or then", self.name());
        self.then.clone()
    }

    /// The cluster before the first pass.
    pub(crate) fn cluster(&self) -> Cluster {
        let case = json!({
            "replicas": self.replicas, "spec": self.spec, "canary": self.canary,
            "blueGreen": self.blue_green, "routed": self.routed,
        });
        let mut cluster = Cluster::new(&spec(&case).to_string());
        cluster.set_image(&format!("demo:{}", self.current()));
        let mut rollout = serde_json::to_value(&cluster.rollout).expect("JSON");
        rollout["metadata"]["generation"] = json!(1);
        if let Some(revision) = self.sets.get(self.current()).map(|set| roles::revision(self.current(), set))
        {
            rollout["metadata"]["annotations"] = json!({names::REVISION: revision});
        }
        merge(&mut rollout["metadata"], &self.metadata);
        // Once more, for what a case takes away.
        merge(&mut rollout["spec"], &self.spec);
        cluster.rollout = serde_json::from_value(rollout).expect("a rollout");
        let mut sets: Vec<_> =
            self.sets.iter().map(|(version, set)| roles::set(&cluster, version, set)).collect();
        sets.sort_by_key(|set| set.metadata.creation_timestamp);
        cluster.sets = sets;
        if !self.fresh {
            let status = self.status(&cluster);
            cluster.rollout.status =
                serde_json::from_value(status.clone()).unwrap_or_else(|error| panic!("{error}: {status}"));
        }
        self.connect(&mut cluster);
        cluster.pods = self.pods.iter().map(|text| roles::pod(&cluster, text)).collect();
        cluster.runs = self.runs.iter().map(|run| roles::run(&cluster, run)).collect();
        cluster.experiments =
            self.experiments.iter().map(|given| roles::experiment(&cluster, given)).collect();
        for name in &self.templates {
            cluster.templates.namespaced.insert(name.clone(), roles::analysis_template(name));
        }
        if let Some(pods) = self.deployment {
            roles::refer_to_deployment(&mut cluster, pods);
        }
        cluster
    }

    fn versions(&self) -> Vec<&str> {
        let mut versions: Vec<&str> = self.sets.keys().map(String::as_str).collect();
        versions.sort_by_key(|version| roles::number(version));
        versions
    }

    fn current(&self) -> &str {
        if self.new.is_empty() { self.versions().last().copied().unwrap_or("v1") } else { &self.new }
    }

    fn stable(&self) -> &str {
        if self.stable.is_empty() { self.versions().first().copied().unwrap_or("-") } else { &self.stable }
    }

    fn recorded(&self) -> &str {
        if self.recorded.is_empty() { self.current() } else { &self.recorded }
    }

    fn status(&self, cluster: &Cluster) -> Value {
        let hash = |version| roles::hash(cluster, version);
        let (current, stable) = (hash(self.recorded()), hash(self.stable()));
        let steps = cluster.rollout.canary().map(|canary| canary.steps.as_slice()).unwrap_or_default();
        let promoted = current == stable;
        let index = self.index.unwrap_or(if promoted { steps.len() as i32 } else { 0 });
        let mut status = roles::counts(cluster, &current);
        merge(
            &mut status,
            &json!({
                "currentPodHash": current, "stableRS": stable, "observedGeneration": "1",
                "selector": "app=demo", "phase": if promoted { "Healthy" } else { "Progressing" },
                "canary": {"weights": self.stored_weights(cluster)},
            }),
        );
        if cluster.rollout.canary().is_some() {
            status["currentStepHash"] = json!(crd::hash::steps(steps));
        } else {
            self.blue_green_status(cluster, &mut status);
        }
        if !steps.is_empty() {
            status["currentStepIndex"] = json!(index);
        }
        merge(&mut status, &self.status);
        status["conditions"] = roles::conditions(cluster, &status, &self.conditions);
        status
    }

    /// Selectors, and the figures of the version that is active.
    fn blue_green_status(&self, cluster: &Cluster, status: &mut Value) {
        let of = |service: &str, version: &str| {
            roles::hash(cluster, self.services.get(service).map_or(version, String::as_str))
        };
        let (active, preview) = (of("active", self.stable()), of("preview", self.recorded()));
        status["blueGreen"] = json!({"activeSelector": active, "previewSelector": preview});
        if let Some(set) = cluster.sets.iter().find(|set| !active.is_empty() && set.hash() == active) {
            status["selector"] = json!(format!("app=demo,{}={active}", names::POD_TEMPLATE_HASH));
            status["HPAReplicas"] = json!(set.status.replicas);
            status["readyReplicas"] = json!(set.status.ready_replicas);
            status["availableReplicas"] = json!(set.status.available_replicas);
        }
    }

    fn stored_weights(&self, cluster: &Cluster) -> Value {
        let Some((canary, stable)) = roles::pair(&self.weights) else { return Value::Null };
        let service = |name: &str| {
            let strategy = serde_json::to_value(cluster.rollout.canary()).expect("JSON");
            strategy.get(format!("{name}Service")).cloned().unwrap_or_default()
        };
        let of = |weight: i32, name, version| json!({"weight": weight, "serviceName": service(name), "podTemplateHash": roles::hash(cluster, version)});
        let (canary, stable) = (of(canary, "canary", self.current()), of(stable, "stable", self.stable()));
        json!({"canary": canary, "stable": stable, "verified": true})
    }

    /// Services and routes.
    fn connect(&self, cluster: &mut Cluster) {
        let names: Vec<String> = cluster.services.keys().cloned().collect();
        for name in names {
            let version = self.services.get(&name).cloned().unwrap_or_else(|| self.selected(cluster, &name));
            let hash = roles::hash(cluster, &version);
            let managed = !self.fresh && !self.unmanaged.contains(&name);
            let service = cluster.services.get_mut(&name).expect("a service");
            if !hash.is_empty() {
                service.spec.selector.insert(names::POD_TEMPLATE_HASH.to_owned(), hash);
            }
            if managed {
                service.metadata.annotations.insert(names::MANAGED_BY.to_owned(), "demo".to_owned());
            }
        }
        if self.router == Router::Missing {
            cluster.routes.clear();
        }
        let weights = roles::pair(&self.weights);
        let (stable, canary) = roles::backends(cluster);
        for route in cluster.routes.values_mut() {
            if let Some((to_canary, to_stable)) = weights {
                route["spec"]["rules"][0]["backendRefs"] = json!([
                    {"name": stable, "port": 80, "weight": to_stable},
                    {"name": canary, "port": 80, "weight": to_canary},
                ]);
            } else {
                route["spec"]["rules"][0]["backendRefs"] =
                    json!([{"name": stable, "port": 80}, {"name": canary, "port": 80}]);
            }
            if self.router == Router::Refuses {
                route["status"] =
                    json!({"parents": [{"conditions": [{"type": "Accepted", "status": "False"}]}]});
            }
        }
    }

    /// What a Service selects when the case does not say.
    fn selected(&self, cluster: &Cluster, service: &str) -> String {
        let current = roles::hash(cluster, self.recorded());
        let serves =
            cluster.sets.iter().any(|set| set.hash() == current && set.status.available_replicas > 0);
        let role = match service {
            _ if self.fresh => "-",
            "ping" | "pong" => {
                let stable =
                    if cluster.rollout.status.canary.stable_ping_pong == "ping" { "ping" } else { "pong" };
                if service == stable { self.stable() } else { self.recorded() }
            }
            "canary" if serves => self.recorded(),
            "preview" => self.recorded(),
            _ => self.stable(),
        };
        role.to_owned()
    }
}

/// Time passes, users act, pods come and go: what a pass finds that was not there after the last one.
pub(super) fn before(cluster: &mut Cluster, pass: &Pass) {
    if !pass.after.is_empty() {
        let seconds = crd::duration::parse(&pass.after).expect("a duration").as_secs();
        cluster.now += SignedDuration::from_secs(seconds.cast_signed());
    }
    if pass.settle {
        cluster.settle();
        cluster.now -= SignedDuration::from_secs(1);
    }
    if !pass.edit.is_null() {
        cluster.edit(&pass.edit);
    }
}
