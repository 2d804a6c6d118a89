//! How large a difference is.

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The canary's mean over the baseline's: 1 when the baseline's is zero, no number when the canary's is, so that a
/// canary of zeros is never classified. (Kayenta of today asks for no effect then, and `rules` do as it does.) No number
/// without samples, like all of these.
#[must_use]
pub fn mean_ratio(canary: &[f64], baseline: &[f64]) -> f64 {
    let (canary, baseline) = (mean(canary), mean(baseline));
    if baseline == 0.0 {
        1.0
    } else if canary == 0.0 {
        f64::NAN
    } else {
        canary / baseline
    }
}

/// Cohen's d, without its sign: the difference of the means in pooled standard deviations.
#[must_use]
pub fn cohen_d(canary: &[f64], baseline: &[f64]) -> f64 {
    let squares = |values: &[f64]| {
        let mean = mean(values);
        values.iter().map(|value| (value - mean).powi(2)).sum::<f64>()
    };
    let freedom = (canary.len() + baseline.len()) as f64 - 2.0;
    let pooled = ((squares(canary) + squares(baseline)) / freedom).sqrt();
    let difference = (mean(canary) - mean(baseline)).abs();
    if difference == 0.0 { 0.0 } else { difference / pooled }
}

/// The chance that a sample of the canary is above one of the baseline, ties counting half.
#[must_use]
pub fn common_language(canary: &[f64], baseline: &[f64]) -> f64 {
    super::mann_whitney(canary, baseline).u / (canary.len() * baseline.len()) as f64
}
