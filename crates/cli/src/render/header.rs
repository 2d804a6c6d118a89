//! The lines above the tree (spec cli-get-tree 1).

use super::table::padded;
use super::{Paint, icon};
use crate::info::Strategy;
use crate::info::experiment::ExperimentInfo;
use crate::info::images::Images;
use crate::info::rollout::RolloutInfo;

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

pub(crate) fn experiment(info: &ExperimentInfo, paint: Paint) -> String {
    let mut lines = Lines { text: String::new(), paint };
    let status = info.status.as_str();
    lines.head(&info.name, &info.namespace, (icon::analysis(status), status), &info.message);
    lines.images(&info.images());
    lines.text
}
