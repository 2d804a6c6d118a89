//! What is told of AnalysisRuns and of templates (spec controller-binary 4.2).

use crd::{AnalysisPhase, AnalysisRun, AnalysisTemplate, Metric};
use rollout::analysis::is_dry_run;

use super::info::{Row, Series, Table};
use crate::cache::Objects;

pub(super) const TABLE: Table = &[
    Row {
        name: "analysis_run_info",
        help: "Every AnalysisRun",
        labels: &["namespace", "name", "phase"],
        series: info,
    },
    Row {
        name: "analysis_run_phase",
        help: "Deprecated, see analysis_run_info: 1 for the phase of each AnalysisRun, 0 for the others",
        labels: &["namespace", "name", "phase"],
        series: phases,
    },
    Row {
        name: "analysis_run_metric_type",
        help: "Every metric of an AnalysisRun",
        labels: &["namespace", "name", "metric", "type"],
        series: metric_types,
    },
    Row {
        name: "analysis_run_metric_phase",
        help: "1 for the phase of each metric of an AnalysisRun, 0 for the others",
        labels: &["namespace", "name", "metric", "type", "dry_run", "phase"],
        series: metric_phases,
    },
    Row {
        name: "analysis_template_info",
        help: "Every AnalysisTemplate and ClusterAnalysisTemplate",
        labels: &["namespace", "name"],
        series: templates,
    },
    Row {
        name: "analysis_template_metric_info",
        help: "Every metric of a template",
        labels: &["namespace", "name", "type", "metric"],
        series: template_metrics,
    },
];

const PHASES: [AnalysisPhase; 6] = [
    AnalysisPhase::Pending,
    AnalysisPhase::Error,
    AnalysisPhase::Failed,
    AnalysisPhase::Successful,
    AnalysisPhase::Running,
    AnalysisPhase::Inconclusive,
];

/// The providers by their field, as these metrics call them.
const TYPES: [(&str, &str); 12] = [
    ("cloudWatch", "CloudWatch"),
    ("datadog", "Datadog"),
    ("graphite", "Graphite"),
    ("influxdb", "Influxdb"),
    ("job", "Job"),
    ("kayenta", "Kayenta"),
    ("newRelic", "NewRelic"),
    ("plugin", "RPCPlugin"),
    ("prometheus", "Prometheus"),
    ("skywalking", "skywalking"),
    ("wavefront", "Wavefront"),
    ("web", "Web"),
];

fn info(objects: &Objects, series: &mut Series<'_>) {
    for run in objects.analysis_runs.iter() {
        let phase = run.status.phase.map_or("", AnalysisPhase::as_str);
        series(&[&run.metadata.namespace, &run.metadata.name, phase], 1);
    }
}

fn phases(objects: &Objects, series: &mut Series<'_>) {
    for run in objects.analysis_runs.iter() {
        let current = run.status.phase.unwrap_or(AnalysisPhase::Pending);
        for phase in PHASES {
            let labels = [run.metadata.namespace.as_str(), &run.metadata.name, phase.as_str()];
            series(&labels, i32::from(phase == current));
        }
    }
}

fn metric_types(objects: &Objects, series: &mut Series<'_>) {
    for run in objects.analysis_runs.iter() {
        for metric in &run.spec.metrics {
            let meta = &run.metadata;
            series(&[&meta.namespace, &meta.name, &metric.name, provider(metric)], 1);
        }
    }
}

/// The metrics as they are stored, placeholders and all: one whose name holds a placeholder stays at `Pending`.
fn metric_phases(objects: &Objects, series: &mut Series<'_>) {
    for run in objects.analysis_runs.iter() {
        for metric in &run.spec.metrics {
            let (meta, dry_run) = (&run.metadata, dry_run(run, metric));
            let current = current_phase(run, metric);
            for phase in PHASES {
                let labels =
                    [&meta.namespace, &meta.name, &metric.name, provider(metric), dry_run, phase.as_str()];
                series(&labels, i32::from(phase == current));
            }
        }
    }
}

fn current_phase(run: &AnalysisRun, metric: &Metric) -> AnalysisPhase {
    let result = run.status.metric_results.iter().find(|result| result.name == metric.name);
    result.and_then(|result| result.phase).unwrap_or(AnalysisPhase::Pending)
}

fn dry_run(run: &AnalysisRun, metric: &Metric) -> &'static str {
    if is_dry_run(run, &metric.name) { "true" } else { "false" }
}

fn templates(objects: &Objects, series: &mut Series<'_>) {
    for template in all_templates(objects) {
        series(&[&template.metadata.namespace, &template.metadata.name], 1);
    }
}

fn template_metrics(objects: &Objects, series: &mut Series<'_>) {
    for template in all_templates(objects) {
        for metric in &template.spec.metrics {
            let meta = &template.metadata;
            series(&[&meta.namespace, &meta.name, provider(metric), &metric.name], 1);
        }
    }
}

fn all_templates(objects: &Objects) -> impl Iterator<Item = &AnalysisTemplate> {
    let all = objects.analysis_templates.iter().chain(objects.cluster_analysis_templates.iter());
    all.map(AsRef::as_ref)
}

fn provider(metric: &Metric) -> &'static str {
    let known = TYPES.iter().find(|(field, _)| metric.provider.contains_key(*field));
    known.map_or("Unknown Provider", |(_, name)| name)
}
