//! The constraints of a configuration (judge 1 and 4), each with what to do about it.

mod metric;

use super::scalar::Scalar;
use super::{Config, Error, raw};
use crate::dispersion::Dispersion;
use std::collections::BTreeSet;
use std::time::Duration;

pub(super) fn config(raw: raw::Config) -> Result<Config, Error> {
    let min_requests = or(raw.min_requests.as_ref(), 50.0, |it| it.amount("judge.minRequests"))?;
    let config = Config {
        false_aborts: or(raw.false_aborts.as_ref(), 0.01, |it| it.percent("judge.falseAborts"))?,
        false_pass: or(raw.false_pass.as_ref(), 0.05, |it| it.percent("judge.falsePass"))?,
        regions: raw.regions.unwrap_or(1),
        window: or(raw.window.as_ref(), Duration::from_secs(10), |it| it.duration("judge.window"))?,
        warmup: or(raw.warmup.as_ref(), Duration::from_secs(30), |it| it.duration("judge.warmup"))?,
        min_windows: raw.min_windows.unwrap_or(3),
        min_requests,
        no_data_after: raw.no_data_after.unwrap_or(5),
        max_wait: raw.max_wait.as_ref().map(|it| it.duration("judge.maxWait")).transpose()?,
        on_inconclusive: raw.on_inconclusive,
        metrics: raw
            .metrics
            .unwrap_or_default()
            .into_iter()
            .map(|metric| metric::metric(metric, min_requests))
            .collect::<Result<_, _>>()?,
    };
    whole(&config)?;
    Ok(config)
}

fn or<T>(
    scalar: Option<&Scalar>,
    otherwise: T,
    read: impl FnOnce(&Scalar) -> Result<T, Error>,
) -> Result<T, Error> {
    scalar.map_or(Ok(otherwise), read)
}

fn whole(config: &Config) -> Result<(), Error> {
    chance("judge.falseAborts", config.false_aborts)?;
    chance("judge.falsePass", config.false_pass)?;
    require(
        config.regions > 0,
        "judge.regions",
        "0",
        "leaves nobody to judge",
        "set it to how many regions the release goes through, 1 where there is but one",
    )?;
    let window = config.window.as_secs_f64();
    require(
        (1.0..=60.0).contains(&window),
        "judge.window",
        &format!("{window}s"),
        "is not from 1s to 60s",
        "10s is usual, and no shorter than the scrape interval",
    )?;
    require(
        config.min_windows > 0,
        "judge.minWindows",
        "0",
        "would pass a release before any window",
        "set it to 1 or more",
    )?;
    require(
        config.min_requests >= 0.0,
        "judge.minRequests",
        &config.min_requests.to_string(),
        "is negative",
        "set it to 0 or more",
    )?;
    require(
        config.no_data_after > 0,
        "judge.noDataAfter",
        "0",
        "would never see data",
        "set it to 1 or more windows",
    )?;
    require(
        config.max_wait != Some(Duration::ZERO),
        "judge.maxWait",
        "0s",
        "leaves no time",
        "leave it out, or set it to some minutes",
    )?;
    if config.metrics.is_empty() {
        let remedy = "name at least one metric";
        return Err(Error::Missing { field: "judge.metrics".to_owned(), remedy });
    }
    let mut names = BTreeSet::new();
    for metric in &config.metrics {
        require(
            names.insert(metric.name.as_str()),
            "judge.metrics",
            &metric.name,
            "is there twice",
            "give each metric a name of its own",
        )?;
    }
    let judged = config.metrics.iter().any(super::Metric::judged);
    require(
        judged,
        "judge.metrics",
        "weight: 0",
        "is the weight of every metric, so nothing is judged",
        "give one of them a weight above 0",
    )?;
    safe(config)
}

/// `pass-if-safe` needs to know what must not go unnoticed.
fn safe(config: &Config) -> Result<(), Error> {
    if config.on_inconclusive != super::OnInconclusive::PassIfSafe {
        return Ok(());
    }
    let needs = |metric: &&super::Metric| {
        metric.judged() && matches!(metric.kind, super::Kind::Proportion | super::Kind::Rate)
    };
    // Signs of windows have no number of requests after which a regression would have been caught.
    let signs =
        config.metrics.iter().find(|metric| metric.judged() && metric.dispersion == Dispersion::Robust);
    if let Some(metric) = signs {
        return Err(Error::Refused {
            field: format!("judge.metrics[{}].dispersion", metric.name),
            value: "robust".to_owned(),
            why: "knows of no regression that would have been caught, as `onInconclusive: pass-if-safe` wants",
            remedy: "choose `auto`, or `onInconclusive: pause`",
        });
    }
    let lacking = config.metrics.iter().filter(needs).find(|metric| metric.must_detect.is_none());
    lacking.map_or(Ok(()), |metric| {
        Err(Error::Missing {
            field: format!("judge.metrics[{}].mustDetect", metric.name),
            remedy: "`onInconclusive: pass-if-safe` needs the rate that must not go unnoticed; or choose `pause`",
        })
    })
}

fn chance(field: &str, value: f64) -> Result<(), Error> {
    let sound = value > 0.0 && value <= 0.5;
    require(
        sound,
        field,
        &value.to_string(),
        "is not above 0 and at most 50%",
        "1% is usual for falseAborts, 5% for falsePass; mind the percent sign",
    )
}

pub(super) fn require(
    holds: bool,
    field: &str,
    value: &str,
    why: &'static str,
    remedy: &'static str,
) -> Result<(), Error> {
    if holds {
        return Ok(());
    }
    Err(Error::Refused { field: field.to_owned(), value: value.to_owned(), why, remedy })
}
