//! Experiments: as a step of a release, and by themselves.

use serde_json::{Value, json};

use crate::harness::{Case, DEMO, Kind, Seen, canary, int, tests, text, with};
use crate::metrics::Metrics;

tests! {
    a_step_runs_its_experiment_and_the_release_goes_on_with_it,
    an_experiment_whose_analysis_fails_gives_the_release_up,
    an_experiment_that_cannot_tell_waits_for_a_user_and_is_repeated,
    an_abort_ends_the_experiment,
    an_experiment_by_itself_has_services_and_takes_them_away,
    an_experiment_ends_as_soon_as_what_it_requires_succeeded,
    pods_that_never_come_end_an_experiment_at_its_deadline,
    a_wrong_experiment_is_told_and_goes_on_once_it_is_mended,
}

/// A template whose metric is good below 0.1 and bad above 0.9.
fn rates(case: &Case<'_>, metrics: &Metrics, count: i64) {
    let metric = json!({
        "name": "errors", "interval": "1s", "count": count,
        "successCondition": "result[0] < 0.1", "failureCondition": "result[0] > 0.9",
        "provider": {"prometheus": {"address": metrics.address(), "query": "errors{hash=\"{{args.hash}}\"}"}},
    });
    let object = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate", "metadata": {"name": "errors"},
        "spec": {"args": [{"name": "hash"}], "metrics": [metric]},
    });
    case.create(Kind::ANALYSIS_TEMPLATE, object);
}

/// A release of two pods that begins with an Experiment of both versions.
fn release(experiment: Value) -> Value {
    let templates = json!([{"name": "old", "specRef": "stable"}, {"name": "new", "specRef": "canary"}]);
    let experiment = with(experiment, "/templates", templates);
    let experiment = with(experiment, "/scaleDownDelaySeconds", json!(1));
    canary(2, json!([{"experiment": experiment}, {"setWeight": 50}, {"pause": {}}]))
}

/// One that compares both by an analysis of the new one.
fn measured(required: bool) -> Value {
    let args = json!([{"name": "hash", "value": "{{templates.new.podTemplateHash}}"}]);
    let analysis =
        json!({"name": "errors", "templateName": "errors", "args": args, "requiredForCompletion": required});
    release(json!({"analyses": [analysis]}))
}

fn experiments(seen: &Seen) -> Vec<Value> {
    seen.all(Kind::EXPERIMENT).cloned().collect()
}

/// Where the first Experiment stands.
fn stands(seen: &Seen) -> String {
    experiments(seen).first().map(|found| text(&found["status"]["phase"]).to_owned()).unwrap_or_default()
}

/// The size of one of an Experiment's ReplicaSets; 0 when there is none.
fn size(seen: &Seen, experiment: &str, template: &str) -> i64 {
    let name = format!("{experiment}-{template}");
    let set = seen.all(Kind::REPLICA_SET).find(|set| text(&set["metadata"]["name"]) == name);
    set.map_or(0, |set| int(&set["spec"]["replicas"]))
}

fn a_step_runs_its_experiment_and_the_release_goes_on_with_it(case: &Case<'_>) {
    case.deploy(release(json!({"duration": "2s"})));
    case.release(DEMO, "2");
    let seen = case.until_paused_at(2);
    let experiment = &experiments(&seen)[0];
    let name = text(&experiment["metadata"]["name"]).to_owned();
    assert_eq!(name, format!("demo-{}-2-0", seen.hash(DEMO, "2")));
    assert_eq!(text(&experiment["metadata"]["annotations"]["rollout.argoproj.io/revision"]), "2");
    assert_eq!(stands(&seen), "Successful");
    case.replay(|seen, _| {
        let runs = stands(seen) == "Running";
        assert!(!runs || (seen.step(DEMO), seen.size(DEMO, "2")) == (Some(0), 0), "it went on");
    });
    let both = |seen: &Seen| (size(seen, &name, "old"), size(seen, &name, "new"));
    case.first("both versions run beside each other", |seen| {
        both(seen) == (1, 1) && stands(seen) == "Running"
    });
    case.until("its pods are gone", |seen| both(seen) == (0, 0));
    case.until("it is told", |seen| seen.events(DEMO, "ExperimentCreated").len() == 1);
    case.user(&["promote", DEMO]);
    case.until_healthy(DEMO);
}

fn an_experiment_whose_analysis_fails_gives_the_release_up(case: &Case<'_>) {
    let metrics = Metrics::start();
    metrics.answer(1.0);
    rates(case, &metrics, 3);
    case.deploy(measured(false));
    case.release(DEMO, "2");
    let seen = case.until("it is given up", |seen| seen.phase(DEMO) == "Degraded");
    let message = text(&seen.status(DEMO)["message"]);
    let begin = "RolloutAborted: Rollout aborted update to revision 2: Experiment analysis phase is error/failed: \
                 Metric \"errors\" assessed Failed due to failed (1) > failureLimit (0)";
    assert_eq!(message, begin);
    let run = seen.all(Kind::ANALYSIS_RUN).next().unwrap();
    let name = text(&experiments(&seen)[0]["metadata"]["name"]).to_owned();
    assert_eq!(text(&run["metadata"]["name"]), format!("{name}-errors"));
    case.until("its pods are gone", |seen| size(seen, &name, "old") + size(seen, &name, "new") == 0);
}

fn an_experiment_that_cannot_tell_waits_for_a_user_and_is_repeated(case: &Case<'_>) {
    let metrics = Metrics::start();
    metrics.answer(0.5);
    rates(case, &metrics, 1);
    case.deploy(measured(true));
    case.release(DEMO, "2");
    let seen = case.until("it waits", |seen| text(&seen.status(DEMO)["message"]) == "InconclusiveExperiment");
    assert_eq!((seen.phase(DEMO), experiments(&seen).len()), ("Paused", 1));
    metrics.answer(0.0);
    // Promoting a paused release lets it go on with the same step.
    case.merge(Kind::ROLLOUT, "demo/status", json!({"status": {"pauseConditions": null}}));
    let seen = case.until_paused_at(2);
    let names: Vec<String> =
        experiments(&seen).iter().map(|found| text(&found["metadata"]["name"]).to_owned()).collect();
    let first = format!("demo-{}-2-0", seen.hash(DEMO, "2"));
    assert_eq!(names, [first.clone(), format!("{first}-1")]);
}

fn an_abort_ends_the_experiment(case: &Case<'_>) {
    case.deploy(release(json!({})));
    case.release(DEMO, "2");
    case.until("it runs", |seen| stands(seen) == "Running");
    case.user(&["abort", DEMO]);
    let seen = case.until("it has ended", |seen| stands(seen) == "Successful");
    assert_eq!(experiments(&seen)[0]["spec"]["terminate"], true);
    assert_eq!(seen.status(DEMO)["canary"].get("currentExperiment"), None);
}

/// An Experiment of one template.
fn alone(name: &str, fields: Value) -> Value {
    let mut template = json!({
        "name": "only", "replicas": 2, "selector": {"matchLabels": {"app": name}},
        "template": {
            "metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": "main", "image": "example.com/demo:1", "ports": [{"name": "http", "containerPort": 80}]}]},
        },
    });
    template.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Experiment", "metadata": {"name": name},
        "spec": {"templates": [template], "scaleDownDelaySeconds": 0},
    })
}

fn an_experiment_by_itself_has_services_and_takes_them_away(case: &Case<'_>) {
    case.create(Kind::EXPERIMENT, alone("alone", json!({"service": {}})));
    let seen = case.until("it runs", |seen| {
        stands(seen) == "Running"
            && seen.all(Kind::SERVICE).any(|it| text(&it["metadata"]["name"]) == "alone-only")
    });
    let status = &experiments(&seen)[0]["status"]["templateStatuses"][0];
    assert_eq!((text(&status["serviceName"]), int(&status["availableReplicas"])), ("alone-only", 2));
    let service = seen.get(Kind::SERVICE, "alone-only");
    assert_eq!(service["spec"]["selector"]["rollouts-pod-template-hash"], status["podTemplateHash"]);
    assert_eq!(
        (int(&service["spec"]["ports"][0]["port"]), text(&service["spec"]["ports"][0]["name"])),
        (80, "http")
    );
    let (code, out, _) = case.command(&["get", "experiment", "alone", "--no-color"]);
    assert!(code == 0 && out.contains("alone-only") && out.contains("Running"), "{out}");
    case.user(&["terminate", "experiment", "alone"]);
    // The status follows what it tells of, so its Service is gone a moment before its name.
    case.until("it is over, and nothing is left", |seen| {
        let service = seen.all(Kind::SERVICE).any(|it| text(&it["metadata"]["name"]) == "alone-only");
        let over = experiments(seen).first().is_some_and(|it| {
            let status = &it["status"];
            status["phase"] == "Successful" && status["templateStatuses"][0].get("serviceName").is_none()
        });
        over && size(seen, "alone", "only") == 0 && !service
    });
}

fn an_experiment_ends_as_soon_as_what_it_requires_succeeded(case: &Case<'_>) {
    let metrics = Metrics::start();
    rates(case, &metrics, 2);
    let args = json!([{"name": "hash", "value": "{{templates.only.replicaset.name}}"}]);
    let analysis =
        json!({"name": "errors", "templateName": "errors", "args": args, "requiredForCompletion": true});
    let experiment = with(alone("alone", json!({})), "/spec/analyses", json!([analysis]));
    case.create(Kind::EXPERIMENT, experiment);
    let seen = case.until("it is over", |seen| stands(seen) == "Successful");
    assert_eq!(text(&experiments(&seen)[0]["status"]["message"]), "Required AnalysisRuns completed");
    let run = seen.all(Kind::ANALYSIS_RUN).next().unwrap();
    assert_eq!(run["spec"]["args"][0]["value"], "alone-only");
    assert_eq!(int(&run["status"]["metricResults"][0]["successful"]), 2);
}

fn pods_that_never_come_end_an_experiment_at_its_deadline(case: &Case<'_>) {
    // No node has that label.
    let pods = json!({
        "metadata": {"labels": {"app": "alone"}},
        "spec": {"nodeSelector": {"nowhere": "true"}, "containers": [{"name": "main", "image": "example.com/demo:1"}]},
    });
    let experiment =
        with(alone("alone", json!({"template": pods})), "/spec/progressDeadlineSeconds", json!(2));
    case.create(Kind::EXPERIMENT, experiment);
    let seen = case.until("it has failed", |seen| stands(seen) == "Failed");
    let message = text(&experiments(&seen)[0]["status"]["message"]).to_owned();
    assert_eq!(message, "Template 'only' exceeded its progressDeadlineSeconds (2)");
    case.until("its pods are given up", |seen| size(seen, "alone", "only") == 0);
}

fn a_wrong_experiment_is_told_and_goes_on_once_it_is_mended(case: &Case<'_>) {
    case.create(Kind::EXPERIMENT, alone("alone", json!({"selector": {}})));
    let invalid = |seen: &Seen| {
        let conditions = experiments(seen).first().map(|found| found["status"]["conditions"].clone());
        let told = conditions.iter().filter_map(Value::as_array).flatten();
        told.filter(|condition| condition["type"] == "InvalidSpec")
            .map(|it| text(&it["message"]).to_owned())
            .next()
    };
    let seen = case.until("it is told", |seen| invalid(seen).is_some());
    let message = "This experiment is selecting all pods at index 0. A non-empty selector is required.";
    assert_eq!(invalid(&seen).as_deref(), Some(message));
    case.merge(Kind::EXPERIMENT, "alone", alone("alone", json!({})));
    let seen = case.until("it runs", |seen| stands(seen) == "Running");
    assert_eq!(invalid(&seen), None);
}
