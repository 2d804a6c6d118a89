//! A GitHub Actions workflow, as far as it concerns a release.

use crd::yaml::{Document, Position};
use serde_json::Value;

use crate::bundle::{Bundle, Source};
use crate::finding::Place;
use crate::scan::{self, Command};

/// A workflow file.
#[derive(Debug)]
pub(crate) struct Workflow {
    pub(crate) source: usize,
    pub(crate) document: Document,
}

/// A job of a workflow.
pub(crate) struct Job<'w> {
    pub(crate) workflow: &'w Workflow,
    pub(crate) id: &'w str,
    pub(crate) value: &'w Value,
    pub(crate) steps: Vec<Step<'w>>,
}

/// A step of a job.
pub(crate) struct Step<'w> {
    pub(crate) workflow: &'w Workflow,
    pub(crate) pointer: String,
    pub(crate) value: &'w Value,
}

impl Workflow {
    pub(crate) fn looks_like(value: &Value) -> bool {
        value.get("jobs").is_some_and(Value::is_object)
            && (value.get("on").is_some() || value.get("true").is_some())
    }

    pub(crate) fn new(source: usize, document: Document) -> Self {
        Self { source, document }
    }

    pub(crate) fn jobs(&self) -> Vec<Job<'_>> {
        let jobs = self.document.value.get("jobs").and_then(Value::as_object);
        jobs.into_iter()
            .flatten()
            .map(|(id, value)| {
                let list = value.get("steps").and_then(Value::as_array);
                let steps = list.into_iter().flatten().enumerate();
                let steps = steps.map(|(index, value)| Step {
                    workflow: self,
                    pointer: format!("/jobs/{id}/steps/{index}"),
                    value,
                });
                Job { workflow: self, id, value, steps: steps.collect() }
            })
            .collect()
    }

    pub(crate) fn place(&self, bundle: &Bundle, pointer: &str) -> Place {
        bundle.place(self.source, self.document.position_of(pointer))
    }
}

impl<'w> Job<'w> {
    pub(crate) fn place(&self, bundle: &Bundle) -> Place {
        self.workflow.place(bundle, &format!("/jobs/{}", self.id))
    }

    /// Every command of every step, with its step.
    pub(crate) fn commands(&self) -> Vec<(&Step<'w>, Command)> {
        self.steps.iter().flat_map(|step| step.commands().into_iter().map(move |one| (step, one))).collect()
    }

    /// Whether a step uses an action whose name begins like this.
    pub(crate) fn uses(&self, action: &str) -> bool {
        self.steps.iter().any(|step| step.uses().is_some_and(|uses| uses.starts_with(action)))
    }
}

impl<'w> Step<'w> {
    pub(crate) fn uses(&self) -> Option<&'w str> {
        self.value.get("uses")?.as_str()
    }

    pub(crate) fn run(&self) -> Option<&'w str> {
        self.value.get("run")?.as_str()
    }

    /// The condition under which it runs.
    pub(crate) fn condition(&self) -> &'w str {
        self.value.get("if").and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn commands(&self) -> Vec<Command> {
        self.run().map(scan::commands).unwrap_or_default()
    }

    /// The value of an environment variable of the step.
    pub(crate) fn env(&self, name: &str) -> Option<&'w str> {
        self.value.get("env")?.get(name)?.as_str()
    }

    /// The text with `$NAME` and `${NAME}` replaced by what the step's environment says.
    pub(crate) fn expanded(&self, text: &str) -> String {
        let mut expanded = text.to_owned();
        let env = self.value.get("env").and_then(Value::as_object);
        for name in env.into_iter().flatten().map(|(name, _)| name) {
            if let Some(value) = self.env(name) {
                expanded =
                    expanded.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value);
            }
        }
        expanded
    }

    /// Where a line of its script stands.
    pub(crate) fn line(&self, bundle: &Bundle, line: usize) -> Place {
        let at = self.workflow.document.position_of(&format!("{}/run", self.pointer));
        let Some(source) = bundle.sources.get(self.workflow.source) else {
            return bundle.place(self.workflow.source, at);
        };
        let position = if is_block(source, at) { inside(source, at, line) } else { at };
        bundle.place(self.workflow.source, position)
    }

    pub(crate) fn place(&self, bundle: &Bundle, field: &str) -> Place {
        self.workflow.place(bundle, &format!("{}/{field}", self.pointer))
    }
}

fn is_block(source: &Source, at: Position) -> bool {
    let rest = source.line(at.line).trim_end();
    rest.trim_end_matches(['+', '-']).ends_with(['|', '>'])
}

fn inside(source: &Source, at: Position, line: usize) -> Position {
    let number = at.line + 1 + line;
    let text = source.line(number);
    Position { line: number, column: text.chars().count() - text.trim_start().chars().count() + 1 }
}
