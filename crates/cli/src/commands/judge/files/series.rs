//! Each metric as a list of numbers, one a window: what a test of ranks looks at.

use super::Arms;
use super::columns::{Shape, What};
use super::table::{Cell, Rows};

/// The quantile that stands for a histogram.
const QUANTILE: f64 = 0.99;

/// A metric's numbers in both arms, each in its own order of time.
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) canary: Vec<f64>,
    pub(crate) stable: Vec<f64>,
}

impl Arms {
    /// Shares of bad ones, events for each exposure, gauges as they are, and the p99 of a histogram. A window without
    /// exposure has no number, and neither has one without a reading.
    pub(in crate::commands::judge) fn series(&self) -> Vec<Series> {
        let mut series = self.readings();
        for Series { canary, stable, .. } in &mut series {
            canary.retain(|number| number.is_finite());
            stable.retain(|number| number.is_finite());
        }
        series
    }

    /// The same with NaN for windows without a number. One in which a counter fell is left out: something happened in
    /// it, and nobody knows how much.
    pub(in crate::commands::judge) fn readings(&self) -> Vec<Series> {
        let series = |name: &str| {
            let shape = self.shape(name).ok()?;
            let fell = |row: &[Cell]| {
                let mut own = self.columns.iter().zip(row).filter(|(column, _)| column.metric == name);
                own.any(|(_, cell)| *cell == Cell::Fell)
            };
            let numbers = |rows: &Rows| {
                let known = rows.values().filter(|row| !fell(row));
                known.map(|row| self.number(name, &shape, row).unwrap_or(f64::NAN)).collect()
            };
            let (canary, stable) = (numbers(&self.canary), numbers(&self.stable));
            Some(Series { name: name.to_owned(), canary, stable })
        };
        self.metrics().into_iter().filter_map(series).collect()
    }

    /// A metric in a window, all strata together.
    fn number(&self, metric: &str, shape: &Shape, row: &[Cell]) -> Option<f64> {
        let own = self.columns.iter().zip(row).filter(|(column, _)| column.metric == metric);
        let own: Vec<(What, f64)> =
            own.map(|(column, cell)| Some((column.what, cell.figure()?))).collect::<Option<_>>()?;
        let sum =
            |what: What| own.iter().filter(|(of, _)| *of == what).map(|(_, figure)| figure).sum::<f64>();
        let number = match shape {
            Shape::Counts(bad, all) => sum(*bad) / sum(*all),
            Shape::Value => sum(What::Value),
            Shape::Histogram(bounds) => {
                let counts: Vec<f64> = own.iter().map(|(_, figure)| *figure).collect();
                quantile(bounds, &counts)?
            }
        };
        number.is_finite().then_some(number)
    }
}

/// As `histogram_quantile` of Prometheus: evenly within its bucket, and the last bound where it lies above that.
fn quantile(bounds: &[f64], upto: &[f64]) -> Option<f64> {
    let all = *upto.last()?;
    let rank = QUANTILE * all;
    let at = upto.iter().position(|count| *count >= rank).filter(|_| all > 0.0)?;
    let edge = |at: usize| bounds.get(at).copied().filter(|bound| bound.is_finite());
    let before = at.checked_sub(1);
    let (low, below) = before.map_or(Some((0.0, 0.0)), |before| Some((edge(before)?, *upto.get(before)?)))?;
    let Some(high) = edge(at) else { return Some(low) };
    let inside = upto.get(at)? - below;
    Some(if inside > 0.0 { low + (high - low) * (rank - below) / inside } else { high })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_lies_evenly_within_its_bucket() {
        let bounds = [0.1, 0.5, f64::INFINITY];
        assert_eq!(quantile(&bounds, &[99.0, 100.0, 100.0]), Some(0.1));
        assert_eq!(quantile(&bounds, &[98.5, 99.5, 100.0]).map(|it| (it * 1e6).round()), Some(3e5));
        assert_eq!(quantile(&bounds, &[0.0, 10.0, 100.0]), Some(0.5));
        assert_eq!(quantile(&bounds, &[0.0, 0.0, 0.0]), None);
    }
}
