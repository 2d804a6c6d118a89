//! What a header names: whose figures, and what of them.

use crate::Error;

/// The column that is no metric's.
pub(super) const WEIGHT: &str = "weight";

/// One column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// As it is written.
    pub(super) title: String,
    pub(super) metric: String,
    /// What stands in brackets behind the metric; empty without.
    pub(super) stratum: String,
    pub(super) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum What {
    Bad,
    Total,
    Count,
    Exposure,
    Value,
    /// A bucket of a histogram, up to this bound.
    UpTo(f64),
}

impl What {
    /// Whether it counts, and so may be a counter.
    pub(super) const fn counts(self) -> bool {
        !matches!(self, Self::Value)
    }

    /// Whether it counts all that there was.
    pub(super) const fn counts_all(self) -> bool {
        match self {
            Self::Total | Self::Exposure => true,
            Self::UpTo(bound) => bound.is_infinite(),
            Self::Bad | Self::Count | Self::Value => false,
        }
    }
}

impl Column {
    /// `METRIC.WHAT`, `METRIC[STRATUM].WHAT`, or `WHAT` of errors.
    pub(super) fn read(title: &str) -> Option<Self> {
        let (metric, stratum, what) = match title.split_once('[') {
            Some((metric, rest)) => {
                let (stratum, what) = rest.rsplit_once("].")?;
                (metric, stratum, what)
            }
            None => {
                let (metric, what) = title.split_once('.').unwrap_or(("errors", title));
                (metric, "", what)
            }
        };
        let what = match what {
            "bad" => What::Bad,
            "total" => What::Total,
            "count" => What::Count,
            "exposure" => What::Exposure,
            "value" => What::Value,
            bucket => {
                What::UpTo(bucket.strip_prefix("le_")?.parse().ok().filter(|bound: &f64| !bound.is_nan())?)
            }
        };
        let (title, metric, stratum) = (title.to_owned(), metric.to_owned(), stratum.to_owned());
        Some(Self { title, metric, stratum, what })
    }

    /// Whether both say the same, however they are written.
    pub(super) fn same(&self, other: &Self) -> bool {
        (&self.metric, &self.stratum, self.what) == (&other.metric, &other.stratum, other.what)
    }
}

/// What a metric's columns are.
pub(super) enum Shape {
    /// Two columns: bad or events, and all or exposure.
    Counts(What, What),
    Value,
    Histogram(Vec<f64>),
}

impl Shape {
    /// What these columns of a metric make, in one stratum.
    pub(super) fn of(metric: &str, columns: &[What]) -> Result<Self, Error> {
        match columns {
            [What::Bad, What::Total] | [What::Total, What::Bad] => Ok(Self::Counts(What::Bad, What::Total)),
            [What::Count, What::Exposure] | [What::Exposure, What::Count] => {
                Ok(Self::Counts(What::Count, What::Exposure))
            }
            [What::Value] => Ok(Self::Value),
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
                        Ok(Self::Histogram(bounds))
                    }
                    _ => Err(shapeless(metric, columns)),
                }
            }
        }
    }
}

/// The columns make no metric: what is missing, where that can be told.
fn shapeless(metric: &str, columns: &[What]) -> Error {
    let buckets = |columns: &[What]| columns.iter().all(|what| matches!(what, What::UpTo(_)));
    let why = match columns {
        [What::Bad] => "`total` is missing beside `bad`",
        [What::Total] => "`bad` is missing beside `total`",
        [What::Count] => "`exposure` is missing beside `count`",
        [What::Exposure] => "`count` is missing beside `exposure`",
        columns if !buckets(columns) => "they are more than one",
        columns if !columns.contains(&What::UpTo(f64::INFINITY)) => {
            "`le_inf`, which counts all, is missing at the end"
        }
        [_] => "a bound such as `le_0.1` is missing before `le_inf`",
        _ => "the bounds do not ascend",
    };
    Error::new(format!(
        "the columns of `{metric}` make no metric: {why}; a metric takes bad and total, count and exposure, value, or \
         le_BOUND in ascending order with le_inf at the end"
    ))
}
