//! AnalysisRuns on the real control plane: how late they measure, alone and beside some whose metric system hangs.

use super::{Bench, Measure, Wanted, shipped};
use crate::Failure;

pub(super) const BENCH: Bench = Bench {
    name: "analyses",
    about: "1,000 AnalysisRuns with three metrics every ten seconds on the real control plane, then 100 more that hang",
    measure: Measure::Report(measure),
};

fn measure(_wanted: &Wanted<'_>) -> Result<String, Failure> {
    shipped::measure(&["analyses"])
}
