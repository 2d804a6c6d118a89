//! Two files of figures made into windows.

mod series;

use std::collections::BTreeMap;
use std::path::Path;

use judge::{Buckets, Config, Counts, Document, Kind, Sample, Window};
use serde_json::json;

use crate::Error;

/// The windows of both arms.
pub(super) struct Arms {
    columns: Vec<Column>,
    canary: Rows,
    stable: Rows,
    /// The canary's weight at the end of each window, where its file tells it.
    weights: BTreeMap<i64, f64>,
}

/// One file.
struct File {
    columns: Vec<Column>,
    rows: Rows,
    weights: BTreeMap<i64, f64>,
}

/// The column that is no metric's.
const WEIGHT: &str = "weight";

/// One column: whose, and what of it.
#[derive(Clone, Debug, PartialEq)]
struct Column {
    metric: String,
    /// What stands in brackets behind the metric; empty without.
    stratum: String,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    Bad,
    Total,
    Count,
    Exposure,
    Value,
    /// A bucket of a histogram, up to this bound.
    UpTo(f64),
}

/// Figures by the time of the window's end, in milliseconds.
type Rows = BTreeMap<i64, Vec<f64>>;

/// What a metric's columns are.
enum Shape {
    /// Two columns: bad or events, and all or exposure.
    Counts(What, What),
    Value,
    Histogram(Vec<f64>),
}

impl Arms {
    pub(super) fn read(canary: &Path, stable: &Path, cumulative: bool) -> Result<Self, Error> {
        let (one, other) = (file(canary, cumulative)?, file(stable, cumulative)?);
        if one.columns != other.columns {
            let (one, other) = (canary.display(), stable.display());
            return Err(Error::new(format!(
                "{one} and {other} have different columns; give both the same header"
            )));
        }
        let weights = if one.weights.is_empty() { other.weights } else { one.weights };
        let arms = Self { columns: one.columns, canary: one.rows, stable: other.rows, weights };
        for name in arms.metrics() {
            arms.shape(name)?;
        }
        Ok(arms)
    }

    fn metrics(&self) -> Vec<&str> {
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
        let [first, others @ ..] = own.as_slice() else { return Err(shapeless(metric)) };
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
        match first.as_slice() {
            [What::Bad, What::Total] | [What::Total, What::Bad] => Ok(Shape::Counts(What::Bad, What::Total)),
            [What::Count, What::Exposure] | [What::Exposure, What::Count] => {
                Ok(Shape::Counts(What::Count, What::Exposure))
            }
            [What::Value] => Ok(Shape::Value),
            buckets => {
                let bound = |what: &What| match what {
                    What::UpTo(bound) => Some(*bound),
                    _ => None,
                };
                let bounds: Option<Vec<f64>> = buckets.iter().map(bound).collect();
                match bounds {
                    Some(bounds)
                        if bounds.len() > 1
                            && bounds.last() == Some(&f64::INFINITY)
                            && bounds.is_sorted_by(|one, other| one < other) =>
                    {
                        Ok(Shape::Histogram(bounds))
                    }
                    _ => Err(shapeless(metric)),
                }
            }
        }
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
            if !names.contains(&metric.name.as_str()) {
                let (name, known) = (&metric.name, names.join(", "));
                return Err(Error::new(format!("the files have no metric `{name}`, only {known}")));
            }
            let fits = matches!(
                (self.shape(&metric.name)?, &metric.kind),
                (Shape::Counts(What::Bad, _), Kind::Proportion | Kind::Limit { .. } | Kind::BurnRate { .. })
                    | (Shape::Counts(..), Kind::Rate | Kind::Limit { .. })
                    | (Shape::Value, Kind::Gauge { .. })
                    | (Shape::Histogram(_), Kind::Latency { .. })
            );
            if !fits {
                let (name, kind) = (&metric.name, metric.kind.as_str());
                return Err(Error::new(format!("the columns of `{name}` do not make a {kind}")));
            }
            if metric.strata.is_some() && self.strata(&metric.name) == [""] {
                let name = &metric.name;
                return Err(Error::new(format!(
                    "`{name}` is judged by strata, and the files have none; columns for them are `{name}[STRATUM].total`"
                )));
            }
        }
        Ok(())
    }

    /// Lines without a partner in the other file.
    pub(super) fn unpaired(&self) -> usize {
        let alone = |one: &Rows, other: &Rows| one.keys().filter(|time| !other.contains_key(*time)).count();
        alone(&self.canary, &self.stable) + alone(&self.stable, &self.canary)
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

    fn sample(&self, metric: &str, canary: &[f64], stable: &[f64]) -> Option<Sample> {
        let within = |row: &[f64], stratum: &str, what: What| {
            let is = |it: &Column| it.metric == metric && it.stratum == stratum && it.what == what;
            row.get(self.columns.iter().position(is)?).copied()
        };
        let of = |row: &[f64], what: What| within(row, "", what);
        let fell = |row: &[f64]| {
            let own = self.columns.iter().zip(row).filter(|(column, _)| column.metric == metric);
            own.into_iter().any(|(_, figure)| figure.is_nan())
        };
        if fell(canary) || fell(stable) {
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
                let arm = |row: &[f64]| {
                    let mut below = 0.0;
                    let bucket = |bound: &f64| {
                        let up_to = of(row, What::UpTo(*bound)).unwrap_or_default();
                        let own = up_to - below;
                        below = up_to;
                        own
                    };
                    bounds.iter().map(bucket).collect()
                };
                let (canary, stable) = (arm(canary), arm(stable));
                let bounds = bounds.iter().copied().filter(|bound| bound.is_finite()).collect();
                Sample::Buckets(Buckets { bounds, canary, stable })
            }
        })
    }
}

fn shapeless(metric: &str) -> Error {
    Error::new(format!(
        "the columns of `{metric}` make no metric; it takes bad and total, count and exposure, value, or le_BOUND in \
         ascending order with le_inf at the end"
    ))
}

/// `METRIC.WHAT`, `METRIC[STRATUM].WHAT`, or `WHAT` of errors.
fn column(name: &str) -> Option<Column> {
    let (metric, stratum, what) = match name.split_once('[') {
        Some((metric, rest)) => {
            let (stratum, what) = rest.rsplit_once("].")?;
            (metric, stratum, what)
        }
        None => {
            let (metric, what) = name.split_once('.').unwrap_or(("errors", name));
            (metric, "", what)
        }
    };
    let what = match what {
        "bad" => What::Bad,
        "total" => What::Total,
        "count" => What::Count,
        "exposure" => What::Exposure,
        "value" => What::Value,
        bucket => What::UpTo(bucket.strip_prefix("le_")?.parse().ok().filter(|bound: &f64| !bound.is_nan())?),
    };
    Some(Column { metric: metric.to_owned(), stratum: stratum.to_owned(), what })
}

fn file(path: &Path, cumulative: bool) -> Result<File, Error> {
    let shown = path.display();
    let broken = |error: csv::Error| Error::new(format!("{shown}: {error}"));
    let file = std::fs::File::open(path).map_err(|error| Error::unreadable(&shown, &error))?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let header = reader.headers().map_err(broken)?.clone();
    if header.get(0) != Some("time") {
        return Err(Error::new(format!("{shown}: the first column must be `time`, not {:?}", header.get(0))));
    }
    let wrong = |name: &str| {
        let known = "bad, total, count, exposure, value or le_BOUND, after a metric's name, a [STRATUM] if there are some, \
                     and a dot";
        Error::new(format!("{shown}: there is no column `{name}`; a column is {known}"))
    };
    let columns: Vec<Column> = header
        .iter()
        .skip(1)
        .filter(|name| *name != WEIGHT)
        .map(|name| column(name).ok_or_else(|| wrong(name)))
        .collect::<Result<_, _>>()?;
    let (mut rows, mut weights) = (Rows::new(), BTreeMap::new());
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(broken)?;
        let line = index + 2;
        let bad = |field: &str, text: &str| {
            Error::new(format!("{shown}, line {line}: {field} {text:?} is no number"))
        };
        let text = record.get(0).unwrap_or_default();
        let time = millis(text).ok_or_else(|| {
            Error::new(format!("{shown}, line {line}: time {text:?} is neither seconds nor RFC 3339"))
        })?;
        let mut row = Vec::with_capacity(columns.len());
        for (name, text) in header.iter().zip(&record).skip(1) {
            let figure = text.parse::<f64>().ok().filter(|figure| figure.is_finite());
            let figure = figure.ok_or_else(|| bad(name, text))?;
            if name == WEIGHT {
                weights.insert(time, figure);
            } else {
                row.push(figure);
            }
        }
        rows.insert(time, row);
    }
    Ok(File { columns, rows: if cumulative { differences(rows) } else { rows }, weights })
}

fn millis(text: &str) -> Option<i64> {
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(moment.as_millisecond());
    }
    let seconds = text.parse::<f64>().ok().filter(|seconds| seconds.abs() < 1e12)?;
    Some((seconds * 1000.0).round() as i64)
}

/// What was added in each window; no number where a counter fell: what went away may have counted for weeks.
fn differences(rows: Rows) -> Rows {
    let mut before: Option<Vec<f64>> = None;
    let mut found = Rows::new();
    for (time, row) in rows {
        if let Some(before) = &before {
            let grown = row
                .iter()
                .zip(before)
                .map(|(now, before)| if now < before { f64::NAN } else { now - before });
            found.insert(time, grown.collect());
        }
        before = Some(row);
    }
    found
}
