//! The members of a mapping, one by one; what is wrong with any of them is noted, and the others are read all the same.

use super::error::one_of;
use super::node::Node;
use super::scalar::Scalar;
use super::{Error, Field};

/// A mapping that is being read.
pub(super) struct Fields<'n, 'm> {
    /// Where it stands.
    pub(super) field: Field,
    members: &'n [(String, Node)],
    /// What was asked for so far.
    known: Vec<&'static str>,
    pub(super) mistakes: &'m mut Vec<Error>,
}

impl<'n, 'm> Fields<'n, 'm> {
    /// The members of `node`, which should be a mapping.
    pub(super) fn of(
        node: &'n Node,
        field: Field,
        (wanted, remedy): (&'static str, &str),
        mistakes: &'m mut Vec<Error>,
    ) -> Option<Self> {
        if let Node::Map(members) = node {
            return Some(Self { field, members, known: Vec::new(), mistakes });
        }
        mistakes.push(unreadable(field, node, wanted, remedy));
        None
    }

    /// What stands there; nothing is the same as null.
    pub(super) fn get(&mut self, name: &'static str) -> Option<&'n Node> {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        let member = self.members.iter().find(|(known, _)| known == name);
        member.map(|(_, node)| node).filter(|node| !matches!(node, Node::Null))
    }

    /// A number, with a unit or without.
    pub(super) fn scalar(&mut self, name: &'static str) -> Option<Scalar> {
        let node = self.get(name)?;
        let remedy = "write a number, or one with its unit, such as `1%`";
        Scalar::of(node).or_else(|| self.refuse(name, node, "number", remedy))
    }

    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        match self.get(name)? {
            Node::Text(text) => Some(text.clone()),
            other => self.refuse(name, other, "text", "write it in quotes"),
        }
    }

    /// A number of things.
    pub(super) fn whole(&mut self, name: &'static str) -> Option<u32> {
        let node = self.get(name)?;
        let number = match node {
            // What fits is not changed.
            Node::Number(number) if number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(number) => {
                Some(*number as u32)
            }
            // As an argument puts it.
            Node::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.or_else(|| self.refuse(name, node, "whole number from 0 on", "write one such as 3"))
    }

    pub(super) fn numbers(&mut self, name: &'static str) -> Option<Vec<f64>> {
        let node = self.get(name)?;
        let number = |node: &Node| match node {
            Node::Number(number) => Some(*number),
            Node::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        let numbers = match node {
            Node::List(items) => items.iter().map(number).collect(),
            _ => None,
        };
        numbers.or_else(|| self.refuse(name, node, "list of numbers", "write it as `[0.1, 0.5]`"))
    }

    /// One of these words.
    pub(super) fn choice<T: Copy>(&mut self, name: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        let node = self.get(name)?;
        let written = if let Node::Text(word) = node { word.as_str() } else { "" };
        let found = words.iter().find(|(word, _)| *word == written).map(|(_, meant)| *meant);
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        found.or_else(|| self.refuse(name, node, "known value", &one_of(written, &known)))
    }

    fn refuse<T>(&mut self, name: &str, node: &Node, wanted: &'static str, remedy: &str) -> Option<T> {
        self.mistakes.push(unreadable(self.field.member(name), node, wanted, remedy));
        None
    }

    /// Whatever was not asked for, and is not for `others` either, is nothing that we know.
    pub(super) fn finish(self, others: &[&'static str]) {
        let known = [self.known.as_slice(), others].concat();
        let unknown = self.members.iter().filter(|(name, _)| !known.contains(&name.as_str()));
        self.mistakes.extend(unknown.map(|(name, _)| Error::unknown(&self.field, name, &known)));
    }
}

pub(super) fn unreadable(field: Field, node: &Node, wanted: &'static str, remedy: &str) -> Error {
    Error::Unreadable { field, value: node.shown(), wanted, remedy: remedy.to_owned() }
}
