//! A module: its files, and what they declare.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hcl_edit::Span;
use hcl_edit::structure::{Block, Body};

/// A file of a module.
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) body: Body,
}

/// A directory of files.
pub(crate) struct Module {
    pub(crate) directory: PathBuf,
    pub(crate) files: Vec<File>,
}

impl File {
    /// `path:line` of a byte.
    pub(crate) fn at(&self, byte: usize) -> String {
        let line = self.text.get(..byte).unwrap_or_default().matches('\n').count() + 1;
        format!("{}:{line}", self.path.display())
    }

    pub(crate) fn at_block(&self, block: &Block) -> String {
        self.at(block.ident.span().map_or(0, |span| span.start))
    }
}

pub(crate) fn label(block: &Block, index: usize) -> &str {
    block.labels.get(index).map_or("", |label| label.as_str())
}

impl Module {
    /// From the texts of its files.
    pub(crate) fn of(directory: &Path, texts: &BTreeMap<PathBuf, String>) -> Result<Self, String> {
        let here = texts.iter().filter(|(path, _)| path.parent() == Some(directory));
        let files = here.map(|(path, text)| {
            let body = hcl_edit::parser::parse_body(text).map_err(|error| {
                format!("{}:{}: {}", path.display(), error.location().line(), error.message())
            })?;
            Ok(File { path: path.clone(), text: text.clone(), body })
        });
        Ok(Self { directory: directory.to_path_buf(), files: files.collect::<Result<_, String>>()? })
    }

    /// Blocks of a kind with their files.
    pub(crate) fn blocks<'m>(&'m self, kind: &'m str) -> impl Iterator<Item = (&'m File, &'m Block)> {
        self.files.iter().flat_map(move |file| file.body.get_blocks(kind).map(move |block| (file, block)))
    }

    /// First labels of the blocks of a kind.
    pub(crate) fn declared(&self, kind: &str) -> BTreeSet<String> {
        self.blocks(kind).map(|(_, block)| label(block, 0).to_owned()).collect()
    }

    pub(crate) fn locals(&self) -> BTreeSet<String> {
        let locals = self.blocks("locals").flat_map(|(_, block)| block.body.attributes());
        locals.map(|attribute| attribute.key.as_str().to_owned()).collect()
    }

    /// Variables with whether they must be given.
    pub(crate) fn variables(&self) -> BTreeMap<String, bool> {
        self.blocks("variable")
            .map(|(_, block)| (label(block, 0).to_owned(), !block.body.has_attribute("default")))
            .collect()
    }

    /// Providers by name and alias: `aws`, `aws.secondary`.
    pub(crate) fn providers(&self) -> BTreeSet<String> {
        let alias = |block: &Block| {
            let alias = block.body.get_attribute("alias").and_then(|attribute| attribute.value.as_str());
            alias.map_or(label(block, 0).to_owned(), |alias| format!("{}.{alias}", label(block, 0)))
        };
        self.blocks("provider").map(|(_, block)| alias(block)).collect()
    }

    /// Resources and data sources, by the words with which they are referred to.
    pub(crate) fn objects(&self) -> BTreeSet<String> {
        let of = |kind: &'static str, prefix: &'static str| {
            self.blocks(kind)
                .map(move |(_, block)| format!("{prefix}{}.{}", label(block, 0), label(block, 1)))
        };
        of("resource", "").chain(of("data", "data.")).collect()
    }

    /// The directory of a module that is called.
    pub(crate) fn source(&self, block: &Block) -> Option<PathBuf> {
        let source = block.body.get_attribute("source")?.value.as_str()?;
        let mut directory = self.directory.clone();
        for part in source.split('/') {
            match part {
                "." => {}
                ".." => {
                    directory.pop();
                }
                part => directory.push(part),
            }
        }
        Some(directory)
    }
}
