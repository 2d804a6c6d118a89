//! The constraints of a configuration (judge 1 and 4), each with what to do about it.

mod metric;

use super::scalar::Scalar;
use super::{Config, Error, Field, Kind, OnInconclusive, raw};
use crate::dispersion::Dispersion;
use std::collections::BTreeSet;
use std::time::Duration;

/// All that is wrong is noted; of a metric the first thing.
pub(super) fn config(raw: raw::Config, mistakes: &mut Vec<Error>) -> Option<Config> {
    let min_requests = or(raw.min_requests.as_ref(), &raw, "minRequests", 50.0, requests, mistakes);
    let config = Config {
        false_aborts: or(raw.false_aborts.as_ref(), &raw, "falseAborts", 0.01, chance, mistakes),
        false_pass: or(raw.false_pass.as_ref(), &raw, "falsePass", 0.05, chance, mistakes),
        regions: raw.regions.unwrap_or(1),
        window: or(raw.window.as_ref(), &raw, "window", Duration::from_secs(10), window, mistakes),
        warmup: or(raw.warmup.as_ref(), &raw, "warmup", Duration::from_secs(30), Scalar::duration, mistakes),
        min_windows: raw.min_windows.unwrap_or(3),
        min_requests,
        no_data_after: raw.no_data_after.unwrap_or(5),
        max_wait: or(raw.max_wait.as_ref(), &raw, "maxWait", None, wait, mistakes),
        on_inconclusive: raw.on_inconclusive,
        metrics: Vec::new(),
    };
    mistakes.extend(above_nothing(&config, &raw.field).into_iter().filter_map(Result::err));
    let written = raw.metrics.unwrap_or_default();
    if written.is_empty() {
        let remedy = "name at least one metric";
        mistakes.push(Error::Missing { field: raw.field.member("metrics"), remedy });
    }
    mistakes.extend(twice(&written));
    let read = |metric: raw::Metric| match metric::metric(metric, min_requests) {
        Ok(metric) => Some(metric),
        Err(mistake) => {
            mistakes.push(mistake);
            None
        }
    };
    let config = Config { metrics: written.into_iter().flatten().filter_map(read).collect(), ..config };
    // What is asked of all together, once each is known.
    if mistakes.is_empty() {
        mistakes.extend(whole(&config, &raw.field).err());
    }
    mistakes.is_empty().then_some(config)
}

/// A setting, or what is usual.
fn or<T>(
    scalar: Option<&Scalar>,
    raw: &raw::Config,
    name: &str,
    usual: T,
    read: impl FnOnce(&Scalar, &Field) -> Result<T, Error>,
    mistakes: &mut Vec<Error>,
) -> T {
    match scalar.map(|scalar| read(scalar, &raw.field.member(name))) {
        None => usual,
        Some(Ok(value)) => value,
        Some(Err(mistake)) => {
            mistakes.push(mistake);
            usual
        }
    }
}

fn chance(written: &Scalar, field: &Field) -> Result<f64, Error> {
    let value = written.percent(field)?;
    require(
        value > 0.0 && value <= 0.5,
        field,
        &written.to_string(),
        "is not above 0 and at most 50%",
        "1% is usual for falseAborts, 5% for falsePass; mind the percent sign",
    )?;
    Ok(value)
}

fn window(written: &Scalar, field: &Field) -> Result<Duration, Error> {
    let window = written.duration(field)?;
    require(
        (1.0..=60.0).contains(&window.as_secs_f64()),
        field,
        &written.to_string(),
        "is not from 1s to 60s",
        "10s is usual, and no shorter than the scrape interval",
    )?;
    Ok(window)
}

fn wait(written: &Scalar, field: &Field) -> Result<Option<Duration>, Error> {
    let wait = written.duration(field)?;
    require(
        wait != Duration::ZERO,
        field,
        &written.to_string(),
        "leaves no time",
        "leave it out, or set it to some minutes",
    )?;
    Ok(Some(wait))
}

fn requests(written: &Scalar, field: &Field) -> Result<f64, Error> {
    let least = written.amount(field)?;
    require(least >= 0.0, field, &written.to_string(), "is negative", "set it to 0 or more")?;
    Ok(least)
}

/// Numbers of which 0 makes no sense.
fn above_nothing(config: &Config, field: &Field) -> [Result<(), Error>; 3] {
    let at = |name: &str, number: u32, why: &'static str, remedy: &'static str| {
        require(number > 0, &field.member(name), "0", why, remedy)
    };
    [
        at(
            "regions",
            config.regions,
            "leaves nobody to judge",
            "set it to how many regions the release goes through, 1 where there is but one",
        ),
        at("minWindows", config.min_windows, "would pass a release before any window", "set it to 1 or more"),
        at("noDataAfter", config.no_data_after, "would never see data", "set it to 1 or more windows"),
    ]
}

/// Names that stand there before.
fn twice(metrics: &[Option<raw::Metric>]) -> Vec<Error> {
    let mut names = BTreeSet::new();
    let again = metrics.iter().flatten().filter(|metric| !names.insert(metric.name.as_str()));
    again
        .map(|metric| Error::Refused {
            field: metric.field.member("name"),
            value: metric.name.clone(),
            why: "is there twice",
            remedy: "give each metric a name of its own",
        })
        .collect()
}

fn whole(config: &Config, field: &Field) -> Result<(), Error> {
    let metrics = field.member("metrics");
    require(
        config.metrics.iter().any(super::Metric::judged),
        &metrics,
        "weight: 0",
        "is the weight of every metric, so nothing is judged",
        "give one of them a weight above 0",
    )?;
    safe(config, &metrics)
}

/// `pass-if-safe` needs to know what must not go unnoticed.
fn safe(config: &Config, metrics: &Field) -> Result<(), Error> {
    if config.on_inconclusive != OnInconclusive::PassIfSafe {
        return Ok(());
    }
    for (index, metric) in config.metrics.iter().enumerate().filter(|(_, metric)| metric.judged()) {
        let field = metrics.item(index, &metric.name);
        // Signs of windows have no number of requests after which a regression would have been caught.
        if metric.dispersion == Dispersion::Robust {
            return Err(Error::Refused {
                field: field.member("dispersion"),
                value: "robust".to_owned(),
                why: "knows of no regression that would have been caught, as `onInconclusive: pass-if-safe` wants",
                remedy: "choose `auto`, or `onInconclusive: pause`",
            });
        }
        if matches!(metric.kind, Kind::Proportion | Kind::Rate) && metric.must_detect.is_none() {
            return Err(Error::Missing {
                field: field.member("mustDetect"),
                remedy: "`onInconclusive: pass-if-safe` needs the rate that must not go unnoticed; or choose `pause`",
            });
        }
    }
    Ok(())
}

pub(super) fn require(
    holds: bool,
    field: &Field,
    value: &str,
    why: &'static str,
    remedy: &'static str,
) -> Result<(), Error> {
    if holds {
        return Ok(());
    }
    Err(Error::Refused { field: field.clone(), value: value.to_owned(), why, remedy })
}
