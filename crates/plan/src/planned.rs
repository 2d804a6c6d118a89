//! The time line of a release in which nothing goes wrong.

use std::sync::Arc;
use std::time::Duration;

use crd::{AnalysisPhase, CanaryStep, Rollout};
use jiff::Timestamp;
use rollout::analysis::{COMPARES, Outcome};
use serde::{Deserialize as _, Serialize};
use serde_json::Value;
use sim::{Course, Ending, Environment, NoFaults, PodRule, Release, Sample, Traffic};

use crate::analysis::{self, MetricPlan};
use crate::stages::stages;

/// A release that takes longer than this is not followed to its end.
const BOUND: Duration = Duration::from_secs(14 * 24 * 3_600);

/// What the manifests do not say.
#[derive(Clone, Debug, PartialEq)]
pub struct Assumptions {
    /// Requests per second, of all versions together.
    pub rate: f64,
    /// Share of the requests that fail at a healthy version, from 0 to 1.
    pub error_ratio: f64,
    /// Share of the requests that a healthy version answers more slowly than a latency limit, from 0 to 1.
    pub slow_ratio: f64,
    /// How long a pod takes until it is ready.
    pub ready_after: Duration,
}

impl Default for Assumptions {
    /// 100 requests per second, one in a thousand fails, one in a hundred is slow, and a pod starts in 5 s.
    fn default() -> Self {
        Self { rate: 100.0, error_ratio: 0.001, slow_ratio: 0.01, ready_after: Duration::from_secs(5) }
    }
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The manifests cannot be simulated.
    #[error(transparent)]
    Simulation(#[from] sim::Error),
    /// The controller would refuse the Rollout.
    #[error("the Rollout would be Degraded and not move: {0}")]
    Refused(String),
    /// Something keeps the release from its end.
    #[error("the release does not come to its end: {0}")]
    Stuck(String),
}

/// What a release will be like.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// Namespace of the Rollout.
    pub namespace: String,
    /// Its name.
    pub rollout: String,
    /// Its size.
    pub replicas: i32,
    /// Who splits or switches the traffic; `None` when it is the number of pods.
    pub router: Option<String>,
    /// Requests per second that were assumed.
    pub rate: f64,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Seconds from the update to the end, when nobody is waited for.
    pub shortest_seconds: u64,
    /// The most pods at one time, of all versions.
    pub peak_pods: usize,
    /// Steps that wait for a person, from 0.
    pub waits_at: Vec<i32>,
    /// What the analyses can see.
    pub metrics: Vec<MetricPlan>,
    /// The chance that a healthy version is aborted by one of them, from 0 to 1.
    pub false_abort: f64,
    /// How a healthy version ends whose comparison is refused, or has too little to see. The time line is then that of a
    /// release in which every comparison passes at once. `None` when it comes to its end.
    pub stuck: Option<Stuck>,
}

/// How a healthy version ends that does not come to its end.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stuck {
    /// How: aborted, waiting for a person again and again, or unfinished after two weeks.
    pub ending: Ending,
    /// Why, in the controller's words.
    pub message: String,
}

/// One step, or one stage of a blue-green release.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// From 0.
    pub index: usize,
    /// What it does.
    pub what: String,
    /// Seconds from the update to its beginning.
    pub starts_at: u64,
    /// How many seconds it takes.
    pub seconds: u64,
    /// The weight that the steps ask for by then, in percent.
    pub weight: i32,
    /// The share of the traffic that the canary really has at its end, from 0 to 1.
    pub share: f64,
    /// Available pods of the new version at its end.
    pub canary_pods: i32,
    /// Available pods of the old one.
    pub stable_pods: i32,
    /// Requests that the canary answers during it.
    pub requests: f64,
}

/// Plans the release of a Rollout that stands among the manifests.
pub fn plan(
    manifests: Vec<Value>,
    namespace: &str,
    name: &str,
    assumptions: &Assumptions,
) -> Result<Plan, Error> {
    let rollout = find(&manifests, namespace, name);
    let release = Release {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        image: next_image(&rollout),
        deeds: Vec::new(),
        promoted: true,
        bound: BOUND,
    };
    let metrics = analysis::metrics(&manifests, &rollout, namespace);
    let run =
        |manifests| release.run(manifests, Timestamp::UNIX_EPOCH, |_| Ok(environment(assumptions)), NoFaults);
    let mut course = run(manifests.clone())?;
    let mut stuck = None;
    if let (Ending::Aborted | Ending::Waiting | Ending::Unfinished, Some(without)) =
        (course.ending, without_comparisons(manifests))
    {
        stuck = Some(Stuck { ending: course.ending, message: course.message });
        course = run(without)?;
    }
    match course.ending {
        Ending::Completed => {}
        Ending::Refused => return Err(Error::Refused(course.message)),
        _ => return Err(Error::Stuck(course.message)),
    }
    let steps = steps(&rollout, &course, assumptions);
    let metrics = analysis::plan(&metrics, &rollout, &steps, assumptions);
    let false_abort = analysis::false_abort(&metrics);
    Ok(Plan {
        namespace: namespace.to_owned(),
        rollout: name.to_owned(),
        replicas: rollout.spec.replicas.unwrap_or(1),
        router: router(&rollout),
        rate: assumptions.rate,
        shortest_seconds: course.took.as_secs(),
        peak_pods: course.samples.iter().map(|sample| sample.pods).max().unwrap_or_default(),
        waits_at: course.waited.clone(),
        steps,
        metrics,
        false_abort,
        stuck,
    })
}

/// Where everything is good.
fn environment(assumptions: &Assumptions) -> Environment {
    let good = |_: &sim::Asked<'_>| Outcome::Verdict(AnalysisPhase::Successful, String::new());
    let &Assumptions { rate, error_ratio, slow_ratio, ready_after } = assumptions;
    Environment {
        pods: vec![PodRule { ready_after: Some(ready_after), ..PodRule::default() }],
        metrics: Arc::new(good),
        traffic: Traffic { rate, error_ratio, slow_ratio },
        ..Environment::default()
    }
}

/// The manifests with a plugin that says yes in the place of each comparison; `None` when there is none.
fn without_comparisons(mut manifests: Vec<Value>) -> Option<Vec<Value>> {
    let mut found = false;
    for manifest in &mut manifests {
        let metrics = manifest.pointer_mut("/spec/metrics").and_then(Value::as_array_mut);
        for metric in metrics.into_iter().flatten() {
            let plugins = metric.pointer_mut("/provider/plugin").and_then(Value::as_object_mut);
            if let Some((plugins, written)) =
                plugins.and_then(|plugins| plugins.remove(COMPARES).map(|written| (plugins, written)))
            {
                plugins.insert("plan/passes".to_owned(), written);
                found = true;
            }
        }
    }
    found.then_some(manifests)
}

pub(crate) fn find(manifests: &[Value], namespace: &str, name: &str) -> Rollout {
    let text = |object: &Value, pointer: &str| {
        object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let fits = |object: &&Value| {
        let written = text(object, "/metadata/namespace");
        text(object, "/kind") == "Rollout"
            && text(object, "/metadata/name") == name
            && (written == namespace || written.is_empty() && namespace == "default")
    };
    manifests.iter().find(fits).and_then(|object| Rollout::deserialize(object).ok()).unwrap_or_default()
}

/// Another tag of the same image.
fn next_image(rollout: &Rollout) -> String {
    let image = rollout.spec.template.images().next().unwrap_or_else(|| "next".to_owned());
    let slash = image.rfind('/').map_or(0, |slash| slash + 1);
    let end =
        image.get(slash..).and_then(|tail| tail.find([':', '@'])).map_or(image.len(), |tag| slash + tag);
    format!("{}:planned", image.get(..end).unwrap_or_default())
}

fn router(rollout: &Rollout) -> Option<String> {
    if let Some(strategy) = rollout.blue_green() {
        return Some(format!("Service {}", strategy.active_service));
    }
    let routing = rollout.canary()?.traffic_routing.as_ref()?;
    routing.routers.keys().chain(routing.plugins.keys()).next().cloned()
}

fn steps(rollout: &Rollout, course: &Course, assumptions: &Assumptions) -> Vec<Step> {
    if let Some(strategy) = rollout.blue_green() {
        return stages(strategy, course, assumptions);
    }
    let Some(canary) = rollout.canary() else { return Vec::new() };
    let max = canary.traffic_routing.as_ref().and_then(|routing| routing.max_traffic_weight).unwrap_or(100);
    let seconds = |at: Timestamp| at.duration_since(course.began).as_secs().unsigned_abs();
    let mut weight = 0;
    let mut steps = Vec::new();
    for (index, step) in canary.steps.iter().enumerate() {
        weight = step.set_weight.unwrap_or(weight);
        let number = i32::try_from(index).unwrap_or(i32::MAX);
        let first = course.samples.iter().position(|sample| sample.step == Some(number));
        let Some(first) = first else { continue };
        let samples = course.samples.get(first..).unwrap_or_default();
        let length = samples.iter().position(|sample| sample.step != Some(number)).unwrap_or(samples.len());
        let (during, after) = samples.split_at(length);
        let Some(last) = during.last() else { continue };
        let begin = if index == 0 { course.began } else { during.first().map_or(last.at, |first| first.at) };
        let end = after.first().map_or(last.at, |after| after.at);
        // What is there when the step is complete is what the next one begins with.
        let complete = after.first().unwrap_or(last);
        steps.push(Step {
            index,
            what: describe(step),
            starts_at: seconds(begin),
            seconds: seconds(end) - seconds(begin),
            weight,
            share: complete.share(max),
            canary_pods: complete.canary_available,
            stable_pods: complete.stable_available,
            requests: requests(during, end, max, assumptions.rate),
        });
    }
    steps
}

/// The integral of the share over the time, times the rate.
fn requests(samples: &[Sample], end: Timestamp, max: i32, rate: f64) -> f64 {
    let ends = samples.iter().skip(1).map(|sample| sample.at).chain([end]);
    let parts = samples
        .iter()
        .zip(ends)
        .map(|(sample, until)| sample.share(max) * until.duration_since(sample.at).as_secs_f64());
    parts.sum::<f64>() * rate
}

/// A step as people say it.
pub(crate) fn describe(step: &CanaryStep) -> String {
    if let Some(weight) = step.set_weight {
        return format!("setWeight {weight}");
    }
    if let Some(pause) = &step.pause {
        return pause.duration.as_ref().map_or("pause".to_owned(), |duration| format!("pause {duration}"));
    }
    if let Some(analysis) = &step.analysis {
        let names: Vec<&str> =
            analysis.templates.iter().map(|template| template.template_name.as_str()).collect();
        return format!("analysis {}", names.join(", "));
    }
    if let Some(scale) = &step.set_canary_scale {
        return match (scale.match_traffic_weight, scale.replicas, scale.weight) {
            (true, ..) => "setCanaryScale matchTrafficWeight".to_owned(),
            (_, Some(replicas), _) => format!("setCanaryScale {replicas} replicas"),
            (_, _, weight) => format!("setCanaryScale {} %", weight.unwrap_or_default()),
        };
    }
    if let Some(route) = &step.set_header_route {
        return format!("setHeaderRoute {}", route.name);
    }
    if let Some(route) = &step.set_mirror_route {
        return format!("setMirrorRoute {}", route.name);
    }
    step.plugin.as_ref().map_or("experiment".to_owned(), |plugin| format!("plugin {}", plugin.name))
}
