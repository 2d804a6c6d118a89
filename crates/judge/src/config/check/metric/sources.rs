//! The queries of a metric.

use super::super::super::{Error, Field, Kind, Source, raw};
use super::super::require;
use crate::process::Model;

/// Strata are counts with a label, of both arms.
pub(super) fn strata(raw: &raw::Metric, field: &Field, kind: &Kind) -> Result<(), Error> {
    let Some(label) = &raw.strata else { return Ok(()) };
    let at = field.at("strata");
    require(
        matches!(kind, Kind::Proportion | Kind::Rate),
        &at,
        kind.as_str(),
        "is of a kind that has no strata",
        "only proportions and rates have them: take it out",
    )?;
    require(
        !label.trim().is_empty(),
        &at,
        label,
        "is no label",
        "name the label that the queries are grouped by, such as `route`",
    )
}

/// A source that is given must be whole; without any the caller hands in counts by itself.
pub(super) fn check(raw: &raw::Metric, field: &Field, kind: &Kind) -> Result<(), Error> {
    let arms = [("canary", &raw.canary), ("stable", &raw.stable)];
    for (arm, source) in arms.iter().filter_map(|(arm, source)| Some((*arm, source.as_ref()?))) {
        require(
            arm == "canary" || kind.compares(),
            &field.at(arm),
            kind.as_str(),
            "looks at the canary alone",
            "take `stable` out",
        )?;
        for (name, need, set) in parts(source, kind) {
            let at = || field.at(&format!("{arm}.{name}"));
            if need == Need::Must && !set {
                return Err(Error::Missing { field: at(), remedy: "write the query for it" });
            }
            require(
                need != Need::Foreign || !set,
                &at(),
                name,
                "is of another kind of metric",
                "take it out, or change `kind`",
            )?;
        }
    }
    let half = kind.compares() && raw.canary.is_some() != raw.stable.is_some();
    let missing = if raw.canary.is_some() { "stable" } else { "canary" };
    if half {
        return Err(Error::Missing {
            field: field.at(missing),
            remedy: "both arms are compared, so both need queries",
        });
    }
    Ok(())
}

/// What a query is to a kind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Must,
    May,
    Foreign,
}

/// Each query, whether the kind needs it, and whether it is there.
fn parts(source: &Source, kind: &Kind) -> [(&'static str, Need, bool); 6] {
    let must = |needed: bool| if needed { Need::Must } else { Need::Foreign };
    let shares = matches!(
        kind,
        Kind::Proportion | Kind::BurnRate { .. } | Kind::Limit { model: Model::Bernoulli, .. }
    );
    let events = matches!(kind, Kind::Rate | Kind::Limit { model: Model::Poisson, .. });
    let latency = matches!(kind, Kind::Latency { .. });
    let total = if latency { Need::May } else { must(shares) };
    [
        ("bad", must(shares), source.bad.is_some()),
        ("total", total, source.total.is_some()),
        ("count", must(events), source.count.is_some()),
        ("exposure", must(events), source.exposure.is_some()),
        ("buckets", must(latency), source.buckets.is_some()),
        ("value", must(matches!(kind, Kind::Gauge { .. })), source.value.is_some()),
    ]
}
