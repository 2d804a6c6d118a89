//! The tree of what belongs to a Rollout or an Experiment (spec cli-get-tree 1.1).

use jiff::Timestamp;

use super::{Paint, duration, icon, table};
use crate::info::analysis_run::{AnalysisRunInfo, Comparison, JobInfo};
use crate::info::experiment::ExperimentInfo;
use crate::info::pod::PodInfo;
use crate::info::replica_set::ReplicaSetInfo;
use crate::info::rollout::RolloutInfo;

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// What the specification says.
    Normal,
    /// Also hash, pods and images of ReplicaSets, nodes of pods, and the figures of comparisons.
    Wide,
}

/// One row and what hangs below it.
struct Node {
    /// Icon and name, kind, status, age, info.
    cells: [String; 5],
    children: Vec<Node>,
}

/// How a tree is drawn.
#[derive(Clone, Copy)]
pub(crate) struct View {
    pub(crate) paint: Paint,
    pub(crate) now: Timestamp,
    pub(crate) detail: Detail,
}

impl View {
    pub(crate) fn rollout(self, info: &RolloutInfo) -> String {
        let status = self.status(icon::rollout(&info.phase.word), &info.phase.word);
        let cells =
            [format!("⟳ {}", info.name), "Rollout".to_owned(), status, self.age(info.created), String::new()];
        let children = info.revisions().into_iter().map(|revision| self.revision(info, revision)).collect();
        table(&Node { cells, children })
    }

    pub(crate) fn experiment(self, info: &ExperimentInfo) -> String {
        table(&self.experiment_node(info))
    }

    fn revision(self, info: &RolloutInfo, revision: i64) -> Node {
        let sets = info.replica_sets.iter().filter(|set| set.revision == revision);
        let experiments = info.experiments.iter().filter(|experiment| experiment.revision == revision);
        let runs = info.analysis_runs.iter().filter(|run| run.revision == revision);
        let cells =
            [format!("# revision:{revision}"), String::new(), " ".to_owned(), String::new(), String::new()];
        let children = sets
            .map(|set| self.replica_set(set))
            .chain(experiments.map(|experiment| self.experiment_node(experiment)))
            .chain(runs.map(|run| self.analysis_run(run)))
            .collect();
        Node { cells, children }
    }

    fn replica_set(self, set: &ReplicaSetInfo) -> Node {
        let name = set.tags.iter().fold(set.name.clone(), |name, tag| self.paint.like_tag(tag, &name));
        let mut info: Vec<String> = set.tags.iter().map(|tag| self.paint.tag(tag)).collect();
        info.extend(set.delay(self.now).map(|delay| format!("delay:{delay}")));
        if self.detail == Detail::Wide {
            info.push(format!("hash:{}", set.hash));
            info.push(format!("available:{}/{}", set.available, set.replicas));
            info.extend(set.images.iter().map(|image| format!("image:{image}")));
        }
        let status = self.status(icon::replica_set(set.status), set.status);
        let cells =
            [format!("⧉ {name}"), "ReplicaSet".to_owned(), status, self.age(set.created), info.join(",")];
        Node { cells, children: set.pods.iter().map(|pod| self.pod(pod)).collect() }
    }

    fn pod(self, pod: &PodInfo) -> Node {
        let restarts = if pod.restarts > 0 { format!(",restarts:{}", pod.restarts) } else { String::new() };
        let node = if self.detail == Detail::Wide { format!(",node:{}", pod.node) } else { String::new() };
        let info = format!("ready:{}{restarts}{node}", pod.ready);
        let status = self.status(icon::pod(&pod.status), &pod.status);
        let cells = [format!("□ {}", pod.name), "Pod".to_owned(), status, self.age(pod.created), info];
        Node { cells, children: Vec::new() }
    }

    fn experiment_node(self, info: &ExperimentInfo) -> Node {
        let name = self.paint.name_in(&info.status, &info.name);
        let status = self.status(icon::analysis(&info.status), &info.status);
        let cells =
            [format!("Σ {name}"), "Experiment".to_owned(), status, self.age(info.created), String::new()];
        let sets = info.replica_sets.iter().map(|set| self.replica_set(set));
        Node {
            cells,
            children: sets.chain(info.analysis_runs.iter().map(|run| self.analysis_run(run))).collect(),
        }
    }

    fn analysis_run(self, run: &AnalysisRunInfo) -> Node {
        let counts = [("✔", run.successful), ("✖", run.failed), ("?", run.inconclusive), ("⚠", run.error)];
        let shown = counts.iter().filter(|(_, count)| *count > 0);
        let mut info: Vec<String> =
            shown.map(|(icon, count)| format!("{} {count}", self.paint.icon(icon))).collect();
        info.extend(run.comparisons.iter().map(|comparison| self.comparison(comparison)));
        let name = self.paint.name_in(&run.status, &run.name);
        let status = self.status(icon::analysis(&run.status), &run.status);
        let cells =
            [format!("α {name}"), "AnalysisRun".to_owned(), status, self.age(run.created), info.join(",")];
        Node { cells, children: run.jobs.iter().map(|job| self.job(job)).collect() }
    }

    fn comparison(self, comparison: &Comparison) -> String {
        let Comparison { metric, verdict, odds, value } = comparison;
        match self.detail {
            Detail::Wide if !value.is_empty() => format!("{metric}: {value}"),
            _ => format!("{metric}:{verdict},odds:{odds}"),
        }
    }

    fn job(self, job: &JobInfo) -> Node {
        let name = self.paint.name_in(&job.status, &job.name);
        let status = self.status(icon::analysis(&job.status), &job.status);
        let cells = [format!("⊞ {name}"), "Job".to_owned(), status, self.age(job.started), String::new()];
        Node { cells, children: Vec::new() }
    }

    fn status(self, icon: &str, word: &str) -> String {
        format!("{} {word}", self.paint.icon(icon))
    }

    fn age(self, since: Option<Timestamp>) -> String {
        duration::age(since, self.now)
    }
}

fn table(root: &Node) -> String {
    let header = ["NAME", "KIND", "STATUS", "AGE", "INFO"].map(str::to_owned);
    let mut rows = vec![header.to_vec(), root.cells.to_vec()];
    below(root, "", &mut rows);
    table::aligned(&rows)
}

fn below(node: &Node, prefix: &str, rows: &mut Vec<Vec<String>>) {
    let last = node.children.len().saturating_sub(1);
    for (at, child) in node.children.iter().enumerate() {
        let (own, inner) = if at == last { ("└──", "   ") } else { ("├──", "│  ") };
        let [name, rest @ ..] = &child.cells;
        let name = format!("{prefix}{own}{name}");
        rows.push(std::iter::once(name).chain(rest.iter().cloned()).collect());
        below(child, &format!("{prefix}{inner}"), rows);
    }
}
