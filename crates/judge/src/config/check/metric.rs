//! The constraints of one metric.

mod sources;

use super::super::raw::{self, KindName};
use super::super::scalar::Scalar;
use super::super::{BurnRate, Error, Field, Kind, Metric};
use super::require;
use crate::dispersion::Dispersion;
use crate::margin::Margin;
use crate::process::Model;
use std::time::Duration;

/// Google's pages: 2 % of a month's budget in an hour, and 5 % in six hours.
const BURN_RATES: [BurnRate; 2] = [
    BurnRate { factor: 14.4, long: Duration::from_secs(3600), short: Duration::from_secs(300) },
    BurnRate { factor: 6.0, long: Duration::from_secs(21_600), short: Duration::from_secs(1800) },
];

/// A thousand times as many: a margin beyond it says nothing that leaving the metric out does not, and its sums overflow.
const MOST: f64 = 1000.0;

pub(super) fn metric(raw: raw::Metric, min_requests: f64) -> Result<Metric, Error> {
    let field = raw.field.clone();
    require(!raw.name.trim().is_empty(), &field.at("name"), &raw.name, "is empty", "name the metric")?;
    let kind = kind(&raw, &field, min_requests)?;
    let (fail_above, pass_below) = margins(&raw, &field, &kind)?;
    let usual = if matches!(kind, Kind::Gauge { .. }) { 0.0 } else { 1.0 };
    let weight = raw.weight.as_ref().map_or(Ok(usual), |it| it.amount(&field.at("weight")))?;
    require(
        weight >= 0.0,
        &field.at("weight"),
        &weight.to_string(),
        "is negative",
        "0 advises only, 1 is usual",
    )?;
    require(
        weight <= MOST,
        &field.at("weight"),
        &weight.to_string(),
        "is more than 1000",
        "1 is usual; weights count relative to each other",
    )?;
    bounded(&raw, &field, weight)?;
    let must_detect = must_detect(&raw, &field, &kind, fail_above)?;
    sources::check(&raw, &field, &kind)?;
    sources::strata(&raw, &field, &kind)?;
    Ok(Metric {
        dispersion: dispersion(raw.dispersion.as_ref(), &field)?,
        name: raw.name,
        kind,
        canary: raw.canary,
        stable: raw.stable,
        strata: raw.strata,
        fail_above,
        pass_below,
        evidence: raw.evidence,
        weight,
        must_detect,
    })
}

/// What is usual of a gauge is a part of its range, which without bounds nobody knows before the warm-up.
fn bounded(raw: &raw::Metric, field: &Field, weight: f64) -> Result<(), Error> {
    let guessed = raw.kind == KindName::Gauge && raw.bounds.is_none() && raw.pass_below.absolute.is_none();
    if weight > 0.0 && guessed {
        return Err(Error::Missing {
            field: field.at("bounds"),
            remedy: "a gauge that decides needs `bounds`, such as [0, 1], or `passBelow.absolute` in its own unit",
        });
    }
    Ok(())
}

fn kind(raw: &raw::Metric, field: &Field, min_requests: f64) -> Result<Kind, Error> {
    foreign(raw, field)?;
    match raw.kind {
        KindName::Proportion => Ok(Kind::Proportion),
        KindName::Rate => Ok(Kind::Rate),
        KindName::Latency => edges(raw.edges.clone().unwrap_or_default(), field),
        KindName::Gauge => {
            let [low, high] = raw.bounds.unwrap_or([0.0, 1.0]);
            let sound = low.is_finite() && high.is_finite() && low < high;
            let value = format!("[{low}, {high}]");
            require(
                sound,
                &field.at("bounds"),
                &value,
                "is no range",
                "write the least and the greatest value, such as [0, 1]",
            )?;
            Ok(Kind::Gauge { bounds: raw.bounds })
        }
        KindName::Limit => limit(raw, field, min_requests),
    }
}

/// A field that belongs to another kind would be ignored, which nobody wants.
fn foreign(raw: &raw::Metric, field: &Field) -> Result<(), Error> {
    let fields = [
        ("edges", raw.edges.is_some(), KindName::Latency),
        ("bounds", raw.bounds.is_some(), KindName::Gauge),
        ("limit", raw.limit.is_some(), KindName::Limit),
        ("model", raw.model.is_some(), KindName::Limit),
        ("objective", raw.objective.is_some(), KindName::Limit),
        ("burnRates", raw.burn_rates.is_some(), KindName::Limit),
    ];
    fields.iter().try_for_each(|(name, set, kind)| {
        require(
            !set || *kind == raw.kind,
            &field.at(name),
            name,
            "is of another kind of metric",
            "take it out, or change `kind`",
        )
    })
}

fn edges(edges: Vec<f64>, field: &Field) -> Result<Kind, Error> {
    let ascending = edges.iter().zip(edges.iter().skip(1)).all(|(low, high)| low < high);
    let sound = edges.len() <= 4 && ascending && edges.iter().all(|edge| edge.is_finite());
    require(
        sound,
        &field.at("edges"),
        &format!("{edges:?}"),
        "is not up to 4 ascending numbers",
        "leave it out, or name up to 4 bucket boundaries",
    )?;
    Ok(Kind::Latency { edges })
}

fn limit(raw: &raw::Metric, field: &Field, least: f64) -> Result<Kind, Error> {
    if let Some(objective) = &raw.objective {
        let at = field.at("objective");
        require(
            raw.limit.is_none(),
            &at,
            &objective.to_string(),
            "stands beside `limit`",
            "keep one of them",
        )?;
        let value = objective.percent(&at)?;
        require(
            value > 0.0 && value < 1.0,
            &at,
            &objective.to_string(),
            "is not between 0 and 100%",
            "write it as `99.9%`",
        )?;
        return Ok(Kind::BurnRate {
            objective: value,
            rates: rates(raw.burn_rates.as_deref(), field)?,
            least,
        });
    }
    let remedy = "name the number, such as `1%`, or an `objective` such as `99.9%` for burn rates";
    let written = raw.limit.as_ref().ok_or_else(|| Error::Missing { field: field.at("limit"), remedy })?;
    let at = field.at("limit");
    let limit = written.amount(&at)?;
    let model = raw.model.unwrap_or(Model::Bernoulli);
    let sound = limit > 0.0 && (limit < 1.0 || model == Model::Poisson);
    require(
        sound,
        &at,
        &written.to_string(),
        "is no share between 0 and 100%",
        "write it as `1%`, or set `model: poisson` for events per exposure",
    )?;
    Ok(Kind::Limit { limit, model })
}

fn rates(raw: Option<&[raw::BurnRate]>, field: &Field) -> Result<Vec<BurnRate>, Error> {
    let Some(raw) = raw else { return Ok(BURN_RATES.to_vec()) };
    let at = field.at("burnRates");
    require(
        !raw.is_empty() && raw.len() <= 4,
        &at,
        &raw.len().to_string(),
        "is not from 1 to 4 rates",
        "leave it out for 14.4x over 1h and 5m, and 6x over 6h and 30m",
    )?;
    raw.iter()
        .map(|rate| {
            let at = |name: &str| rate.field.member(name);
            let factor = rate.factor.amount(&at("factor"))?;
            let (long, short) = (rate.long.duration(&at("long"))?, rate.short.duration(&at("short"))?);
            require(
                factor > 0.0,
                &at("factor"),
                &rate.factor.to_string(),
                "burns nothing",
                "14.4 is usual for 1h and 5m",
            )?;
            require(
                short >= Duration::from_secs(1) && short <= long,
                &at("short"),
                &rate.short.to_string(),
                "is no short window for it",
                "the short window is at most as long as the long one",
            )?;
            Ok(BurnRate { factor, long, short })
        })
        .collect()
}

fn margins(raw: &raw::Metric, field: &Field, kind: &Kind) -> Result<(Margin, Margin), Error> {
    let read = |margin: &raw::Margin, name: &str, usual: Margin| -> Result<Margin, Error> {
        let part = |scalar: Option<&Scalar>, part: &str, usual: f64| -> Result<f64, Error> {
            let at = field.at(&format!("{name}.{part}"));
            let Some(scalar) = scalar else { return Ok(usual) };
            let value = if part == "relative" { scalar.percent(&at)? } else { scalar.points(&at)? };
            require(value >= 0.0, &at, &scalar.to_string(), "is negative", "0 tolerates nothing")?;
            let bearable = value <= MOST || part != "relative";
            require(
                bearable,
                &at,
                &scalar.to_string(),
                "tolerates anything",
                "leave the metric out instead",
            )?;
            Ok(value)
        };
        let relative = 1.0 + part(margin.relative.as_ref(), "relative", usual.relative - 1.0)?;
        let absolute = part(margin.absolute.as_ref(), "absolute", usual.absolute)?;
        Ok(Margin { relative, absolute })
    };
    // A gauge's difference is absolute: its usual margins are parts of its range.
    let (usual_fail, usual_pass) = match kind {
        Kind::Gauge { bounds } => {
            let [low, high] = bounds.unwrap_or([0.0, 1.0]);
            (Margin::NONE, Margin::new(1.0, 0.1 * (high - low)))
        }
        _ => (Margin::new(1.0, 0.0001), Margin::new(1.5, 0.001)),
    };
    let fail = read(&raw.fail_above, "failAbove", usual_fail)?;
    let pass = read(&raw.pass_below, "passBelow", usual_pass)?;
    apart(field, kind, fail, pass)?;
    Ok((fail, pass))
}

/// A canary between both margins may do neither, and none may do both.
fn apart(field: &Field, kind: &Kind, fail: Margin, pass: Margin) -> Result<(), Error> {
    if !kind.compares() {
        return Ok(());
    }
    let value = |part: f64| format!("{part}");
    let raise = "raise passBelow, or lower failAbove";
    require(
        pass.relative >= fail.relative,
        &field.at("passBelow.relative"),
        &value(pass.relative - 1.0),
        "is below failAbove.relative",
        raise,
    )?;
    require(
        pass.absolute >= fail.absolute,
        &field.at("passBelow.absolute"),
        &value(pass.absolute),
        "is below failAbove.absolute",
        raise,
    )?;
    require(pass != fail, &field.at("passBelow"), &value(pass.absolute), "is the same as failAbove", raise)?;
    if let Kind::Gauge { bounds } = kind {
        let relative = fail.relative > 1.0 || pass.relative > 1.0;
        require(
            !relative,
            &field.at("passBelow.relative"),
            &value(pass.relative - 1.0),
            "is relative, and a gauge compares differences",
            "use `absolute`, in the gauge's unit",
        )?;
        let range = bounds.map_or(f64::INFINITY, |[low, high]| high - low);
        require(
            pass.absolute < range,
            &field.at("passBelow.absolute"),
            &value(pass.absolute),
            "is as wide as the bounds",
            "tolerate less than the whole range",
        )?;
    } else if kind.is_proportion() {
        require(
            pass.absolute < 1.0,
            &field.at("passBelow.absolute"),
            &value(pass.absolute),
            "tolerates everything",
            "write percentage points, such as `0.1pp`",
        )?;
    }
    Ok(())
}

fn dispersion(raw: Option<&Scalar>, field: &Field) -> Result<Dispersion, Error> {
    let at = field.at("dispersion");
    match raw {
        None => Ok(Dispersion::Auto),
        Some(Scalar::Text(word)) if word == "auto" => Ok(Dispersion::Auto),
        Some(Scalar::Text(word)) if word == "independent" => Ok(Dispersion::Independent),
        Some(Scalar::Text(word)) if word == "robust" => Ok(Dispersion::Robust),
        Some(Scalar::Number(size)) => {
            require(
                *size >= 1.0 && size.is_finite(),
                &at,
                &size.to_string(),
                "is no size of a burst",
                "write how many bad events come together at most, 1 or more",
            )?;
            Ok(Dispersion::Bursts(*size))
        }
        Some(other) => Err(Error::Unreadable {
            field: at,
            value: other.to_string(),
            wanted: "dispersion",
            remedy: "write `independent`, `auto`, `robust`, or the size of a burst as a number".to_owned(),
        }),
    }
}

fn must_detect(raw: &raw::Metric, field: &Field, kind: &Kind, fail: Margin) -> Result<Option<f64>, Error> {
    let Some(written) = &raw.must_detect else { return Ok(None) };
    let at = field.at("mustDetect");
    let value = written.amount(&at)?;
    require(
        value > 0.0 && (value < 1.0 || !kind.is_proportion()),
        &at,
        &written.to_string(),
        "is no rate",
        "write the canary's rate that must not go unnoticed, such as `2%`",
    )?;
    let counts = matches!(kind, Kind::Proportion | Kind::Rate);
    require(
        counts,
        &at,
        &written.to_string(),
        "is of a kind that has no such rate",
        "only proportions and rates have one: take it out",
    )?;
    // Beside a stable without errors already; where stable has some, only the judge can tell.
    require(
        value > fail.absolute,
        &at,
        &written.to_string(),
        "is within failAbove.absolute, so it never fails",
        "raise mustDetect, or lower failAbove.absolute",
    )?;
    Ok(Some(value))
}
