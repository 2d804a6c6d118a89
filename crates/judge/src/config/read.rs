//! From what is written to a configuration, or to all that is wrong with it.

use super::fields::Fields;
use super::node::Node;
use super::{Config, Document, Error, Field, Mistakes, check, raw};
use serde::{Deserialize, Deserializer, de};

impl Config {
    /// Reads the settings in a mapping, but for the members named by `others`, which are not the judge's.
    ///
    /// # Errors
    /// All that is wrong with them; the fields are told from this mapping on.
    pub fn read<'de>(written: impl Deserializer<'de>, others: &[&'static str]) -> Result<Self, Mistakes> {
        read(&node(written)?, Field::default(), others)
    }
}

impl Document {
    /// Reads a whole document.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn read<'de>(written: impl Deserializer<'de>) -> Result<Self, Mistakes> {
        document(&node(written)?)
    }
}

fn node<'de>(written: impl Deserializer<'de>) -> Result<Node, Mistakes> {
    Node::deserialize(written).map_err(|error| {
        let remedy = "write YAML or JSON".to_owned();
        let value = error.to_string();
        Error::Unreadable { field: Field::default(), value, wanted: "configuration", remedy }.into()
    })
}

fn document(node: &Node) -> Result<Document, Mistakes> {
    let mut mistakes = Vec::new();
    let wanted = ("document with a judge in it", "write `judge: {...}`");
    if let Some(mut fields) = Fields::of(node, Field::default(), wanted, &mut mistakes) {
        let judge = fields.get("judge");
        fields.finish(&[]);
        let field = Field::default().member("judge");
        match judge.map(|judge| read(judge, field.clone(), &[])) {
            Some(Ok(judge)) if mistakes.is_empty() => return Ok(Document { judge }),
            Some(read) => mistakes.extend(read.err().into_iter().flatten()),
            None => mistakes.push(Error::Missing { field, remedy: "write `judge: {...}`" }),
        }
    }
    Err(refused(mistakes))
}

fn read(node: &Node, field: Field, others: &[&'static str]) -> Result<Config, Mistakes> {
    let mut mistakes = Vec::new();
    let raw = raw::config(node, field, others, &mut mistakes);
    raw.and_then(|raw| check::config(raw, &mut mistakes)).ok_or_else(|| refused(mistakes))
}

/// Nothing is refused without a reason.
fn refused(mistakes: Vec<Error>) -> Mistakes {
    Mistakes::of(mistakes)
        .unwrap_or_else(|| Error::Missing { field: Field::default(), remedy: "write `judge: {...}`" }.into())
}

impl<'de> Deserialize<'de> for Config {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(&Node::deserialize(deserializer)?, Field::default(), &[]).map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        document(&Node::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
