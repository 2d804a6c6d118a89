//! Everything that concerns one release, read.

use crd::yaml::{self, Document, Position};
use crd::{AnalysisTemplate, Rollout};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::finding::Place;
use crate::pipeline::Workflow;
use crate::terraform::Terraform;

/// One file.
#[derive(Clone, Debug)]
pub struct Source {
    /// How it is called in findings, usually its path.
    pub name: String,
    /// What is in it.
    pub text: String,
    /// Whether somebody named it. Of a file that was met on the way through a directory, documents that are no
    /// Kubernetes objects are passed over.
    pub named: bool,
}

impl Source {
    /// A file that somebody named.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), named: true }
    }

    /// The same, met on the way through a directory.
    #[must_use]
    pub fn met(mut self) -> Self {
        self.named = false;
        self
    }

    pub(crate) fn line(&self, number: usize) -> &str {
        self.text.lines().nth(number.saturating_sub(1)).unwrap_or_default()
    }
}

/// A document that could not be read.
#[derive(Debug)]
pub(crate) struct Unread {
    pub(crate) source: usize,
    pub(crate) position: Position,
    pub(crate) why: Why,
}

/// Why a document could not be read.
#[derive(Debug)]
pub(crate) enum Why {
    /// Not YAML.
    Syntax(String),
    /// Not YAML, but for the Go template expression on the line; read without it.
    Template(String),
    /// Something else than a mapping.
    NotAMapping,
    /// A mapping without `kind`.
    NoKind,
}

/// A Kubernetes object.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) source: usize,
    pub(crate) document: Document,
    pub(crate) api_version: String,
    pub(crate) kind: String,
    /// Empty when it is not written: then the object goes where it is applied.
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl Object {
    pub(crate) fn value(&self) -> &Value {
        &self.document.value
    }

    /// The object as a type; `None` when it does not fit (other rules say so).
    pub(crate) fn typed<T: DeserializeOwned>(&self) -> Option<T> {
        T::deserialize(self.value()).ok()
    }

    pub(crate) fn is(&self, group: &str, kind: &str) -> bool {
        let written = self.api_version.split_once('/').map_or("", |(group, _)| group);
        written == group && self.kind == kind
    }

    /// As it is named in findings.
    pub(crate) fn title(&self) -> String {
        let namespace =
            if self.namespace.is_empty() { String::new() } else { format!("{}/", self.namespace) };
        format!("{} {namespace}{}", self.kind, self.name)
    }

    /// Whether something in the namespace of `other` reaches this object by its name alone.
    pub(crate) fn beside(&self, other: &Self) -> bool {
        self.namespace.is_empty() || other.namespace.is_empty() || self.namespace == other.namespace
    }
}

/// A Rollout with its document.
pub(crate) struct RolloutView<'b> {
    pub(crate) object: &'b Object,
    pub(crate) rollout: Rollout,
}

/// An AnalysisTemplate or ClusterAnalysisTemplate with its document.
pub(crate) struct TemplateView<'b> {
    pub(crate) object: &'b Object,
    pub(crate) template: AnalysisTemplate,
    pub(crate) cluster: bool,
}

/// Everything that concerns one release.
#[derive(Debug, Default)]
pub(crate) struct Bundle {
    pub(crate) sources: Vec<Source>,
    pub(crate) objects: Vec<Object>,
    pub(crate) workflows: Vec<Workflow>,
    pub(crate) terraform: Vec<Terraform>,
    pub(crate) unread: Vec<Unread>,
}

impl Bundle {
    pub(crate) fn read(sources: Vec<Source>) -> Self {
        let mut bundle = Self::default();
        for (index, source) in sources.iter().enumerate() {
            let extension = source.name.rsplit('.').next().unwrap_or_default();
            if extension == "tf" {
                match Terraform::read(index, &source.text) {
                    Ok(terraform) => bundle.terraform.push(terraform),
                    Err((position, why)) => {
                        bundle.unread.push(Unread { source: index, position, why: Why::Syntax(why) });
                    }
                }
            } else {
                bundle.read_yaml(index, source);
            }
        }
        bundle.sources = sources;
        bundle
    }

    fn read_yaml(&mut self, index: usize, source: &Source) {
        let mut documents = yaml::tolerant_documents(&source.text);
        if documents.iter().any(Result::is_err) && source.text.contains("{{") {
            // Templates keep their length, so that every position stays true.
            let (plain, expressions) = without_templates(&source.text);
            let again = yaml::tolerant_documents(&plain);
            if again.iter().all(Result::is_ok) {
                documents = again;
                self.unread.extend(expressions.into_iter().map(|(position, expression)| Unread {
                    source: index,
                    position,
                    why: Why::Template(expression),
                }));
            }
        }
        for document in documents {
            match document {
                Ok(document) => self.add(index, source, document),
                Err(error) => {
                    let (position, why) = yaml::told(&error);
                    let why = Why::Syntax(why);
                    self.unread.push(Unread { source: index, position, why });
                }
            }
        }
    }

    fn add(&mut self, index: usize, source: &Source, document: Document) {
        let text = |pointer: &str| {
            document.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let position = document.position_of("");
        if !document.value.is_object() {
            if source.named {
                self.unread.push(Unread { source: index, position, why: Why::NotAMapping });
            }
            return;
        }
        if Workflow::looks_like(&document.value) {
            return self.workflows.push(Workflow::new(index, document));
        }
        let kind = text("/kind");
        if kind.is_empty() {
            if source.named {
                self.unread.push(Unread { source: index, position, why: Why::NoKind });
            }
            return;
        }
        self.objects.push(Object {
            source: index,
            api_version: text("/apiVersion"),
            kind,
            namespace: text("/metadata/namespace"),
            name: text("/metadata/name"),
            document,
        });
    }

    pub(crate) fn place(&self, source: usize, position: Position) -> Place {
        let file = self.sources.get(source).map(|source| source.name.clone()).unwrap_or_default();
        Place { file, line: position.line, column: position.column.max(1) }
    }

    pub(crate) fn rollouts(&self) -> impl Iterator<Item = RolloutView<'_>> {
        let rollouts = self.objects.iter().filter(|object| object.is("argoproj.io", "Rollout"));
        rollouts.filter_map(|object| Some(RolloutView { object, rollout: object.typed()? }))
    }

    pub(crate) fn templates(&self) -> impl Iterator<Item = TemplateView<'_>> {
        self.objects.iter().filter_map(|object| {
            let cluster = object.is("argoproj.io", "ClusterAnalysisTemplate");
            if !cluster && !object.is("argoproj.io", "AnalysisTemplate") {
                return None;
            }
            Some(TemplateView { object, template: object.typed()?, cluster })
        })
    }

    pub(crate) fn of_kind<'b>(&'b self, group: &str, kind: &str) -> impl Iterator<Item = &'b Object> {
        let (group, kind) = (group.to_owned(), kind.to_owned());
        self.objects.iter().filter(move |object| object.is(&group, &kind))
    }
}

/// The text with every Go template expression replaced by as many letters, and where they stood.
fn without_templates(text: &str) -> (String, Vec<(Position, String)>) {
    let mut plain = String::with_capacity(text.len());
    let mut found = Vec::new();
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let mut rest = line;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((expression, tail)) = after.split_once("}}") else { break };
            plain.push_str(before);
            let column = line.chars().count() - rest.chars().count() + before.chars().count() + 1;
            found.push((Position { line: index + 1, column }, format!("{{{{{expression}}}}}")));
            // A line of its own is control flow, and no value.
            let alone = line.trim_start().starts_with("{{") && tail.trim().is_empty();
            plain.push(if alone { '#' } else { 'x' });
            plain.extend(std::iter::repeat_n('x', expression.chars().count() + 3));
            rest = tail;
        }
        plain.push_str(rest);
    }
    (plain, found)
}
