//! Quantiles of a histogram, for display.

use super::{Interval, proportion};

/// Between which bucket edges the `q`-quantile of a histogram lies, at all times with confidence `1 - alpha`
/// (judge 2.6).
///
/// `edges` are the upper ends of all buckets but the last, ascending; `counts` are per bucket, one more than edges.
/// The interval begins at zero and ends at infinity where the histogram does not say more. `None` without any count.
#[must_use]
pub fn quantile(edges: &[f64], counts: &[f64], q: f64, alpha: f64) -> Option<Interval> {
    let total: f64 = counts.iter().sum();
    if total <= 0.0 {
        return None;
    }
    let mut slower = total;
    let (mut low, mut high) = (None, None);
    let mut before = 0.0;
    for (edge, count) in edges.iter().zip(counts) {
        slower -= count;
        // In terms of what is slower than the edge, because that is the small number.
        let slow = proportion(total, slower.max(0.0), alpha);
        // The quantile lies above the edge as long as certainly more than 1 - q are slower.
        if low.is_none() && slow.low <= 1.0 - q {
            low = Some(before);
        }
        if high.is_none() && slow.high <= 1.0 - q {
            high = Some(*edge);
        }
        before = *edge;
    }
    Some(Interval { low: low.unwrap_or(before), high: high.unwrap_or(f64::INFINITY) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_lies_between_the_edges_that_the_counts_prove() {
        let edges = [0.1, 0.2, 0.5];
        assert_eq!(quantile(&edges, &[0.0; 4], 0.5, 0.05), None);
        let clear = quantile(&edges, &[100.0, 9000.0, 100.0, 10.0], 0.5, 0.05);
        assert_eq!(clear, Some(Interval { low: 0.1, high: 0.2 }));
        let open = quantile(&edges, &[5.0, 5.0, 5.0, 5.0], 0.99, 0.05).unwrap();
        assert!(open.high.is_infinite());
    }
}
