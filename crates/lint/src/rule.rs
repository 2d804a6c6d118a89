//! What a rule is, and the table of them.

use crate::bundle::{Bundle, Object};
use crate::finding::{Edit, Finding, Place, Severity};
use crate::{pages, rules};
use crd::yaml::Position;

/// One rule: a file in `rules`, a page beside it, a row here.
pub struct Rule {
    /// How it is called.
    pub id: &'static str,
    /// What its findings are unless it says otherwise.
    pub severity: Severity,
    /// What it looks for, in a line.
    pub about: &'static str,
    pub(crate) check: fn(&Bundle, &mut Sink<'_>),
}

impl Rule {
    /// Its page, in Markdown.
    pub fn page(&self) -> &'static str {
        pages::text(self.id)
    }

    /// The rule of that id.
    pub fn named(id: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.id == id)
    }
}

/// Every rule, in the order in which they look.
pub static RULES: &[Rule] = rules::RULES;

/// Where a rule puts what it found.
pub(crate) struct Sink<'a> {
    pub(crate) rule: &'static Rule,
    pub(crate) bundle: &'a Bundle,
    pub(crate) findings: &'a mut Vec<Finding>,
}

/// What a rule has to say, before it is put somewhere.
pub(crate) struct Draft {
    pub(crate) severity: Option<Severity>,
    pub(crate) message: String,
    pub(crate) remedy: String,
    pub(crate) fix: Vec<Edit>,
}

/// What is wrong and what comes of it; what to do about it.
pub(crate) fn draft(message: impl Into<String>, remedy: impl Into<String>) -> Draft {
    Draft { severity: None, message: message.into(), remedy: remedy.into(), fix: Vec::new() }
}

impl Draft {
    pub(crate) fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    pub(crate) fn fix(mut self, edit: Edit) -> Self {
        self.fix.push(edit);
        self
    }
}

impl Sink<'_> {
    /// At what a JSON pointer names in an object.
    pub(crate) fn at(&mut self, object: &Object, pointer: &str, draft: Draft) {
        let place = self.bundle.place(object.source, object.document.position_of(pointer));
        self.push(place, object.title(), path(pointer), draft);
    }

    /// At a place inside of what a JSON pointer names.
    pub(crate) fn inside(&mut self, object: &Object, pointer: &str, position: Position, draft: Draft) {
        let place = self.bundle.place(object.source, position);
        self.push(place, object.title(), path(pointer), draft);
    }

    /// Anywhere in a file.
    pub(crate) fn anywhere(&mut self, place: Place, draft: Draft) {
        self.push(place, String::new(), String::new(), draft);
    }

    fn push(&mut self, place: Place, object: String, field: String, draft: Draft) {
        self.findings.push(Finding {
            rule: self.rule.id,
            severity: draft.severity.unwrap_or(self.rule.severity),
            place,
            object,
            field,
            message: draft.message,
            remedy: draft.remedy,
            page: pages::link(self.rule.id),
            fix: draft.fix,
        });
    }
}

/// A JSON pointer as people write paths: `spec.steps[0].setWeight`.
pub(crate) fn path(pointer: &str) -> String {
    let mut path = String::new();
    for segment in pointer.split('/').skip(1) {
        let segment = segment.replace("~1", "/").replace("~0", "~");
        if segment.parse::<usize>().is_ok() {
            path.extend(["[", &segment, "]"]);
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&segment);
        }
    }
    path
}
