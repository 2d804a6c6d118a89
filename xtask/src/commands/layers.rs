//! `cargo xtask layers`: who may depend on whom, and what must stay below no crate of the core.

use super::{Command, no_arguments};
use crate::workspace::{self, array, text};
use crate::{Failure, workspace::Package};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const COMMAND: Command =
    Command { name: "layers", arguments: "", about: "check who depends on whom, against the list", run };

/// A crate, what it may use, and what only its tests may use besides.
struct Edges(&'static str, &'static [&'static str], &'static [&'static str]);

/// Every allowed edge, from the lowest layer up. A new edge is a change of the architecture: it belongs
/// here and in the drawing of `crates/README.md`, in the same commit.
const EDGES: &[Edges] = &[
    // data
    Edges("crd", &[], &["xtask"]),
    Edges("expr", &[], &["xtask"]),
    // logic
    Edges("traffic", &["crd"], &[]),
    Edges("judge", &["crd"], &[]),
    Edges("rollout", &["crd", "expr", "traffic", "judge"], &[]),
    Edges("world", &["crd"], &[]),
    Edges("sim", &["crd", "expr", "traffic", "judge", "rollout", "world"], &[]),
    Edges("journal", &["crd", "rollout"], &["sim"]),
    Edges("plan", &["crd", "expr", "judge", "rollout", "sim"], &[]),
    Edges("lint", &["crd", "expr", "traffic", "judge", "rollout", "plan"], &["xtask"]),
    // adapters
    Edges("metric-providers", &["crd", "expr"], &["xtask"]),
    Edges("regions", &["crd"], &["rollout", "sim"]),
    Edges(
        "cluster",
        &["crd", "expr", "traffic", "rollout", "journal", "metric-providers", "regions"],
        &["apiserver", "sim", "world", "xtask"],
    ),
    Edges("rating", &[], &[]),
    Edges("apiserver", &["crd", "world"], &["xtask"]),
    Edges("local", &["crd", "world", "apiserver", "rating"], &[]),
    // faces
    Edges(
        "cli",
        &[
            "crd",
            "expr",
            "traffic",
            "judge",
            "rollout",
            "world",
            "sim",
            "journal",
            "plan",
            "lint",
            "metric-providers",
            "regions",
            "cluster",
            "apiserver",
            "local",
        ],
        &["xtask"],
    ),
    Edges("aviary", &["cli"], &["crd", "xtask"]),
    Edges("controller", &["cluster"], &["apiserver", "cli", "crd", "local", "rating", "world", "xtask"]),
    Edges("rating-api", &["rating"], &[]),
    Edges("xtask", &[], &[]),
    Edges(
        "fuzz",
        &["crd", "expr", "judge", "rollout", "world", "journal", "lint", "metric-providers", "local", "cli"],
        &[],
    ),
];

/// The crates below the line: no runtime, no client, no socket, no clock, no randomness.
pub(crate) const PURE: &[&str] =
    &["crd", "expr", "traffic", "judge", "rollout", "world", "sim", "journal", "plan", "lint"];

/// What no crate below the line may reach, by however many steps.
const IMPURE: &[(&str, &str)] = &[
    ("tokio", "the core is told the time and does not wait"),
    ("async-std", "the core is told the time and does not wait"),
    ("futures-executor", "the core does not wait"),
    ("mio", "the core opens no socket"),
    ("socket2", "the core opens no socket"),
    ("hyper", "the core calls nobody: a call is an `Action` or a `Question`"),
    ("reqwest", "the core calls nobody: a call is an `Action` or a `Question`"),
    ("kube-client", "the core calls nobody: a call is an `Action` or a `Question`"),
    ("kube", "the core calls nobody: a call is an `Action` or a `Question`"),
    ("rustls", "the core opens no socket"),
    ("rand", "the same observation must give the same decision"),
    ("getrandom", "the same observation must give the same decision"),
    ("fastrand", "the same observation must give the same decision"),
    ("chrono", "the core is told the time; its type is jiff's"),
    ("tracing", "what the core has to say it says in `Decision.because`"),
];

fn run(arguments: &[String]) -> Result<(), Failure> {
    no_arguments(&COMMAND, arguments)?;
    let packages = workspace::packages()?;
    let mut findings = edges(&packages);
    findings.extend(impurities(
        &workspace::metadata(&["--filter-platform", "x86_64-unknown-linux-gnu"])?,
        &packages,
    ));
    Failure::unless_empty(
        &findings,
        "move the code to the layer that may do it, or pass the value in; if the architecture did change, change \
         xtask/src/commands/layers.rs and the drawing in crates/README.md together",
    )?;
    println!("{} crates keep to the list of edges; {} reach nothing impure", packages.len(), PURE.len());
    Ok(())
}

fn edges(packages: &BTreeMap<String, Package>) -> Vec<String> {
    let roles: BTreeMap<&str, &str> = packages.values().map(|p| (p.name.as_str(), p.role())).collect();
    let mut findings = Vec::new();
    for package in packages.values() {
        let Some(Edges(_, uses, tests)) = EDGES.iter().find(|row| row.0 == package.role()) else {
            findings.push(format!(
                "{} is in no layer: xtask/src/commands/layers.rs does not name it",
                package.directory
            ));
            continue;
        };
        for (name, dev) in &package.ours {
            let to = roles.get(name.as_str()).copied().unwrap_or(name);
            // A crate's doctests and tests may name the crate itself.
            let allowed = uses.contains(&to) || (*dev && (tests.contains(&to) || to == package.role()));
            if !allowed {
                let how = if *dev { "in its tests " } else { "" };
                findings.push(format!("{} depends {how}on {to}: no such edge", package.role()));
            }
        }
    }
    findings
}

/// For each pure crate, the impure crates that its product reaches, with the way.
fn impurities(metadata: &Value, packages: &BTreeMap<String, Package>) -> Vec<String> {
    let names: BTreeMap<&str, &str> =
        array(metadata, "packages").map(|p| (text(p, "id"), text(p, "name"))).collect();
    let next: BTreeMap<&str, Vec<&str>> =
        array(&metadata["resolve"], "nodes").map(|node| (text(node, "id"), products(node))).collect();
    let mut findings = Vec::new();
    for package in PURE.iter().filter_map(|role| packages.get(*role)) {
        let Some((start, _)) = names.iter().find(|(_, name)| **name == package.name) else { continue };
        for way in ways(start, &next, &names) {
            if let Some((_, why)) = way.last().and_then(|last| IMPURE.iter().find(|(name, _)| name == last)) {
                findings.push(format!("{}: {why}", way.join(" -> ")));
            }
        }
    }
    findings
}

/// The dependencies that end up in the product: not those of tests or of build scripts.
fn products(node: &Value) -> Vec<&str> {
    let normal = |dep: &&Value| array(dep, "dep_kinds").any(|kind| kind["kind"].is_null());
    array(node, "deps").filter(normal).map(|dep| text(dep, "pkg")).collect()
}

/// One shortest way, by names, to everything that can be reached.
fn ways<'m>(
    start: &'m str,
    next: &BTreeMap<&'m str, Vec<&'m str>>,
    names: &BTreeMap<&'m str, &'m str>,
) -> Vec<Vec<&'m str>> {
    let mut seen = BTreeSet::from([start]);
    let mut queue =
        std::collections::VecDeque::from([(start, vec![names.get(start).copied().unwrap_or(start)])]);
    let mut found = Vec::new();
    while let Some((at, way)) = queue.pop_front() {
        for to in next.get(at).into_iter().flatten() {
            if seen.insert(to) {
                let mut longer = way.clone();
                longer.push(names.get(to).copied().unwrap_or(to));
                queue.push_back((to, longer));
            }
        }
        found.push(way);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn package(directory: &str, ours: &[(&str, bool)]) -> (String, Package) {
        let role = directory.rsplit('/').next().unwrap().to_owned();
        let ours = ours.iter().map(|(name, dev)| ((*name).to_owned(), *dev)).collect();
        let package = Package { name: role.clone(), directory: directory.to_owned(), targets: vec![], ours };
        (role, package)
    }

    #[test]
    fn an_edge_that_the_list_does_not_allow_is_found() {
        let packages = BTreeMap::from([
            package("crates/crd", &[("traffic", false)]),
            package("crates/traffic", &[("crd", false)]),
            package("crates/apiserver", &[("xtask", true)]),
            package("crates/newcomer", &[]),
            package("xtask", &[]),
        ]);
        let expected = [
            "crd depends on traffic: no such edge",
            "crates/newcomer is in no layer: xtask/src/commands/layers.rs does not name it",
        ];
        assert_eq!(edges(&packages), expected);
    }

    #[test]
    fn an_impure_crate_is_found_with_the_way_to_it_but_not_behind_a_test_dependency() {
        let packages = BTreeMap::from([package("crates/crd", &[])]);
        let normal = json!([{"kind": null}]);
        let metadata = json!({
            "packages": [{"id": "1", "name": "crd"}, {"id": "2", "name": "yaml"}, {"id": "3", "name": "tokio"}, {"id": "4", "name": "rand"}],
            "resolve": {"nodes": [
                {"id": "1", "deps": [{"pkg": "2", "dep_kinds": normal}, {"pkg": "4", "dep_kinds": [{"kind": "dev"}]}]},
                {"id": "2", "deps": [{"pkg": "3", "dep_kinds": normal}]},
            ]},
        });
        let expected = ["crd -> yaml -> tokio: the core is told the time and does not wait"];
        assert_eq!(impurities(&metadata, &packages), expected);
    }

    #[test]
    fn the_list_is_ordered_from_the_lowest_layer_up() {
        let mut below: BTreeSet<&str> = BTreeSet::new();
        for Edges(role, uses, _) in EDGES {
            assert!(uses.iter().all(|to| below.contains(to)), "{role} uses what stands above it");
            below.insert(role);
        }
    }
}
