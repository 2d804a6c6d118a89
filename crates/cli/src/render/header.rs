//! The lines above the tree (spec cli-get-tree 1).

use jiff::Timestamp;
use serde_json::Value as Json;

use super::table::padded;
use super::{Paint, duration, icon};
use crate::info::Strategy;
use crate::info::experiment::ExperimentInfo;
use crate::info::images::Images;
use crate::info::rollout::RolloutInfo;
use crate::json::Read as _;

const LABEL: usize = 17;

/// Lines of a label and a value.
struct Lines {
    text: String,
    paint: Paint,
}

impl Lines {
    fn line(&mut self, label: &str, value: &str) {
        self.text.push_str(&padded(label, LABEL));
        self.text.push_str(value);
        self.text.push('\n');
    }

    fn head(&mut self, name: &str, namespace: &str, (icon, status): (&str, &str), message: &str) {
        self.line("Name:", name);
        self.line("Namespace:", namespace);
        self.line("Status:", &format!("{} {status}", self.paint.icon(icon)));
        if !message.is_empty() {
            self.line("Message:", message);
        }
    }

    fn images(&mut self, images: &Images) {
        for (at, (image, tags)) in images.0.iter().enumerate() {
            let tags: Vec<String> = tags.iter().map(|tag| self.paint.tag(tag)).collect();
            let tags = if tags.is_empty() { String::new() } else { format!(" ({})", tags.join(", ")) };
            self.line(if at == 0 { "Images:" } else { "" }, &format!("{image}{tags}"));
        }
    }
}

pub(crate) fn rollout(info: &RolloutInfo, paint: Paint) -> String {
    let mut lines = Lines { text: String::new(), paint };
    let word = info.phase.word.as_str();
    lines.head(&info.name, &info.namespace, (icon::rollout(word), word), &info.phase.message);
    lines.line("Strategy:", info.strategy.word());
    if info.strategy == Strategy::Canary {
        lines.line("  Step:", &info.step);
        lines.line("  SetWeight:", &info.set_weight.to_string());
        lines.line("  ActualWeight:", &info.actual_weight.to_string());
    }
    lines.images(&info.images());
    lines.text.push_str("Replicas:\n");
    for (label, count) in [
        ("  Desired:", info.desired),
        ("  Current:", info.current),
        ("  Updated:", info.updated),
        ("  Ready:", info.ready),
        ("  Available:", info.available),
    ] {
        lines.line(label, &count.to_string());
    }
    lines.text
}

pub(crate) fn analysis_run(run: &Json, paint: Paint, now: Timestamp) -> String {
    let mut lines = Lines { text: String::new(), paint };
    let status = run.text("/status/phase");
    let head = (icon::analysis(status), if status.is_empty() { "Pending" } else { status });
    lines.head(run.name(), run.text("/metadata/namespace"), head, run.text("/status/message"));
    let owner = run.list("/metadata/ownerReferences").iter().next();
    if let Some(owner) = owner {
        lines.line("Of:", &format!("{} {}", owner.text("/kind"), owner.text("/name")));
    }
    for (label, field) in [("Started:", "/status/startedAt"), ("Completed:", "/status/completedAt")] {
        if let Some(at) = run.time(field) {
            lines.line(label, &format!("{} ago", duration::between(at, now)));
        }
    }
    lines.text
}

pub(crate) fn experiment(info: &ExperimentInfo, paint: Paint) -> String {
    let mut lines = Lines { text: String::new(), paint };
    let status = info.status.as_str();
    lines.head(&info.name, &info.namespace, (icon::analysis(status), status), &info.message);
    lines.images(&info.images());
    lines.text
}
