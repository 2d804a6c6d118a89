//! Samples that lie far from the bulk of their arm.

/// The value up to which this part of sorted samples lies, evenly between neighbours (R's type 7, and what `NumPy`
/// calls linear); none without samples.
#[must_use]
pub fn percentile(sorted: &[f64], part: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = part.clamp(0.0, 1.0) * last as f64;
    let below = *sorted.get(place.floor() as usize)?;
    let above = *sorted.get(place.ceil() as usize)?;
    Some(below + (above - below) * place.fract())
}

/// The sorted samples without those beyond the fences: `factor` interquartile ranges outside of the quartiles, or the
/// 1st and the 99th percentile where those lie further out.
#[must_use]
pub fn without_outliers(sorted: &[f64], factor: f64) -> Vec<f64> {
    let at = |part| percentile(sorted, part);
    let (Some(first), Some(quarter), Some(three), Some(last)) = (at(0.01), at(0.25), at(0.75), at(0.99))
    else {
        return Vec::new();
    };
    let reach = factor * (three - quarter);
    let (low, high) = (first.min(quarter - reach), last.max(three + reach));
    // A fence that is no number keeps all.
    sorted.iter().copied().filter(|value| !(*value < low || *value > high)).collect()
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // what is kept is a sample as it was
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_numpy() {
        let samples = [0.3, 1.1, 1.7, 2.9, 4.2, 7.5, 9.9];
        for (part, wanted) in PERCENTILES {
            let found = percentile(&samples, part).unwrap();
            assert!((found - wanted).abs() < 1e-12, "{part}: {found} instead of {wanted}");
        }
        assert_eq!(percentile(&[], 0.5), None);
        assert_eq!(percentile(&[3.0], 0.99), Some(3.0));
    }

    /// `numpy.percentile(samples, [0, 1, 25, 40, 75, 99, 100])`.
    const PERCENTILES: [(f64, f64); 7] =
        [(0.0, 0.3), (0.01, 0.348), (0.25, 1.4), (0.4, 2.18), (0.75, 5.85), (0.99, 9.756), (1.0, 9.9)];

    #[test]
    fn what_lies_beyond_the_fences_goes_and_the_wider_fence_counts() {
        // Two hundred samples within 1 to 2, and one far off: it lies beyond the 99th percentile, too.
        let mut samples: Vec<f64> = (0..200).map(|at| 1.0 + f64::from(at) / 199.0).collect();
        samples.push(50.0);
        assert_eq!(without_outliers(&samples, 3.0), samples[..200]);
        // Among few samples the 99th percentile lies close to the far one. It goes all the same, as Kayenta has it.
        assert_eq!(without_outliers(&[1.0, 1.0, 1.0, 1.0, 9.0], 3.0), [1.0, 1.0, 1.0, 1.0]);
        // With a wide factor it stays, and so does the least, on its own percentile's fence.
        assert_eq!(without_outliers(&samples, 100.0), samples);
        assert_eq!(without_outliers(&[], 3.0), [0.0; 0]);
        assert_eq!(without_outliers(&[f64::MIN, 0.0, f64::MAX], 3.0).len(), 3);
    }

    #[test]
    fn a_percentile_further_out_than_the_quartiles_say_is_the_fence() {
        // Half a percent of the samples lie at 9, and the rest at 1: the quartiles would have all of them go.
        let mut samples = vec![1.0; 95];
        samples.extend([9.0; 5]);
        samples.push(20.0);
        assert_eq!(without_outliers(&samples, 3.0), samples[..100]);
    }
}
