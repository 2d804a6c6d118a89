//! What a canary config of Kayenta asks of one metric: which deviations count, how large, and what of missing data.

use super::{Classification, Direction, Leaning, Options, alike, common_language, leaning, without_outliers};

/// How one metric is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// Which deviations count.
    pub direction: Direction,
    /// What becomes of readings that are no numbers.
    pub gaps: Gaps,
    /// Whether a deviation of it may fail the whole canary.
    pub critical: bool,
    /// Whether it fails without data.
    pub must_have_data: bool,
    /// How large a deviation must be.
    pub effect: Effect,
    /// Samples so many interquartile ranges outside of the quartiles are left out; none if all are kept.
    pub outliers: Option<f64>,
}

/// What becomes of readings that are no numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gaps {
    /// They are left out.
    Remove,
    /// They are zeros.
    Replace,
}

/// How large a deviation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// The canary's mean over the baseline's; not known when either is zero.
    MeanRatio,
    /// The chance that a sample of the canary is above one of the baseline, ties counting half.
    CommonLanguage,
}

/// How large a deviation must be, by a measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// By what it is measured.
    pub measure: Measure,
    /// From where on a significant deviation counts.
    pub allowed: Limits,
    /// From where on that of a critical metric fails the canary.
    pub critical: Limits,
}

/// Values of a measure from which on, upwards and downwards, something follows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// At least so much.
    pub increase: f64,
    /// At most so much.
    pub decrease: f64,
}

impl Effect {
    /// That of a config which names the measure alone: every significant deviation is large enough.
    #[must_use]
    pub const fn of(measure: Measure) -> Self {
        let neutral = match measure {
            Measure::MeanRatio => 1.0,
            Measure::CommonLanguage => 0.5,
        };
        let limits = Limits { increase: neutral, decrease: neutral };
        Self { measure, allowed: limits, critical: limits }
    }
}

impl Limits {
    /// Whether a deviation reaches them. One that could not be measured does.
    fn reached(self, leaning: Leaning, effect: Option<f64>) -> bool {
        effect.is_none_or(|effect| match leaning {
            Leaning::Higher => effect >= self.increase,
            Leaning::Lower => effect <= self.decrease,
        })
    }
}

impl Default for Rules {
    /// Those of a metric of which a config says nothing.
    fn default() -> Self {
        Self {
            direction: Direction::Either,
            gaps: Gaps::Remove,
            critical: false,
            must_have_data: false,
            effect: Effect::of(Measure::MeanRatio),
            outliers: None,
        }
    }
}

/// What was found of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finding {
    /// What it is.
    pub class: Classification,
    /// Whether it fails the whole canary.
    pub critical: bool,
    /// Where the canary lies, significantly, whether that counts or not: `Increase` above the baseline.
    pub leaning: Option<Direction>,
    /// How large the difference is by the measure of the rules; none where it cannot be told.
    pub effect: Option<f64>,
    /// Which rule decided the class.
    pub because: Because,
    /// Samples of the canary and of the baseline that were compared.
    pub samples: [usize; 2],
    /// Those that were left out as outliers.
    pub outliers: [usize; 2],
}

/// Which rule decided a metric's class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// An arm has no sample.
    NoSamples,
    /// Both arms hold the same samples.
    Alike,
    /// The interval of the shift is not far enough from zero.
    NotSignificant,
    /// It is significantly higher or lower, and deviations of this direction do not count.
    Direction,
    /// It is significantly higher or lower, but by less than what is allowed.
    Allowed,
    /// It is significantly higher or lower, and by what counts.
    Deviates,
}

/// Judges the canary's readings against the baseline's; those that are no finite numbers are gaps.
///
/// ```
/// use aviary_judge::classic::{Classification, Effect, Limits, Measure, Rules, find};
///
/// let baseline: Vec<f64> = (0..20).map(f64::from).collect();
/// let canary: Vec<f64> = (20..40).map(f64::from).collect();
/// let rules = Rules { critical: true, ..Rules::default() };
/// let found = find(&canary, &baseline, &rules);
/// assert_eq!((found.class, found.critical), (Classification::High, true));
///
/// // Three times as much is fine, and so nothing is critical.
/// let allowed = Limits { increase: 4.0, decrease: 0.2 };
/// let effect = Effect { allowed, ..Effect::of(Measure::MeanRatio) };
/// assert_eq!(find(&canary, &baseline, &Rules { effect, ..rules }).class, Classification::Pass);
/// ```
#[must_use]
pub fn find(canary: &[f64], baseline: &[f64], rules: &Rules) -> Finding {
    let (mut canary, canary_outliers) = samples(canary, rules);
    let (mut baseline, baseline_outliers) = samples(baseline, rules);
    let finding = Finding {
        class: Classification::Pass,
        critical: false,
        leaning: None,
        effect: None,
        because: Because::NoSamples,
        samples: [canary.len(), baseline.len()],
        outliers: [canary_outliers, baseline_outliers],
    };
    if canary.is_empty() || baseline.is_empty() {
        // Where gaps are zeros, an arm without even a gap says that nothing happened.
        return match (rules.gaps, rules.must_have_data && !rules.critical) {
            (Gaps::Replace, _) => finding,
            (Gaps::Remove, true) => Finding { class: Classification::NoDataFails, ..finding },
            (Gaps::Remove, false) => {
                Finding { class: Classification::NoData, critical: rules.critical, ..finding }
            }
        };
    }
    let finding = Finding { effect: measured(rules.effect.measure, &canary, &baseline), ..finding };
    if alike(&canary, &baseline) {
        return Finding { because: Because::Alike, ..finding };
    }
    let Options { confidence, tolerance, .. } = Options::default();
    match leaning(&mut canary, &mut baseline, confidence, tolerance) {
        None => Finding { because: Because::NotSignificant, ..finding },
        Some(leaning) => weighed(leaning, finding, rules),
    }
}

/// What becomes of a significant difference.
fn weighed(leaning: Leaning, finding: Finding, rules: &Rules) -> Finding {
    let (class, direction) = match leaning {
        Leaning::Higher => (Classification::High, Direction::Increase),
        Leaning::Lower => (Classification::Low, Direction::Decrease),
    };
    let finding = Finding { leaning: Some(direction), ..finding };
    if rules.direction != Direction::Either && rules.direction != direction {
        Finding { because: Because::Direction, ..finding }
    } else if !rules.effect.allowed.reached(leaning, finding.effect) {
        Finding { because: Because::Allowed, ..finding }
    } else {
        let critical = rules.critical && rules.effect.critical.reached(leaning, finding.effect);
        Finding { class, critical, because: Because::Deviates, ..finding }
    }
}

/// The readings that are compared, sorted, and how many were outliers.
fn samples(readings: &[f64], rules: &Rules) -> (Vec<f64>, usize) {
    let filled = readings.iter().map(|reading| match rules.gaps {
        Gaps::Replace if !reading.is_finite() => 0.0,
        _ => *reading,
    });
    let all = super::finite(&filled.collect::<Vec<_>>());
    match rules.outliers {
        Some(factor) => {
            let kept = without_outliers(&all, factor);
            let left_out = all.len() - kept.len();
            (kept, left_out)
        }
        None => (all, 0),
    }
}

fn measured(measure: Measure, canary: &[f64], baseline: &[f64]) -> Option<f64> {
    let effect = match measure {
        Measure::CommonLanguage => common_language(canary, baseline),
        Measure::MeanRatio => {
            let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
            let (canary, baseline) = (mean(canary), mean(baseline));
            if canary == 0.0 || baseline == 0.0 {
                return None;
            }
            canary / baseline
        }
    };
    effect.is_finite().then_some(effect)
}

#[cfg(test)]
mod tests;
