//! The charts, through the real Helm: what they render stands in the repository, and nothing else is accepted.

use std::collections::BTreeMap;
use std::path::Path;

use cluster::Place;
use serde_json::{Value, json};

use crate::helm::{Helm, TEMPLATE, root};

/// The files that a rendered stream consists of, by the name of their template.
fn by_file(stream: &str) -> BTreeMap<String, String> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for document in stream.split("---\n# Source: ").filter(|document| !document.trim().is_empty()) {
        let (source, text) = document.split_once('\n').unwrap();
        let name = source.rsplit('/').next().unwrap().to_owned();
        let text = format!("{}\n", text.trim());
        files.entry(name).and_modify(|file| *file = format!("{file}---\n{text}")).or_insert(text);
    }
    files
}

/// Compares files with those in a directory of the repository; `UPDATE=1` writes them.
fn compare(directory: &Path, rendered: &BTreeMap<String, String>) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(directory).unwrap();
        for (name, text) in rendered {
            std::fs::write(directory.join(name), text).unwrap();
        }
    }
    let mut there: Vec<String> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| Path::new(name).extension().is_some_and(|end| end == "yaml"))
        .collect();
    there.sort();
    assert_eq!(rendered.keys().cloned().collect::<Vec<_>>(), there, "{}", directory.display());
    for (name, text) in rendered {
        let file = directory.join(name);
        let recorded = std::fs::read_to_string(&file).unwrap();
        assert_eq!(*text, recorded, "UPDATE=1 records {}", file.display());
    }
}

fn find<'o>(objects: &'o [Value], kind: &str) -> &'o Value {
    objects.iter().find(|object| object["kind"] == kind).unwrap_or_else(|| panic!("no {kind}"))
}

#[test]
fn the_openclaw_chart_renders_what_the_demo_applies() {
    let Some(helm) = Helm::find("the_openclaw_chart_renders_what_the_demo_applies") else { return };
    let words =
        [&TEMPLATE[..], &["openclaw-rating-api", "fixtures/openclaw/chart", "--namespace", "openclaw"]]
            .concat();
    compare(&root().join("fixtures/openclaw/rendered"), &by_file(&helm.ok(&words)));
}

/// The plain manifests, what the chart is told for them, and how they are applied.
const PLAIN: [(&str, &str, &str); 2] = [
    ("install.yaml", "createNamespace=true", ""),
    ("namespace-install.yaml", "namespaced=true", " -n argo-rollouts"),
];

#[test]
fn the_controllers_chart_renders_the_plain_manifests() {
    let Some(helm) = Helm::find("the_controllers_chart_renders_the_plain_manifests") else { return };
    for (name, set, more) in PLAIN {
        let words =
            ["aviary-controller", "bins/controller/chart", "--namespace", "argo-rollouts", "--set", set];
        let rendered = by_file(&helm.ok(&[&TEMPLATE[..], &words].concat()));
        // The namespace first: whoever applies the file needs it before everything else.
        let order = ["namespace.yaml", "rbac.yaml", "aggregate.yaml", "service.yaml", "deployment.yaml"];
        assert!(rendered.keys().all(|file| order.contains(&file.as_str())), "{:?}", rendered.keys());
        let head = format!(
            "# What the chart beside this file renders with {set}. The custom resources come first:\n\
             #   kubectl apply --server-side -f fixtures/crds\n\
             #   kubectl apply{more} -f bins/controller/{name}\n\
             # It takes the same lease as the Argo Rollouts controller, so that the two never act at the same time.\n"
        );
        let files: Vec<&str> =
            order.iter().filter_map(|name| rendered.get(*name)).map(String::as_str).collect();
        let text = head + &files.join("---\n");
        let file = root().join("bins/controller").join(name);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "UPDATE=1 records it");
    }
}

#[test]
fn the_roles_are_made_from_what_the_controller_calls() {
    let directory = root().join("bins/controller/chart/rules");
    let note =
        "# Made from crates/cluster/src/permissions.rs: UPDATE=1 cargo test -p aviary-controller roles\n";
    for (name, place) in [("everywhere", Place::Everywhere), ("home", Place::Home)] {
        let file = directory.join(format!("{name}.yaml"));
        let text = format!("{note}{}", cluster::rules(place));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap_or_default(), text, "UPDATE=1 records it");
    }
}

#[test]
fn a_namespaced_controller_is_given_nothing_outside_of_its_namespace() {
    let Some(helm) = Helm::find("a_namespaced_controller_is_given_nothing_outside_of_its_namespace") else {
        return;
    };
    let words = ["x", "bins/controller/chart", "--namespace", "shop", "--set", "namespaced=true"];
    let objects: Vec<Value> = crd::yaml::from_documents(&helm.ok(&[&TEMPLATE[..], &words].concat())).unwrap();
    let bound = |object: &&Value| object["kind"] == "ClusterRoleBinding" || object["kind"] == "RoleBinding";
    let bindings: Vec<&Value> = objects.iter().filter(bound).collect();
    assert_eq!(bindings.len(), 2);
    for binding in bindings {
        assert_eq!(
            (&binding["kind"], &binding["metadata"]["namespace"]),
            (&"RoleBinding".into(), &"shop".into())
        );
    }
    let arguments = &find(&objects, "Deployment")["spec"]["template"]["spec"]["containers"][0]["args"];
    assert!(arguments.as_array().unwrap().contains(&"--namespaced".into()), "{arguments}");
}

#[test]
fn decision_journals_are_kept_where_a_number_of_entries_is_asked_for() {
    let test = "decision_journals_are_kept_where_a_number_of_entries_is_asked_for";
    let Some(helm) = Helm::find(test) else { return };
    let flags = |more: &[&str]| {
        let words = [&TEMPLATE[..], &["aviary-controller", "bins/controller/chart"], more].concat();
        let objects: Vec<Value> = crd::yaml::from_documents(&helm.ok(&words)).unwrap();
        let container = &find(&objects, "Deployment")["spec"]["template"]["spec"]["containers"][0];
        serde_json::from_value::<Vec<String>>(container["args"].clone()).unwrap()
    };
    assert_eq!(flags(&[]), ["--logformat", "json"]);
    assert_eq!(flags(&["--set", "decisionJournal=2000"]), ["--logformat", "json", "--decisionJournal=2000"]);
}

/// What an operator adds: a proxy, keys, a program that measures, a role of AWS.
const ADDED: &str = r#"
extraEnv:
  - {name: HTTPS_PROXY, value: "http://proxy.example:3128"}
  - {name: DD_API_KEY, valueFrom: {secretKeyRef: {name: datadog, key: api-key}}}
extraEnvFrom:
  - configMapRef: {name: of-aws}
extraVolumes:
  - {name: plugins, configMap: {name: plugins, defaultMode: 0555}}
extraVolumeMounts:
  - {name: plugins, mountPath: /plugins, readOnly: true}
serviceAccount:
  annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/aviary"}
beacon: {tlsSecretName: beacon}
"#;

#[test]
fn what_an_operator_adds_to_the_pod_is_there_beside_what_the_chart_has() {
    let test = "what_an_operator_adds_to_the_pod_is_there_beside_what_the_chart_has";
    let Some(helm) = Helm::find(test) else { return };
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("values.yaml");
    std::fs::write(&file, ADDED).unwrap();
    let words =
        ["aviary-controller", "bins/controller/chart", "-n", "shop", "--values", file.to_str().unwrap()];
    let rendered = helm.ok(&[&TEMPLATE[..], &words].concat());
    let objects: Vec<Value> = crd::yaml::from_documents(&rendered).unwrap();
    let pod = &find(&objects, "Deployment")["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let names = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&container["env"]), ["POD_NAMESPACE", "HTTPS_PROXY", "DD_API_KEY"]);
    assert_eq!(container["env"][2]["valueFrom"]["secretKeyRef"]["name"], "datadog");
    assert_eq!(container["envFrom"], json!([{"configMapRef": {"name": "of-aws"}}]));
    assert_eq!(names(&pod["volumes"]), ["tmp", "beacon-tls", "plugins"]);
    assert_eq!(names(&container["volumeMounts"]), ["tmp", "beacon-tls", "plugins"]);
    assert_eq!(container["volumeMounts"][2]["mountPath"], "/plugins");
    let account = &find(&objects, "ServiceAccount")["metadata"]["annotations"];
    assert_eq!(account["eks.amazonaws.com/role-arn"], "arn:aws:iam::111122223333:role/aviary");
}

/// Where the root filesystem is read-only, a program that measures needs another place for its copy.
#[test]
fn the_shipped_controller_can_write_where_a_plugins_program_is_copied_to() {
    for (name, ..) in PLAIN {
        let text = std::fs::read_to_string(root().join("bins/controller").join(name)).unwrap();
        let objects: Vec<Value> = crd::yaml::from_documents(&text).unwrap();
        let pod = &find(&objects, "Deployment")["spec"]["template"]["spec"];
        let container = &pod["containers"][0];
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
        assert_eq!(container["volumeMounts"], json!([{"name": "tmp", "mountPath": "/tmp"}]), "{name}");
        assert_eq!(pod["volumes"], json!([{"name": "tmp", "emptyDir": {"sizeLimit": "512Mi"}}]), "{name}");
    }
}

#[test]
fn additions_that_cannot_work_are_refused_with_their_name() {
    let Some(helm) = Helm::find("additions_that_cannot_work_are_refused_with_their_name") else { return };
    for (set, named) in [
        ("extraEnv.HTTPS_PROXY=x", "extraEnv"),
        ("extraEnv[0].name=POD_NAMESPACE", "extraEnv"),
        ("extraEnvFrom=x", "extraEnvFrom"),
        ("extraVolumes[0].name=tmp", "extraVolumes"),
        ("extraVolumeMounts[0].name=x", "mountPath"),
        ("serviceAccount.annotation.x=y", "annotation"),
    ] {
        let output = helm.run(&[&TEMPLATE[..], &["x", "bins/controller/chart", "--set", set]].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(named) && said.contains("values don't meet"), "{set}: {said}");
    }
}

#[test]
fn helm_finds_nothing_to_complain_about() {
    let Some(helm) = Helm::find("helm_finds_nothing_to_complain_about") else { return };
    for chart in ["fixtures/openclaw/chart", "fixtures/openclaw/access", "bins/controller/chart"] {
        let said = helm.ok(&["lint", "--strict", "--quiet", chart]);
        assert!(!said.contains("WARNING") && !said.contains("ERROR"), "{chart}: {said}");
    }
}

#[test]
fn values_that_cannot_work_are_refused_with_their_name() {
    let Some(helm) = Helm::find("values_that_cannot_work_are_refused_with_their_name") else { return };
    for (set, named) in [
        ("image.tag=latest", "tag"),
        ("replicas=0", "replicas"),
        ("weights={10,110}", "weights"),
        ("pause=soon", "pause"),
        ("analysis.provider=guess", "provider"),
        ("gate.onPartition=ignore", "onPartition"),
        ("image.digest=sha256:1", "digest"),
        ("replica=3", "replica"),
    ] {
        let refusal = helm.refusal(&["--set", set]);
        assert!(refusal.contains(named) && refusal.contains("values don't meet"), "{set}: {refusal}");
    }
}

#[test]
fn a_digest_wins_over_a_tag() {
    let Some(helm) = Helm::find("a_digest_wins_over_a_tag") else { return };
    let digest = format!("sha256:{}", "a".repeat(64));
    let objects =
        helm.openclaw(&["--set", &format!("image.digest={digest},image.repository=r.example.com/x")]);
    let containers = find(&objects, "Rollout")["spec"]["template"]["spec"]["containers"].as_array().unwrap();
    for container in containers {
        assert_eq!(container["image"], format!("r.example.com/x@{digest}"));
    }
    assert_eq!(containers.len(), 2);
}

#[test]
fn without_gateway_api_the_rollout_says_what_its_weights_really_are() {
    let Some(helm) = Helm::find("without_gateway_api_the_rollout_says_what_its_weights_really_are") else {
        return;
    };
    for (replicas, weights, said) in [
        (
            4,
            "{10,30,60}",
            "10 % is 20 % (1 of 5 pods), 30 % is 25 % (1 of 4 pods), 60 % is 60 % (3 of 5 pods)",
        ),
        (
            10,
            "{10,30,60}",
            "10 % is 10 % (1 of 10 pods), 30 % is 30 % (3 of 10 pods), 60 % is 60 % (6 of 10 pods)",
        ),
        (3, "{33}", "33 % is 33.3 % (1 of 3 pods)"),
    ] {
        let set = format!("route.enabled=false,replicas={replicas},weights={weights}");
        let objects = helm.openclaw(&["--set", &set]);
        assert!(objects.iter().all(|object| object["kind"] != "HTTPRoute"));
        let rollout = find(&objects, "Rollout");
        assert!(rollout["spec"]["strategy"]["canary"].get("trafficRouting").is_none());
        assert_eq!(rollout["metadata"]["annotations"]["openclaw.example.com/real-weights"], said);
    }
}

#[test]
fn what_is_optional_can_be_left_out_and_asked_for() {
    let Some(helm) = Helm::find("what_is_optional_can_be_left_out_and_asked_for") else { return };
    let less = "sidecar.enabled=false,gate.enabled=false,podDisruptionBudget.enabled=false,networkPolicy.enabled=false";
    let objects = helm.openclaw(&["--set", less]);
    let kinds: Vec<&str> = objects.iter().map(|object| object["kind"].as_str().unwrap()).collect();
    assert!(!kinds.contains(&"PodDisruptionBudget") && !kinds.contains(&"NetworkPolicy"), "{kinds:?}");
    let rollout = find(&objects, "Rollout");
    let pod = &rollout["spec"]["template"]["spec"];
    assert_eq!(pod["containers"].as_array().unwrap().len(), 1);
    assert_eq!(pod["containers"][0]["ports"][0]["name"], "http");
    let steps = rollout["spec"]["strategy"]["canary"]["steps"].as_array().unwrap();
    assert!(steps.iter().all(|step| step.get("plugin").is_none()));

    let objects = helm.openclaw(&["--set", "serviceMonitor.enabled=true,analysis.provider=datadog"]);
    assert_eq!(find(&objects, "PodMonitor")["spec"]["podMetricsEndpoints"][0]["port"], "metrics");
    let template = find(&objects, "AnalysisTemplate");
    assert!(template["spec"]["metrics"][0]["provider"].get("datadog").is_some());
}
