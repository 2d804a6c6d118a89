//! What is told of Experiments (spec controller-binary 4.2).

use crd::{AnalysisPhase, Experiment};

use super::info::{Row, Series, Table};
use crate::cache::Objects;

pub(super) const TABLE: Table = &[
    Row {
        name: "experiment_info",
        help: "Every Experiment",
        labels: &["namespace", "name", "phase"],
        series: info,
    },
    Row {
        name: "experiment_phase",
        help: "Deprecated, see experiment_info: 1 for the phase of each Experiment, 0 for the others",
        labels: &["namespace", "name", "phase"],
        series: phases,
    },
];

fn phase(experiment: &Experiment) -> &'static str {
    experiment.status.phase.map_or("", AnalysisPhase::as_str)
}

fn info(objects: &Objects, series: &mut Series<'_>) {
    for experiment in objects.experiments.iter() {
        let meta = &experiment.metadata;
        series(&[&meta.namespace, &meta.name, phase(experiment)], 1);
    }
}

/// The peer has no series for `Failed`.
fn phases(objects: &Objects, series: &mut Series<'_>) {
    const PHASES: [&str; 5] = ["Pending", "Error", "Successful", "Running", "Inconclusive"];
    for experiment in objects.experiments.iter() {
        let (meta, current) = (&experiment.metadata, phase(experiment));
        let current = if current.is_empty() { "Pending" } else { current };
        for phase in PHASES {
            series(&[&meta.namespace, &meta.name, phase], i32::from(phase == current));
        }
    }
}
