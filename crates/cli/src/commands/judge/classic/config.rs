//! A canary config of Kayenta, as its documentation has it: how each metric is judged, and what its groups weigh.

mod part;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crd::yaml::{Document, documents};
use judge::classic::{Direction, Effect, Gaps, Limits, Measure, Rules};
use judge::{Error as Mistake, Field};
use serde_json::Value as Json;

use super::super::files::shown;
use crate::{Env, Error};
pub(super) use part::short;
use part::{Part, Seen};

/// Bytes that a config may have, and metrics.
const BYTES: u64 = 1 << 20;
const METRICS: usize = 1000;
/// Mistakes and fields that are told one by one.
const TOLD: usize = 20;
/// Weights are written by hand: so far from 100 they are 100.
const NEARLY: f64 = 0.1;
/// Judged otherwise than by this judge, a config has another score.
const JUDGE: &str = "NetflixACAJudge-v1.0";

/// What a config asks for.
pub(super) struct Canary {
    pub(super) metrics: Vec<Metric>,
    pub(super) weights: BTreeMap<String, f64>,
    /// Fields that this judge does not know, each once however many metrics have it.
    pub(super) unknown: Vec<String>,
    /// What there is to say besides.
    pub(super) notes: Vec<String>,
}

/// One metric.
pub(super) struct Metric {
    pub(super) name: String,
    pub(super) groups: Vec<String>,
    pub(super) rules: Rules,
    /// It is judged, and counts nowhere.
    pub(super) muted: bool,
}

/// Reads the config at `path`, whose metrics are to be among `columns`.
pub(super) fn read(env: &Env, path: &Path, columns: &[&str]) -> Result<Canary, Error> {
    let file = shown(path);
    let text = env.read_within(path, BYTES).map_err(|error| Error::unreadable(&file, &error))?;
    let document = parsed(&file, &text)?;
    let mut seen = Seen::default();
    let canary = config(&document.value, columns, &mut seen);
    if seen.mistakes.is_empty() {
        return Ok(canary);
    }
    let mut told: Vec<_> = seen.mistakes.iter().collect();
    told.sort_by_key(|mistake| document.position_of(mistake.field().pointer()));
    let mut lines: Vec<String> = told
        .iter()
        .take(TOLD)
        .map(|mistake| {
            let place = document.position_of(mistake.field().pointer());
            format!("{file}:{}:{}: {mistake}", place.line, place.column)
        })
        .collect();
    if let Some(more) = told.len().checked_sub(TOLD).filter(|more| *more > 0) {
        lines.push(format!("{file}: and {more} more"));
    }
    Err(Error::new(lines.join("\n")))
}

/// The only document. JSON is YAML, and tabs between its parts are read, too.
fn parsed(file: &str, text: &str) -> Result<Document, Error> {
    let mut documents = documents(text).into_iter();
    match (documents.next(), documents.next()) {
        (Some(Ok(document)), None) => Ok(document),
        (Some(Err(error)), _) => {
            let (place, why) = crd::yaml::told(&error);
            Err(Error::new(format!("{file}:{}:{}: {why}", place.line, place.column)))
        }
        (Some(Ok(_)), Some(_)) => {
            Err(Error::new(format!("{file} has several documents; keep the one with the canary config")))
        }
        (None, _) => Err(Error::new(format!("{file} is empty; give a canary config with `metrics`"))),
    }
}

fn config(value: &Json, columns: &[&str], seen: &mut Seen) -> Canary {
    let mut canary =
        Canary { metrics: Vec::new(), weights: BTreeMap::new(), unknown: Vec::new(), notes: Vec::new() };
    let Some(root) = Part::of(value, Field::default(), "", seen) else { return canary };
    // What says whose the config is, and how its metrics are queried, changes no verdict.
    root.known(
        &[
            "id",
            "name",
            "description",
            "applications",
            "configVersion",
            "createdTimestamp",
            "updatedTimestamp",
            "createdTimestampIso",
            "updatedTimestampIso",
            "templates",
            "judge",
            "metrics",
            "classifier",
        ],
        seen,
    );
    if let Some(judge) = root.part("judge", seen) {
        judge.known(&["name", "judgeConfigurations"], seen);
        if let Some(other) = judge.text("name", seen).filter(|name| *name != JUDGE) {
            canary.notes.push(format!("judge.name: `{}` is not known; judged as {JUDGE}", short(other)));
        }
        // The judge has no settings.
        if let Some(settings) = judge.part("judgeConfigurations", seen) {
            settings.known(&[], seen);
        }
    }
    canary.metrics = metrics(&root, columns, seen);
    if let Some(classifier) = root.part("classifier", seen) {
        classifier.known(&["groupWeights"], seen);
        if let Some(groups) = classifier.part("groupWeights", seen) {
            canary.weights = groups
                .names()
                .filter_map(|name| Some((name.clone(), weight(&groups, name, seen)?)))
                .collect();
            canary.notes.extend(totals(&canary, &groups.field, seen));
        }
    }
    canary.unknown = std::mem::take(&mut seen.unknown).into_iter().collect();
    canary
}

fn metrics(root: &Part<'_>, columns: &[&str], seen: &mut Seen) -> Vec<Metric> {
    let field = root.field.member("metrics");
    let Some(items) = root.list("metrics", seen) else {
        let remedy = "name at least one metric; of a request, give what stands under canaryConfig";
        seen.mistakes.push(Mistake::Missing { field, remedy });
        return Vec::new();
    };
    if items.is_empty() || items.len() > METRICS {
        let (value, why) = (items.len().to_string(), "is not from 1 to 1000 metrics");
        seen.mistakes.push(Mistake::Refused {
            field,
            value,
            why,
            remedy: "give those that are to be judged",
        });
        return Vec::new();
    }
    let mut metrics: Vec<Metric> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let name = item.get("name").and_then(Json::as_str).unwrap_or_default();
        let shown = if name.is_empty() { at.to_string() } else { short(name) };
        let Some(part) = Part::of(item, field.item(at, &shown), "metrics[]", seen) else { continue };
        let Some(metric) = metric(&part, columns, seen) else { continue };
        if metrics.iter().any(|known| known.name == metric.name) {
            part.refuse("name", "is there twice", "keep one of the metrics with this name", seen);
        }
        metrics.push(metric);
    }
    metrics
}

fn metric(part: &Part<'_>, columns: &[&str], seen: &mut Seen) -> Option<Metric> {
    part.known(&["id", "name", "query", "groups", "analysisConfigurations", "scopeName"], seen);
    let name = part.text("name", seen);
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        let remedy = "give the name that its columns have";
        seen.mistakes.push(Mistake::Missing { field: part.field.member("name"), remedy });
        return None;
    };
    if !columns.contains(&name) {
        let remedy = if name.contains(['.', '[']) {
            "rename it here and in the files: names of columns have no dot and no bracket"
        } else {
            "name columns of both files after it (NAME.value, or NAME.bad and NAME.total; blank where nothing was \
             read), or take the metric out"
        };
        part.refuse("name", "has no column in the files", remedy, seen);
    }
    let groups = part.texts("groups", seen);
    if groups.is_none() {
        let remedy = "name the groups in whose scores it counts, or [] for none";
        seen.mistakes.push(Mistake::Missing { field: part.field.member("groups"), remedy });
    }
    let canary = part.part("analysisConfigurations", seen).and_then(|configurations| {
        configurations.known(&["canary"], seen);
        configurations.part("canary", seen)
    });
    let (rules, muted) = canary.map_or_else(|| (Rules::default(), false), |canary| rules(&canary, seen));
    Some(Metric { name: name.to_owned(), groups: groups.unwrap_or_default(), rules, muted })
}

fn rules(canary: &Part<'_>, seen: &mut Seen) -> (Rules, bool) {
    canary.known(
        &["direction", "nanStrategy", "critical", "muted", "mustHaveData", "effectSize", "outliers"],
        seen,
    );
    let directions =
        [("increase", Direction::Increase), ("decrease", Direction::Decrease), ("either", Direction::Either)];
    let usual = Rules::default();
    let rules = Rules {
        direction: canary.word("direction", &directions, seen).unwrap_or(usual.direction),
        gaps: canary
            .word("nanStrategy", &[("remove", Gaps::Remove), ("replace", Gaps::Replace)], seen)
            .unwrap_or(usual.gaps),
        critical: canary.flag("critical", seen).unwrap_or(usual.critical),
        must_have_data: canary.flag("mustHaveData", seen).unwrap_or(usual.must_have_data),
        effect: canary.part("effectSize", seen).map_or(usual.effect, |size| effect(&size, seen)),
        outliers: canary.part("outliers", seen).and_then(|outliers| factor(&outliers, seen)),
    };
    (rules, canary.flag("muted", seen).unwrap_or(false))
}

fn effect(size: &Part<'_>, seen: &mut Seen) -> Effect {
    size.known(
        &["measure", "allowedIncrease", "allowedDecrease", "criticalIncrease", "criticalDecrease"],
        seen,
    );
    let measures = [("meanRatio", Measure::MeanRatio), ("cles", Measure::CommonLanguage)];
    let usual = Effect::of(size.word("measure", &measures, seen).unwrap_or(Measure::MeanRatio));
    let mut limits = |increase, decrease, usual: Limits| Limits {
        increase: size.number(increase, seen).unwrap_or(usual.increase),
        decrease: size.number(decrease, seen).unwrap_or(usual.decrease),
    };
    Effect {
        allowed: limits("allowedIncrease", "allowedDecrease", usual.allowed),
        critical: limits("criticalIncrease", "criticalDecrease", usual.critical),
        ..usual
    }
}

/// The factor of the fences; none where outliers are kept.
fn factor(outliers: &Part<'_>, seen: &mut Seen) -> Option<f64> {
    outliers.known(&["strategy", "outlierFactor"], seen);
    let factor = outliers.number("outlierFactor", seen).unwrap_or(3.0);
    if factor <= 0.0 {
        outliers.refuse("outlierFactor", "is not above 0", "3 is usual", seen);
    }
    let removed = outliers.word("strategy", &[("keep", false), ("remove", true)], seen);
    removed.unwrap_or(false).then_some(factor)
}

fn weight(groups: &Part<'_>, name: &str, seen: &mut Seen) -> Option<f64> {
    let weight = groups.number(name, seen)?;
    if (0.0..=100.0).contains(&weight) {
        return Some(weight);
    }
    groups.refuse(name, "is not from 0 to 100", "the weights of all groups total 100", seen);
    None
}

/// What comes of weights that do not total 100 over the groups that there are. Groups without a weight share what the
/// others leave, also those that no metric is in.
fn totals(canary: &Canary, field: &Field, seen: &mut Seen) -> Option<String> {
    let counted = canary.metrics.iter().filter(|metric| !metric.muted);
    let named: BTreeSet<&String> = counted.flat_map(|metric| &metric.groups).collect();
    let total: f64 = canary.weights.values().sum();
    let lost: f64 =
        canary.weights.iter().filter(|(name, _)| !named.contains(name)).map(|(_, weight)| weight).sum();
    let shared = named.iter().any(|name| !canary.weights.contains_key(*name));
    if shared && total > 100.0 + NEARLY {
        seen.mistakes.push(Mistake::Refused {
            field: field.clone(),
            value: format!("a total of {total}"),
            why: "is above 100",
            remedy: "leave something for the groups without a weight, or give each of them one",
        });
        return None;
    }
    let best = if shared { 100.0 } else { total } - lost;
    ((best - 100.0).abs() > NEARLY).then(|| {
        format!(
            "classifier.groupWeights: the groups that metrics are in weigh {best}, not 100, and no score is above \
             that; give them weights that total 100"
        )
    })
}

#[cfg(test)]
mod tests;
