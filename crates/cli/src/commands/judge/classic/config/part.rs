//! Parts of a config: each field is read with what it must be, and what is wrong is noted.

use std::collections::BTreeSet;

use judge::{Error as Mistake, Field};
use serde_json::{Map, Value as Json};

/// Characters of a stranger's text that are told.
const SHOWN: usize = 60;

/// What was noted so far.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) mistakes: Vec<Mistake>,
    /// Fields that nobody knows; those of a metric without the metric's name.
    pub(super) unknown: BTreeSet<String>,
}

/// An object of the config.
pub(super) struct Part<'a> {
    fields: &'a Map<String, Json>,
    pub(super) field: Field,
    /// The same place in any metric.
    everywhere: String,
}

impl<'a> Part<'a> {
    pub(super) fn of(value: &'a Json, field: Field, everywhere: &str, seen: &mut Seen) -> Option<Self> {
        let Json::Object(fields) = value else {
            seen.unreadable(field, value, "object", "write its fields as NAME: VALUE");
            return None;
        };
        Some(Self { fields, field, everywhere: everywhere.to_owned() })
    }

    /// A field that is there; `null` is none, as Kayenta has it.
    fn value(&self, name: &str) -> Option<&'a Json> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'a String> + use<'a> {
        self.fields.keys()
    }

    /// Notes fields other than these.
    pub(super) fn known(&self, known: &[&str], seen: &mut Seen) {
        let unknown = self.fields.keys().filter(|name| !known.contains(&name.as_str()));
        seen.unknown.extend(unknown.map(|name| self.place(name)));
    }

    fn place(&self, name: &str) -> String {
        let dot = if self.everywhere.is_empty() { "" } else { "." };
        format!("{}{dot}{}", self.everywhere, short(name))
    }

    pub(super) fn part(&self, name: &str, seen: &mut Seen) -> Option<Self> {
        Self::of(self.value(name)?, self.field.member(name), &self.place(name), seen)
    }

    pub(super) fn list(&self, name: &str, seen: &mut Seen) -> Option<&'a [Json]> {
        let value = self.value(name)?;
        let items = value.as_array().map(Vec::as_slice);
        if items.is_none() {
            seen.unreadable(
                self.field.member(name),
                value,
                "list",
                "write [...], or a line with `-` for each",
            );
        }
        items
    }

    pub(super) fn text(&self, name: &str, seen: &mut Seen) -> Option<&'a str> {
        let value = self.value(name)?;
        let text = value.as_str();
        if text.is_none() {
            seen.unreadable(self.field.member(name), value, "text", "write it in quotes");
        }
        text
    }

    /// Texts; of a list with something else in it those that are texts.
    pub(super) fn texts(&self, name: &str, seen: &mut Seen) -> Option<Vec<String>> {
        self.value(name)?;
        let field = self.field.member(name);
        let items = self.list(name, seen).unwrap_or_default();
        let text = |(at, item): (usize, &Json)| {
            let text = item.as_str().map(str::to_owned);
            if text.is_none() {
                seen.unreadable(field.item(at, &at.to_string()), item, "text", "write it in quotes");
            }
            text
        };
        Some(items.iter().enumerate().filter_map(text).collect())
    }

    /// A finite number, also one in quotes.
    pub(super) fn number(&self, name: &str, seen: &mut Seen) -> Option<f64> {
        let value = self.value(name)?;
        let number = match value {
            Json::String(text) => text.trim().parse().ok(),
            other => other.as_f64(),
        };
        let number = number.filter(|number: &f64| number.is_finite());
        if number.is_none() {
            seen.unreadable(self.field.member(name), value, "number", "write one such as 1.1");
        }
        number
    }

    pub(super) fn flag(&self, name: &str, seen: &mut Seen) -> Option<bool> {
        let value = self.value(name)?;
        let flag = match value {
            Json::String(text) => text.parse().ok(),
            other => other.as_bool(),
        };
        if flag.is_none() {
            seen.unreadable(self.field.member(name), value, "boolean", "write true or false");
        }
        flag
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(&self, name: &str, known: &[(&str, T)], seen: &mut Seen) -> Option<T> {
        let value = self.value(name)?;
        let found = value.as_str().and_then(|text| known.iter().find(|(word, _)| *word == text));
        if found.is_none() {
            let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            seen.unreadable(
                self.field.member(name),
                value,
                "such word",
                &format!("write one of {}", words.join(", ")),
            );
        }
        found.map(|(_, meant)| *meant)
    }

    /// Notes that the value of a field makes no sense.
    pub(super) fn refuse(&self, name: &str, why: &'static str, remedy: &'static str, seen: &mut Seen) {
        let value = self.value(name).map_or_else(String::new, shown);
        seen.mistakes.push(Mistake::Refused { field: self.field.member(name), value, why, remedy });
    }
}

impl Seen {
    fn unreadable(&mut self, field: Field, value: &Json, wanted: &'static str, remedy: &str) {
        let (value, remedy) = (shown(value), remedy.to_owned());
        self.mistakes.push(Mistake::Unreadable { field, value, wanted, remedy });
    }
}

/// What stands there, or what it is.
fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => short(text),
        Json::Array(_) => "[...]".to_owned(),
        Json::Object(_) => "{...}".to_owned(),
        plain => plain.to_string(),
    }
}

/// The beginning of what somebody wrote, without what would steer a terminal.
pub(in crate::commands::judge::classic) fn short(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(SHOWN).is_some() {
        short.push('…');
    }
    short
}
