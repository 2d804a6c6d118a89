//! What the simulator predicts is what the controller does: the same releases, once in `sim` and once through the whole
//! controller against an API server in process, compared step by step.

use std::collections::BTreeMap;
use std::time::Duration;

use crd::Rollout;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use sim::{NoFaults, Pods, Reading, Release, Script, Verb, constant};

use crate::manifests::{NAMESPACE, ROLLOUT, openclaw, shop};
use crate::region::Region;

/// As the region's nodes take it.
const READY_AFTER: &str = "12s";
/// How much later the controller may be: nodes and gateway look once a second, and a release has some twenty of their
/// looks.
const LATER: i64 = 30;

/// A release, with what happens on the way. Times are seconds since the update.
struct Scenario {
    about: &'static str,
    objects: Vec<Value>,
    namespace: &'static str,
    name: &'static str,
    readings: Vec<(u64, &'static str, Result<f64, &'static str>)>,
    deeds: Vec<(u64, Verb)>,
    minutes: u64,
}

impl Scenario {
    fn openclaw(about: &'static str) -> Self {
        let mut objects = openclaw();
        let rollout = objects.iter_mut().find(|object| object["kind"] == "Rollout").unwrap();
        // The gate is another test's: here every region is one.
        let steps = rollout["spec"]["strategy"]["canary"]["steps"].as_array_mut().unwrap();
        steps.retain(|step| step.get("plugin").is_none());
        Self {
            about,
            objects,
            namespace: NAMESPACE,
            name: ROLLOUT,
            readings: Vec::new(),
            deeds: Vec::new(),
            minutes: 40,
        }
    }

    fn shop(about: &'static str, steps: Value) -> Self {
        let mut rollout = shop("shop");
        rollout["spec"]["replicas"] = json!(4);
        rollout["spec"]["strategy"]["canary"]["steps"] = steps;
        let objects = vec![rollout];
        Self {
            about,
            objects,
            namespace: "default",
            name: "shop",
            readings: Vec::new(),
            deeds: Vec::new(),
            minutes: 20,
        }
    }

    fn reads(mut self, at: u64, metric: &'static str, value: Result<f64, &'static str>) -> Self {
        self.readings.push((at, metric, value));
        self
    }

    fn does(mut self, at: u64, verb: Verb) -> Self {
        self.deeds.push((at, verb));
        self
    }

    fn length(&self) -> Duration {
        Duration::from_secs(self.minutes * 60)
    }
}

fn scenarios() -> Vec<Scenario> {
    let image = |image: &str| Verb::SetImage { container: "*".to_owned(), image: image.to_owned() };
    let timed = json!([{"setWeight": 25}, {"pause": {"duration": "2m"}}, {"setWeight": 50}, {"pause": {"duration": "2m"}}]);
    let asked = json!([{"setWeight": 25}, {"pause": {}}, {"setWeight": 75}, {"pause": {}}]);
    let experiment = json!([
        {"experiment": {"duration": "1m", "templates": [
            {"name": "old", "specRef": "stable"}, {"name": "new", "specRef": "canary", "replicas": 2},
        ]}},
        {"setWeight": 50},
        {"pause": {"duration": "1m"}},
    ]);
    vec![
        Scenario::openclaw("a good version takes its steps"),
        Scenario::openclaw("errors from the beginning").reads(0, "error-rate", Ok(0.2)),
        Scenario::openclaw("errors rise at the second weight").reads(500, "error-rate", Ok(0.05)),
        Scenario::openclaw("a slow version").reads(0, "p95-latency", Ok(0.4)),
        Scenario::openclaw("one bad window is forgiven").reads(320, "error-rate", Ok(0.05)).reads(
            355,
            "error-rate",
            Ok(0.0),
        ),
        Scenario::openclaw("the provider does not answer").reads(0, "error-rate", Err("no answer")),
        Scenario::openclaw("a user aborts at the second weight").does(540, Verb::Abort),
        Scenario::openclaw("a user promotes in the first pause").does(120, Verb::Promote),
        Scenario::openclaw("a user promotes to the end").does(120, Verb::PromoteFull),
        Scenario::openclaw("a user asks for the old version again")
            .does(540, image("openclaw/rating-api:1.4.0")),
        Scenario::openclaw("a user aborts and tries again").does(200, Verb::Abort).does(400, Verb::Retry),
        Scenario::shop("pods are the weight", timed.clone()),
        Scenario::shop("an Experiment runs before the first weight", experiment),
        Scenario::shop("a person promotes twice", asked).does(100, Verb::Promote).does(300, Verb::Promote),
        Scenario::shop("a user pauses and resumes", timed.clone())
            .does(60, Verb::Pause)
            .does(200, Verb::Resume),
        Scenario::shop("the size changes on the way", timed).does(90, Verb::Scale(8)),
    ]
}

/// Something that happened to the Rollout or its pods, and when.
type Line = (i64, String);

/// What is compared: where the steps stand, what weight the canary has, and how many pods are wanted.
fn telling(subject: &str, what: &str) -> Option<String> {
    let rollout = subject.starts_with("Rollout ");
    let step = rollout && (what.starts_with("at step ") || what.starts_with("canary weight "));
    let stable = rollout && what.starts_with("stable is ");
    (step || stable || subject.starts_with("ReplicaSet ") && what.starts_with("size "))
        .then(|| format!("{}: {what}", subject.split(' ').next().unwrap_or_default()))
}

/// The lines that tell of the same thing together, in their order. What follows from a step at once is one write of the
/// controller and several of the simulator, so different things of one moment come in any order.
fn by_subject(lines: &[Line]) -> Vec<Line> {
    let mut lines = lines.to_vec();
    // `Rollout: at`, `Rollout: canary`, `Rollout: stable`, `ReplicaSet: size`.
    lines.sort_by_key(|(_, line)| line.split(' ').take(2).map(str::to_owned).collect::<Vec<_>>());
    lines
}

fn predicted(scenario: &Scenario) -> (Vec<Line>, Rollout) {
    let mut metrics: BTreeMap<String, Vec<Reading>> = BTreeMap::new();
    for (at, metric, value) in &scenario.readings {
        metrics.entry((*metric).to_owned()).or_default().push(Reading {
            from: format!("{at}s"),
            value: value.ok(),
            error: value.err().unwrap_or_default().to_owned(),
        });
    }
    let pods = Pods { image: String::new(), ready_after: READY_AFTER.to_owned(), dies_after: String::new() };
    let script = Script { pods: vec![pods], metrics, ..Script::default() };
    let deeds = scenario.deeds.iter().map(|(at, verb)| (Duration::from_secs(*at), verb.clone()));
    let release = Release {
        namespace: scenario.namespace.to_owned(),
        name: scenario.name.to_owned(),
        image: "app:next".to_owned(),
        deeds: deeds.collect(),
        promoted: false,
        bound: scenario.length(),
    };
    let environment = |began| script.environment(began, constant(0.0));
    let start = "2026-01-31T12:00:00Z".parse().unwrap();
    let mut course = release.run(scenario.objects.clone(), start, environment, NoFaults).unwrap();
    // What comes after the end, such as the end of the old pods, is compared too.
    course.simulation.run_for(scenario.length().saturating_sub(course.took));
    let entries = course.simulation.timeline().entries().iter();
    let lines = entries.filter_map(|entry| {
        let seconds = entry.at.duration_since(course.began).as_secs();
        Some((seconds, telling(&entry.subject, &entry.what)?))
    });
    (lines.collect(), course.simulation.rollout(scenario.namespace, scenario.name).unwrap())
}

async fn happened(scenario: &Scenario) -> (Vec<Line>, Rollout) {
    let region = Region::with("us-east-1", &scenario.objects).await;
    let controller = region.control(region.settings()).await;
    let hour = Duration::from_secs(3_600);
    region.until(scenario.namespace, scenario.name, hour, crate::region::is_promoted).await;
    let mut version = region.server.with_world(|world, _| world.version());
    region.set_image(scenario.namespace, scenario.name, "app:next").await;
    let began = region.now();
    let mut lines = Vec::new();
    let mut readings = scenario.readings.clone();
    let mut deeds = scenario.deeds.clone();
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    loop {
        let passed = region.now().duration_since(began).as_secs();
        while readings.first().is_some_and(|(at, ..)| *at as i64 <= passed) {
            let (_, metric, value) = readings.remove(0);
            region.outside.metric(metric, value.map_err(str::to_owned));
        }
        while deeds.first().is_some_and(|(at, _)| *at as i64 <= passed) {
            done(&region, scenario, &deeds.remove(0).1);
        }
        version = read(&region, version, began, &mut lines);
        if passed >= i64::try_from(scenario.length().as_secs()).unwrap() {
            break;
        }
        ticks.tick().await;
    }
    controller.stop().await;
    let rollout = Rollout::deserialize(region.rollout(scenario.namespace, scenario.name)).unwrap();
    (lines, rollout)
}

fn done(region: &Region, scenario: &Scenario, verb: &Verb) {
    let rollout = Rollout::deserialize(region.rollout(scenario.namespace, scenario.name)).unwrap();
    region.server.with_world(|world, now| {
        for request in verb.requests(&rollout, now) {
            world.handle(&request, now).unwrap_or_else(|status| panic!("{}: {status}", verb.said()));
        }
    });
}

fn read(region: &Region, version: u64, began: Timestamp, lines: &mut Vec<Line>) -> u64 {
    region.server.with_world(|world, now| {
        let seconds = now.duration_since(began).as_secs();
        for event in world.events_after(version).unwrap() {
            let told = sim::describe(event).into_iter();
            lines.extend(told.filter_map(|(subject, what)| Some((seconds, telling(&subject, &what)?))));
        }
        world.version()
    })
}

#[tokio::test(start_paused = true)]
async fn what_is_predicted_is_what_happens() {
    let mut differing = Vec::new();
    let scenarios = scenarios();
    assert!(scenarios.len() >= 10);
    for scenario in &scenarios {
        let (predicted, planned) = predicted(scenario);
        let (happened, real) = happened(scenario).await;
        let (one, other) = (by_subject(&predicted), by_subject(&happened));
        let texts = |lines: &[Line]| lines.iter().map(|(_, line)| line.clone()).collect::<Vec<_>>();
        let late =
            one.iter().zip(&other).find(|((one, _), (other, _))| !(0..=LATER).contains(&(other - one)));
        let same_end = planned.status.phase == real.status.phase
            && planned.status.message == real.status.message
            && planned.status.abort == real.status.abort;
        if texts(&one) != texts(&other) || late.is_some() || !same_end {
            differing.push(format!(
                "{}: predicted {predicted:#?} ending {:?} {}\nhappened {happened:#?} ending {:?} {}\nlate: {late:?}",
                scenario.about,
                planned.status.phase,
                planned.status.message,
                real.status.phase,
                real.status.message,
            ));
        }
        assert!(predicted.len() > 3, "{}: {predicted:?}", scenario.about);
    }
    assert!(differing.is_empty(), "{} differ:\n{}", differing.len(), differing.join("\n"));
}
