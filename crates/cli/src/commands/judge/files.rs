//! Two files of figures made into windows.

mod columns;
mod series;
mod table;

use std::collections::BTreeMap;
use std::path::Path;

use judge::{Buckets, Config, Counts, Document, Kind, Sample, Window};
use serde::Serialize;
use serde_json::json;

use crate::{Env, Error};
use columns::{Column, Shape, What};
use table::{Cell, Rows, Table, differences, look_like_counters};

/// The windows of both arms.
pub(super) struct Arms {
    columns: Vec<Column>,
    canary: Rows,
    stable: Rows,
    /// The canary's weight at the end of each window, where its file tells it.
    weights: BTreeMap<i64, f64>,
    /// Whether the figures look like counters, and were not read as such.
    pub(super) only_grow: bool,
    pub(super) unpaired: Unpaired,
}

/// Lines of each file that have no partner in the other.
#[derive(Clone, Copy, PartialEq, Serialize)]
pub(super) struct Unpaired {
    canary: usize,
    stable: usize,
}

impl Unpaired {
    fn of([canary, stable]: &[Rows; 2]) -> Self {
        let alone = |one: &Rows, other: &Rows| one.keys().filter(|time| !other.contains_key(*time)).count();
        Self { canary: alone(canary, stable), stable: alone(stable, canary) }
    }

    /// In words; none when every line has one.
    pub(super) fn shown(self) -> Option<String> {
        match self.canary + self.stable {
            0 => None,
            1 => Some("1 line has no line of the same time in the other file".to_owned()),
            all => Some(format!("{all} lines have no line of the same time in the other file")),
        }
    }
}

/// The name of a file in messages.
pub(super) fn shown(path: &Path) -> String {
    if path == Path::new("-") { "(standard input)".to_owned() } else { path.display().to_string() }
}

impl Arms {
    pub(super) fn read(env: &Env, canary: &Path, stable: &Path, cumulative: bool) -> Result<Self, Error> {
        let table = |path: &Path| {
            let text = env.read(path).map_err(|error| Error::unreadable(shown(path), &error))?;
            Table::read(&shown(path), &text)
        };
        let (one, other) = (table(canary)?, table(stable)?);
        let (canary, stable) = (shown(canary), shown(stable));
        lacks([&canary, &stable], &one.columns, &other.columns)?;
        lacks([&stable, &canary], &other.columns, &one.columns)?;
        let mut rows = [one.rows, other.in_order_of(&one.columns)];
        let unpaired = Unpaired::of(&rows);
        let only_grow = !cumulative && rows.iter().all(|rows| look_like_counters(&one.columns, rows));
        if cumulative {
            // A line that one file lacks ends no window of the other: both are counted over the same time.
            rows = paired(rows).map(|rows| differences(&one.columns, rows));
        }
        let [canary_rows, stable_rows] = rows;
        let weights = if one.weights.is_empty() { other.weights } else { one.weights };
        let arms = Self {
            columns: one.columns,
            canary: canary_rows,
            stable: stable_rows,
            weights,
            only_grow,
            unpaired,
        };
        for name in arms.metrics() {
            arms.shape(name).map_err(|error| Error::new(format!("{canary}:1: {error}")))?;
        }
        Ok(arms)
    }

    /// The names of the metrics, in the order of their columns.
    pub(super) fn metrics(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for column in &self.columns {
            if !names.contains(&column.metric.as_str()) {
                names.push(&column.metric);
            }
        }
        names
    }

    /// The strata of a metric, in the order of their columns.
    fn strata(&self, metric: &str) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for column in self.columns.iter().filter(|column| column.metric == metric) {
            if !names.contains(&column.stratum.as_str()) {
                names.push(&column.stratum);
            }
        }
        names
    }

    fn shape(&self, metric: &str) -> Result<Shape, Error> {
        let strata = self.strata(metric);
        let own = |stratum: &str| -> Vec<What> {
            let own = self.columns.iter().filter(|it| it.metric == metric && it.stratum == stratum);
            own.map(|column| column.what).collect()
        };
        let own: Vec<Vec<What>> = strata.iter().map(|stratum| own(stratum)).collect();
        let [first, others @ ..] = own.as_slice() else { return Shape::of(metric, &[]) };
        let counts = matches!(first.as_slice(), [What::Bad | What::Total | What::Count | What::Exposure, _]);
        let whole = strata == [""];
        if strata.contains(&"") && !whole {
            return Err(Error::new(format!(
                "`{metric}` has columns of its strata and of all of them together, which would count twice; keep one"
            )));
        }
        if others.iter().any(|other| other != first) || !(counts || whole) {
            return Err(Error::new(format!(
                "the strata of `{metric}` differ; each takes bad and total, or each count and exposure, in one order"
            )));
        }
        Shape::of(metric, first)
    }

    /// A judge of all metrics of the files with its defaults.
    pub(super) fn defaults(&self) -> Result<Config, Error> {
        let metric = |name: &str| {
            let kind = match self.shape(name)? {
                Shape::Counts(What::Bad, _) => "proportion",
                Shape::Counts(..) => "rate",
                Shape::Value => "gauge",
                Shape::Histogram(_) => "latency",
            };
            // A gauge advises by default, and a judge that only advises has no verdict.
            Ok(json!({"name": name, "kind": kind}))
        };
        let metrics: Vec<_> = self.metrics().into_iter().map(metric).collect::<Result<_, Error>>()?;
        let document: Document =
            serde_json::from_value(json!({"judge": {"metrics": metrics}})).map_err(|error| {
                Error::new(format!("the defaults do not fit these files: {error}; give --config"))
            })?;
        Ok(document.judge)
    }

    /// Whether the files have what the configuration asks for.
    pub(super) fn fit(&self, config: &Config) -> Result<(), Error> {
        let names = self.metrics();
        for metric in &config.metrics {
            let name = &metric.name;
            if !names.contains(&name.as_str()) {
                let known = names.join(", ");
                return Err(Error::new(format!("the files have no metric `{name}`, only {known}")));
            }
            let shape = self.shape(name)?;
            let fits = matches!(
                (&shape, &metric.kind),
                (Shape::Counts(What::Bad, _), Kind::Proportion | Kind::Limit { .. } | Kind::BurnRate { .. })
                    | (Shape::Counts(..), Kind::Rate | Kind::Limit { .. })
                    | (Shape::Value, Kind::Gauge { .. })
                    | (Shape::Histogram(_), Kind::Latency { .. })
            );
            if !fits {
                let kind = metric.kind.as_str();
                return Err(Error::new(format!("the columns of `{name}` do not make a {kind}")));
            }
            if let (Shape::Histogram(bounds), Kind::Latency { edges }) = (&shape, &metric.kind) {
                ends_at(name, edges, bounds)?;
            }
            if metric.strata.is_some() && self.strata(name) == [""] {
                return Err(Error::new(format!(
                    "`{name}` is judged by strata, and the files have none; columns for them are `{name}[STRATUM].total`"
                )));
            }
        }
        Ok(())
    }

    /// The windows, oldest first, and whether the canary had another weight in the one before.
    pub(super) fn windows<'a>(&'a self, config: &'a Config) -> impl Iterator<Item = (Window, bool)> + 'a {
        let mut before = None;
        let mut weight: Option<f64> = None;
        let paired = self.canary.iter().filter_map(|(time, row)| Some((*time, row, self.stable.get(time)?)));
        paired.map(move |(time, canary, stable)| {
            let now = self.weights.get(&time).copied();
            let changed = weight.zip(now).is_some_and(|(before, now)| before.to_bits() != now.to_bits());
            weight = now.or(weight);
            let seconds =
                before.map_or(config.window.as_secs_f64(), |before| (time - before) as f64 / 1000.0);
            before = Some(time);
            let sampled = config.metrics.iter().filter_map(|metric| {
                Some((metric.name.as_str(), self.sample(&metric.name, canary, stable)?))
            });
            let window =
                sampled.fold(Window::of(seconds), |window, (name, sample)| window.with(name, sample));
            (window, changed)
        })
    }

    /// What the metric read in a window; none where a cell of it is blank, in either arm.
    fn sample(&self, metric: &str, canary: &[Cell], stable: &[Cell]) -> Option<Sample> {
        let within = |row: &[Cell], stratum: &str, what: What| {
            let is = |it: &Column| it.metric == metric && it.stratum == stratum && it.what == what;
            row.get(self.columns.iter().position(is)?)?.figure()
        };
        let of = |row: &[Cell], what: What| within(row, "", what);
        let has = |cell: Cell| {
            let own = |row: &[Cell]| {
                let mut own = self.columns.iter().zip(row).filter(|(column, _)| column.metric == metric);
                own.any(|(_, it)| *it == cell)
            };
            own(canary) || own(stable)
        };
        if has(Cell::Blank) {
            return None;
        }
        if has(Cell::Fell) {
            return Some(Sample::Dropped("a counter fell".to_owned()));
        }
        Some(match self.shape(metric).ok()? {
            Shape::Counts(bad, all) => {
                let counts = |stratum: &&str| {
                    let both = |what| Some((within(canary, stratum, what)?, within(stable, stratum, what)?));
                    let ((bad1, bad0), (all1, all0)) = (both(bad)?, both(all)?);
                    Some(Counts::new(all1, all0, bad1, bad0))
                };
                match self.strata(metric).as_slice() {
                    [""] => Sample::Counts(counts(&"")?),
                    strata => Sample::Strata(strata.iter().map(counts).collect::<Option<_>>()?),
                }
            }
            Shape::Value => {
                Sample::Means { canary: of(canary, What::Value)?, stable: of(stable, What::Value)? }
            }
            Shape::Histogram(bounds) => {
                let up_to = |row: &[Cell]| -> Option<Vec<f64>> {
                    bounds.iter().map(|bound| of(row, What::UpTo(*bound))).collect()
                };
                histogram(&bounds, &up_to(canary)?, &up_to(stable)?)
            }
        })
    }
}

/// The lines that both files have.
fn paired([mut canary, mut stable]: [Rows; 2]) -> [Rows; 2] {
    canary.retain(|time, _| stable.contains_key(time));
    stable.retain(|time, _| canary.contains_key(time));
    [canary, stable]
}

/// Requests up to each bound made into those of each bucket.
fn histogram(bounds: &[f64], canary: &[f64], stable: &[f64]) -> Sample {
    let ascends = |up_to: &[f64]| up_to.is_sorted_by(|one, other| one <= other);
    if !ascends(canary) || !ascends(stable) {
        let why = "the histogram is not cumulative: a bucket counts less than the one before it";
        return Sample::Dropped(why.to_owned());
    }
    let own = |up_to: &[f64]| {
        let before = std::iter::once(&0.0).chain(up_to);
        up_to.iter().zip(before).map(|(up_to, before)| up_to - before).collect()
    };
    let bounds = bounds.iter().copied().filter(|bound| bound.is_finite()).collect();
    Sample::Buckets(Buckets { bounds, canary: own(canary), stable: own(stable) })
}

/// A latency can be judged at bounds of its histogram only, as near to them as the judge takes for the same.
fn ends_at(name: &str, edges: &[f64], bounds: &[f64]) -> Result<(), Error> {
    let there = |edge: &f64| bounds.iter().any(|bound| (bound - edge).abs() <= 1e-9 * edge.abs());
    let Some(edge) = edges.iter().find(|edge| !there(edge)) else { return Ok(()) };
    let known: Vec<String> =
        bounds.iter().filter(|bound| bound.is_finite()).map(ToString::to_string).collect();
    Err(Error::new(format!(
        "judge.metrics[{name}].edges: {edge} is no bound of the histogram, which has {}; name some of them, or leave edges \
         out",
        known.join(", ")
    )))
}

/// Whether every column of the one file is in the other.
fn lacks([one, other]: [&str; 2], columns: &[Column], known: &[Column]) -> Result<(), Error> {
    let lacking: Vec<String> = columns
        .iter()
        .filter(|column| !known.iter().any(|it| it.same(column)))
        .map(|column| format!("`{}`", column.title))
        .collect();
    if lacking.is_empty() {
        return Ok(());
    }
    let lacking = lacking.join(", ");
    Err(Error::new(format!("{other} has no column {lacking}, which {one} has; give both the same columns")))
}
