//! The other kinds of metrics, strata and regions: [`Judge`] decides, as in `shipped`, after every window.
//!
//! A healthy canary is exactly as bad as it may be: as stable, or as the limit or the objective says.

mod draws;

use crate::gates::Gates;
use crate::random::Random;
use crate::rates::{Share, mean_p90, whole};
use crate::{Sizes, table, threads};
use aviary_judge::{Config, Document, Judge, Verdict};
use draws::{Kind, REGIONS};

/// The hardest null of a comparison.
const NO_MARGIN: Option<&str> = Some("failAbove: {absolute: 0}, dispersion: independent");
const INDEPENDENT: Option<&str> = Some("dispersion: independent");
/// Three windows of warm-up, and ten minutes.
const WINDOWS: usize = 63;
/// Until the longest of the usual short windows, half an hour, has been read, and ten minutes more.
const BURNS: usize = 243;
/// Half an hour, for gauges, which are slow.
const LONG: usize = 183;
/// The share of releases in which a regression must be found, lest a judge that sees nothing be the best.
const FOUND: f64 = 0.9;

/// One kind of metric in one kind of traffic.
struct Row {
    name: &'static str,
    metrics: &'static [&'static str],
    /// What makes it the hardest, where what is usual does not.
    hardest: Option<&'static str>,
    kind: Kind,
    windows: usize,
    /// How many times as bad a regression is, and of what.
    worse: (f64, &'static str),
}

const RATE: &[&str] = &["name: pauses, kind: rate"];
const LATENCY: &[&str] = &["name: latency, kind: latency"];
const ERRORS: &[&str] = &["name: errors, kind: proportion, strata: route"];
const BOTH: &[&str] = &["name: errors, kind: proportion", "name: latency, kind: latency"];
const GAUGE: &[&str] = &["name: cpu, kind: gauge, bounds: [0, 1], weight: 1"];
const BUDGET: &[&str] = &["name: ceiling, kind: limit, objective: 99.9%"];

const BELOW: &[&str] = &["name: ceiling, kind: limit, limit: 1%"];
const EVENTS: &[&str] = &["name: ceiling, kind: limit, limit: 0.1, model: poisson"];
/// Ten requests of the canary in each second, and one: exactly as many errors as the limit of 1 % allows.
const AT_LIMIT: [Kind; 2] = [Kind::Canary(100, 0.01), Kind::Canary(10, 0.01)];

const fn row(
    name: &'static str,
    metrics: &'static [&'static str],
    hardest: Option<&'static str>,
    kind: Kind,
    worse: (f64, &'static str),
) -> Row {
    Row { name, metrics, hardest, kind, windows: WINDOWS, worse }
}

const fn rate(name: &'static str, rate: f64, pods: [f64; 2], effect: f64) -> Row {
    row(name, RATE, NO_MARGIN, Kind::Rate { rate, pods }, (effect, "events"))
}

/// Like the share of a CPU, and one that is at one of its bounds in two of five windows.
const LEVELS: [(f64, f64); 2] = [(0.35, 0.15), (0.45, 0.6)];

const fn gauge(name: &'static str, (mean, spread): (f64, f64), rho: f64) -> Row {
    let kind = Kind::Gauge { mean, spread, rho };
    Row { windows: LONG, ..row(name, GAUGE, None, kind, (2.0, "mean")) }
}

/// A canary that uses up exactly its budget, with so many requests in a window.
const fn burns(name: &'static str, requests: usize) -> Row {
    let kind = Kind::Canary(requests, 0.001);
    Row { windows: BURNS, ..row(name, BUDGET, None, kind, (20.0, "errors")) }
}

/// What the promise holds for, and burn rates where there is traffic for them.
const PROMISED: [Row; 15] = [
    rate("`rate`: 1 event of the canary in a window, 1 pod of 10", 0.1, [1.0, 9.0], 2.0),
    rate("`rate`: 0.1 events, 1 pod of 10", 0.01, [1.0, 9.0], 10.0),
    rate("`rate`: 0.5 events, 5 pods of 10", 0.01, [5.0, 5.0], 4.0),
    row("`latency`: 100 requests/s", LATENCY, NO_MARGIN, Kind::Latency(1000), (2.0, "above the p90")),
    row("`latency`: 10 requests/s", LATENCY, NO_MARGIN, Kind::Latency(100), (4.0, "above the p90")),
    gauge("`gauge`: 0.35 ± 0.15", LEVELS[0], 0.0),
    gauge("`gauge`: at 0 or 1 in two of five windows", LEVELS[1], 0.0),
    row("`limit` of 1 %: 10 canary requests/s", BELOW, INDEPENDENT, AT_LIMIT[0], (2.0, "errors")),
    row("`limit` of 1 %: 1 canary request/s", BELOW, INDEPENDENT, AT_LIMIT[1], (5.0, "errors")),
    row("`limit`, `poisson`: 1 event in a window", EVENTS, INDEPENDENT, Kind::Events(0.1), (2.0, "events")),
    row("`proportion`, `strata`: other mix of routes", ERRORS, NO_MARGIN, Kind::Strata, (2.0, "errors")),
    row(
        "`proportion` and `latency`, two judges, `regions: 2`",
        BOTH,
        NO_MARGIN,
        Kind::Region,
        (2.0, "errors"),
    ),
    row("the same, one judge of both regions", BOTH, NO_MARGIN, Kind::Regions, (2.0, "errors")),
    burns("burn rate of 99.9 %: 10 canary requests/s", 100),
    burns("burn rate of 99.9 %: 1 canary request/s", 10),
];

/// Windows that depend on those before: false aborts have the same aim, and what is found is told without one.
const DEPENDENT: [Row; 5] = [
    gauge("`gauge`: 0.35 ± 0.15, correlation 0.6", LEVELS[0], 0.6),
    gauge("`gauge`: 0.35 ± 0.15, correlation 0.9", LEVELS[0], 0.9),
    gauge("`gauge`: at 0 or 1 in two of five windows, correlation 0.3", LEVELS[1], 0.3),
    gauge("`gauge`: at 0 or 1 in two of five windows, correlation 0.6", LEVELS[1], 0.6),
    gauge("`gauge`: at 0 or 1 in two of five windows, correlation 0.9", LEVELS[1], 0.9),
];

/// What breaks it, and has no aim: an unknown mix, burn rates without traffic.
const BEYOND: [Row; 3] = [
    row(
        "`proportion` without `strata`: other mix of routes",
        ERRORS,
        NO_MARGIN,
        Kind::Pooled,
        (2.0, "errors"),
    ),
    burns("burn rate of 99.9 %: 0.4 canary requests/s", 4),
    burns("burn rate of 99.9 %: 0.2 canary requests/s", 2),
];

/// What became of the releases of a row.
struct Outcome {
    name: &'static str,
    /// As it is shipped, and the hardest.
    aborted: Vec<Share>,
    found: Share,
    cells: Vec<String>,
}

pub(crate) fn measure(sizes: Sizes, gates: &mut Gates) {
    let told = format!(
        "{} healthy releases in each cell, {} with a regression from the start on; windows of 10 s, the first three are the warm-up.",
        whole(sizes.healthy as f64),
        whole((sizes.worse / 5) as f64)
    );
    let promised = outcomes(&PROMISED, 10_000, sizes, gates);
    print(&format!("## Other kinds of metrics, strata and regions\n\n{told}"), &promised);
    let dependent = outcomes(&DEPENDENT, 20_000, sizes, gates);
    print(&format!("## Gauges whose windows depend on those before\n\n{told}"), &dependent);
    let beyond = outcomes(&BEYOND, 20_000 + 10 * DEPENDENT.len() as u64, sizes, gates);
    print(&format!("## The same, where nothing is promised\n\n{told}"), &beyond);
    gate(&promised, &dependent, gates);
}

fn gate(outcomes: &[Outcome], dependent: &[Outcome], gates: &mut Gates) {
    let cells =
        outcomes.iter().chain(dependent).flat_map(|it| it.aborted.iter().map(|aborted| (it.name, *aborted)));
    let count = cells.clone().count();
    let worst = cells.max_by(|one, other| one.1.value().total_cmp(&other.1.value()));
    let (name, aborted) = worst.unwrap_or_default();
    gates.add(
        &format!("false aborts of other kinds, strata and regions, worst of {count} cells"),
        "at most 1.00 %",
        &format!("{} % ({name})", aborted.with_interval()),
        count > 0 && aborted.value() <= 0.01,
    );
    let worst = outcomes.iter().min_by(|one, other| one.found.value().total_cmp(&other.found.value()));
    let (name, found) = worst.map(|it| (it.name, it.found)).unwrap_or_default();
    gates.add(
        &format!(
            "regressions of them that are aborted, worst of {}, without the dependent gauges",
            outcomes.len()
        ),
        &format!("at least {:.0} %", 100.0 * FOUND),
        &format!("{} % ({name})", found.percent()),
        found.value() >= FOUND,
    );
}

fn print(title: &str, outcomes: &[Outcome]) {
    let mut rows = vec![table::row(&[
        "kind",
        "windows",
        "healthy, aborted, %: as shipped",
        "no margin, `independent`",
        "regression",
        "aborted, %",
        "mean windows (90th percentile)",
    ])];
    rows.extend(outcomes.iter().map(|it| it.cells.clone()));
    table::print(title, &rows);
}

fn outcomes(rows: &[Row], seed: u64, sizes: Sizes, gates: &mut Gates) -> Vec<Outcome> {
    let each = rows.iter().enumerate().filter_map(|(at, row)| {
        let found = row.outcome(seed + 10 * at as u64, sizes);
        if found.is_none() {
            gates.add(row.name, "a configuration", "it is refused", false);
        }
        found
    });
    each.collect()
}

impl Row {
    fn config(&self, further: Option<&str>) -> Option<Config> {
        let metric = |metric: &&str| format!("{{{metric}, {}}}", further.unwrap_or_default());
        let metrics: Vec<String> = self.metrics.iter().map(metric).collect();
        let regions = if self.kind == Kind::Region { REGIONS.len() } else { 1 };
        let yaml = format!("judge: {{regions: {regions}, metrics: [{}]}}", metrics.join(", "));
        serde_yaml::from_str::<Document>(&yaml).ok().map(|document| document.judge)
    }

    fn outcome(&self, seed: u64, sizes: Sizes) -> Option<Outcome> {
        let shipped = self.config(None)?;
        let mut configs = vec![shipped.clone()];
        if let Some(further) = self.hardest {
            configs.push(self.config(Some(further))?);
        }
        let healthy = configs.iter().zip(seed..).map(|(config, seed)| {
            let releases = self.releases(config, sizes.healthy, seed, 1.0);
            Share { hits: releases.iter().flatten().count(), of: releases.len() }
        });
        let aborted: Vec<Share> = healthy.collect();
        let (effect, what) = self.worse;
        let worse = self.releases(&shipped, sizes.worse / 5, seed + 5, effect);
        let mut delays: Vec<f64> = worse.iter().flatten().map(|window| *window as f64).collect();
        let found = Share { hits: delays.len(), of: worse.len() };
        let (mean, p90) = mean_p90(&mut delays);
        let told = |at: usize| aborted.get(at).map_or("-".to_owned(), |aborted| aborted.with_interval());
        let cells = vec![
            self.name.to_owned(),
            self.windows.to_string(),
            told(0),
            told(1),
            format!("{effect}x {what}"),
            found.percent(),
            if found.hits > 0 { format!("{mean:.1} ({p90:.0})") } else { "-".to_owned() },
        ];
        Some(Outcome { name: self.name, aborted, found, cells })
    }

    /// The window in which each release was failed.
    fn releases(&self, config: &Config, count: usize, seed: u64, effect: f64) -> Vec<Option<usize>> {
        let pieces = threads::releases(count, seed, |seed, count| {
            let mut random = Random::new(seed);
            let mut draws = self.kind.draws(effect);
            let release = |_| {
                draws.begin(&mut random);
                let mut judges = self.judges(config);
                (1..=self.windows).find(|_| {
                    // All of them look, for a release that one of them fails is failed everywhere.
                    let failed = judges.iter_mut().map(|judge| {
                        judge.observe(&draws.window(&mut random));
                        judge.verdict() == Verdict::Fail
                    });
                    failed.fold(false, |all, one| all | one)
                })
            };
            (0..count).map(release).collect::<Vec<_>>()
        });
        pieces.into_iter().flatten().collect()
    }

    /// One, but where each region has its own.
    fn judges(&self, config: &Config) -> Vec<Judge> {
        match self.kind {
            Kind::Region => REGIONS.iter().map(|_| Judge::new(config)).collect(),
            Kind::Regions => vec![Judge::in_regions(config, &REGIONS)],
            _ => vec![Judge::new(config)],
        }
    }
}
