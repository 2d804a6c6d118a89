//! What a run of a release leaves to the next one.
//!
//! Runs go on from one another along the steps of one attempt: an earlier step's knows what a later one's needs. Whether
//! two are of one attempt is seen by the order of their steps: it is another one if the version has another revision, if a
//! run failed, or if the steps began anew. A retry whose steps were changed, so that its first comparison stands farther
//! down than where the attempt before was given up, goes on with it: it is the same version, and the same question.

use std::collections::BTreeMap;

use crd::{AnalysisPhase, AnalysisRun, Argument, Metric, ObjectMeta, names};
use judge::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::arguments;
use super::configuration;
use super::evidence::{HANDED_OVER, STATE, handed_over};

/// Bytes of annotations that an object may have are 256 KiB; so many are left to others.
const LONGEST: usize = 200 * 1024;

/// What one run leaves to the next.
pub(crate) struct HandedOver<'r> {
    /// Name of the newest run that it comes from.
    pub(crate) from: &'r str,
    /// To be set on the other.
    pub(crate) annotation: (String, String),
}

/// By what the run `to` goes on with what the runs before it knew; `None` if none of its metrics compares, or none of
/// the runs is an earlier one of the same attempt that asked the same. `current` are the names of the runs that the
/// Rollout's status has: one that could not tell is gone on from only by whoever goes on at its step.
///
/// # Errors
/// That it is too much for an annotation, in words.
pub(crate) fn hand_over<'r>(
    runs: impl Iterator<Item = &'r AnalysisRun>,
    to: &AnalysisRun,
    current: &[&str],
) -> Option<Result<HandedOver<'r>, String>> {
    let compared: Vec<&Metric> =
        to.spec.metrics.iter().filter(|metric| configuration(metric).is_some()).collect();
    if compared.is_empty() {
        return None;
    }
    let before = attempt(runs, &to.metadata, current)?;
    let known: Vec<_> = compared.into_iter().filter_map(|metric| known(&before, to, metric)).collect();
    let newest = known.iter().map(|it| it.run).min()?;
    let from = before.get(newest)?;
    let states: BTreeMap<&str, &Value> = known.iter().map(|it| (it.metric, &it.state)).collect();
    let text = serde_json::to_string(&states).ok()?;
    Some(if text.len() > LONGEST {
        let (name, length) = (&from.metadata.name, text.len());
        Err(format!("what {name} knew is too long for an annotation ({length} bytes): it is compared anew"))
    } else {
        Ok(HandedOver { from: &from.metadata.name, annotation: (HANDED_OVER.to_owned(), text) })
    })
}

/// The runs of the attempt that `to` goes on from, newest first.
fn attempt<'r>(
    runs: impl Iterator<Item = &'r AnalysisRun>,
    to: &ObjectMeta,
    current: &[&str],
) -> Option<Vec<&'r AnalysisRun>> {
    let (chain, mut index) = place(to)?;
    let same = |run: &ObjectMeta, key: &str| run.annotation(key) == to.annotation(key);
    let of_the_version = runs.filter(|run| {
        let run = &run.metadata;
        run.label(names::POD_TEMPLATE_HASH) == to.label(names::POD_TEMPLATE_HASH)
            && same(run, names::REVISION)
    });
    let placed = of_the_version.filter_map(|run| Some((place(&run.metadata)?, run)));
    let mut of_the_chain: Vec<(i32, &AnalysisRun)> =
        placed.filter(|((kind, _), _)| *kind == chain).map(|((_, index), run)| (index, run)).collect();
    of_the_chain.sort_by_key(|(index, run)| (run.metadata.creation_timestamp, *index, &run.metadata.name));
    let mut before: Vec<&AnalysisRun> = Vec::new();
    for (at, run) in of_the_chain.into_iter().rev() {
        let goes_on = match run.status.phase {
            // That attempt was over.
            Some(AnalysisPhase::Failed | AnalysisPhase::Error) => false,
            // A person went on after it could not tell.
            Some(AnalysisPhase::Inconclusive) if at == index => match before.last() {
                None => current.contains(&run.metadata.name.as_str()),
                Some(next) => next.metadata.annotations.contains_key(HANDED_OVER),
            },
            // As far as that, or farther: the steps began anew.
            _ => at < index,
        };
        if !goes_on {
            break;
        }
        before.push(run);
        index = at;
    }
    Some(before)
}

/// What was known of a metric last.
struct Known<'m> {
    metric: &'m str,
    state: Value,
    /// By which run, counted from the newest.
    run: usize,
}

/// A metric that failed leaves nothing.
fn known<'m>(before: &[&AnalysisRun], to: &AnalysisRun, metric: &'m Metric) -> Option<Known<'m>> {
    let asked = question(metric, &to.spec.args);
    for (place, run) in before.iter().enumerate() {
        let Some(earlier) = run.spec.metrics.iter().find(|it| it.name == metric.name) else { continue };
        if question(earlier, &run.spec.args) != asked {
            continue;
        }
        let result = super::super::result(&run.status.metric_results, &metric.name);
        let last = result.and_then(|result| result.measurements.last());
        let state = last.and_then(|last| serde_json::from_str(last.metadata.get(STATE)?).ok());
        // One that was ended before its first look leaves what it was given.
        if let Some(state) = state.or_else(|| handed_over(&run.metadata, &metric.name)) {
            let failed = State::deserialize(&state).is_ok_and(|state| state.has_failed());
            return (!failed).then_some(Known { metric: &metric.name, state, run: place });
        }
    }
    None
}

/// What is compared: the same question of two runs is about the same figures.
fn question(metric: &Metric, args: &[Argument]) -> Option<Value> {
    let resolved = arguments::resolve(metric, args, None).ok()?;
    let written = configuration(&resolved)?;
    let metrics = written.get("metrics").and_then(Value::as_array)?.iter();
    let asked = |metric: &Value| {
        let of = |field: &str| metric.get(field).cloned();
        json!({"name": of("name"), "canary": of("canary"), "stable": of("stable"), "strata": of("strata")})
    };
    // Secrets are told apart by where they come from.
    let text = configuration(metric)?.to_string();
    let used: Vec<Argument> =
        args.iter().filter(|it| text.contains(&format!("args.{}", it.name))).cloned().collect();
    let secrets: Vec<Value> =
        arguments::secrets(&used).iter().map(|secret| json!([secret.name, secret.key])).collect();
    Some(json!([written.get("source"), metrics.map(asked).collect::<Vec<_>>(), secrets]))
}

/// Which runs go on from one another, and in which order they come.
fn place(metadata: &ObjectMeta) -> Option<(Chain, i32)> {
    match metadata.label(names::ROLLOUT_TYPE) {
        "Step" => Some((Chain::Steps, metadata.label(names::STEP_INDEX).parse().ok()?)),
        "Background" => Some((Chain::Background, 0)),
        "PrePromotion" => Some((Chain::BlueGreen, 0)),
        "PostPromotion" => Some((Chain::BlueGreen, 1)),
        _ => None,
    }
}

/// Runs that are not beside each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chain {
    Steps,
    Background,
    BlueGreen,
}
