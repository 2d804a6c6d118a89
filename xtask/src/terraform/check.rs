//! Everything that can be known of the files without a provider.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hcl_edit::structure::{Block, Body};

use super::module::{File, Module, label};
use super::names::{Reference, references};
use super::policy;
use super::schema::{Schema, Type};

/// Arguments and blocks that every resource takes.
const META: [&str; 8] =
    ["count", "for_each", "depends_on", "provider", "providers", "lifecycle", "provisioner", "connection"];
/// Words at the beginning of references that Terraform itself fills in.
const BUILT_IN: [&str; 5] = ["each", "count", "path", "self", "terraform"];

/// What is wrong with the files of a root module and of the modules below it.
pub(crate) fn findings(root: &Path, texts: &BTreeMap<PathBuf, String>, schema: &Schema) -> Vec<String> {
    let directories: BTreeSet<&Path> = texts.keys().filter_map(|path| path.parent()).collect();
    let mut modules = BTreeMap::new();
    for directory in directories {
        match Module::of(directory, texts) {
            Ok(module) => {
                modules.insert(directory.to_path_buf(), module);
            }
            Err(problem) => return vec![problem],
        }
    }
    let mut findings = Vec::new();
    for module in modules.values() {
        let checker = Checker { module, modules: &modules, schema };
        checker.objects(&mut findings);
        checker.references(&mut findings);
        checker.calls(&mut findings);
        checker.unused(&mut findings);
        policy::check(module, &mut findings);
    }
    if let Some(module) = modules.get(root) {
        regions(module, &mut findings);
    }
    findings
}

struct Checker<'c> {
    module: &'c Module,
    modules: &'c BTreeMap<PathBuf, Module>,
    schema: &'c Schema,
}

impl Checker<'_> {
    fn objects(&self, findings: &mut Vec<String>) {
        for (kind, prefix) in [("resource", ""), ("data", "data.")] {
            for (file, block) in self.module.blocks(kind) {
                let name = format!("{prefix}{}", label(block, 0));
                let at = file.at_block(block);
                match self.schema.0.get(&name) {
                    None => findings.push(format!("{at}: there is no type {name} in the schema")),
                    Some(of) => arguments(file, &block.body, of, &name, findings),
                }
            }
        }
    }

    fn references(&self, findings: &mut Vec<String>) {
        for file in &self.module.files {
            for reference in references(&file.body) {
                if let Some(problem) = self.reference(&reference) {
                    findings.push(format!("{}: {problem}", file.at(reference.byte)));
                }
            }
        }
    }

    /// What is wrong with a reference.
    fn reference(&self, reference: &Reference) -> Option<String> {
        let words: Vec<&str> = reference.words.iter().map(String::as_str).collect();
        let missing = |what: &str, name: &str| Some(format!("there is no {what} {name}"));
        match words.as_slice() {
            ["var", name, ..] if !self.module.variables().contains_key(*name) => missing("variable", name),
            ["local", name, ..] if !self.module.locals().contains(*name) => missing("local", name),
            ["module", name, output, ..] => {
                let call = self.module.blocks("module").find(|(_, block)| label(block, 0) == *name);
                let Some((_, call)) = call else { return missing("module call", name) };
                let called = self.modules.get(&self.module.source(call)?)?;
                (!called.declared("output").contains(*output))
                    .then(|| format!("the module {name} has no output {output}"))
            }
            ["module", name] if !self.module.declared("module").contains(*name) => {
                missing("module call", name)
            }
            ["data", of, name, rest @ ..] => self.object(&format!("data.{of}"), name, rest.first().copied()),
            [root, name, rest @ ..] if root.contains('_') && !BUILT_IN.contains(root) => {
                self.object(root, name, rest.first().copied())
            }
            _ => None,
        }
    }

    fn object(&self, of: &str, name: &str, read: Option<&str>) -> Option<String> {
        if !self.module.objects().contains(&format!("{of}.{name}")) {
            return Some(format!("there is no {of}.{name}"));
        }
        let known = self.schema.0.get(of)?;
        let read = read?;
        (!known.gives(read)).then(|| format!("{of} has nothing called {read}"))
    }

    fn calls(&self, findings: &mut Vec<String>) {
        let providers = self.module.providers();
        for (file, block) in self.module.blocks("module") {
            let at = format!("{}: module {}", file.at_block(block), label(block, 0));
            let called = self.module.source(block).and_then(|directory| self.modules.get(&directory));
            let Some(called) = called else {
                findings.push(format!("{at}: its source is no module here"));
                continue;
            };
            let variables = called.variables();
            for attribute in block.body.attributes() {
                let name = attribute.key.as_str();
                if name != "source" && !META.contains(&name) && !variables.contains_key(name) {
                    findings.push(format!("{at}: the module has no variable {name}"));
                }
            }
            for (name, _) in variables.iter().filter(|(_, required)| **required) {
                if !block.body.has_attribute(name) {
                    findings.push(format!("{at}: the variable {name} is not given"));
                }
            }
            for given in handed_over(block).into_iter().filter(|given| !providers.contains(given)) {
                findings.push(format!("{at}: there is no provider {given}"));
            }
        }
    }

    /// Variables and locals that nobody reads: usually somebody meant to.
    fn unused(&self, findings: &mut Vec<String>) {
        let all = self.module.files.iter().flat_map(|file| references(&file.body));
        let read: BTreeSet<String> = all
            .map(|reference| reference.words.iter().take(2).cloned().collect::<Vec<_>>().join("."))
            .collect();
        let declared = self.module.variables().into_keys().map(|name| format!("var.{name}"));
        let declared = declared.chain(self.module.locals().into_iter().map(|name| format!("local.{name}")));
        for name in declared.filter(|name| !read.contains(name)) {
            findings.push(format!("{}: {name} is declared and not used", self.module.directory.display()));
        }
    }
}

/// Providers that a call hands over: the values of `providers = { aws = aws.secondary }`.
fn handed_over(block: &Block) -> Vec<String> {
    let Some(attribute) = block.body.get_attribute("providers") else { return Vec::new() };
    let Some(object) = attribute.value.as_object() else { return Vec::new() };
    object.iter().map(|(_, value)| value.expr().to_string().trim().to_owned()).collect()
}

fn arguments(file: &File, body: &Body, of: &Type, name: &str, findings: &mut Vec<String>) {
    for attribute in body.attributes() {
        let key = attribute.key.as_str();
        if !META.contains(&key) && !of.arguments.contains_key(key) {
            let at = file.at(hcl_edit::Span::span(&attribute.key).map_or(0, |span| span.start));
            findings.push(format!("{at}: {name} has no argument {key}"));
        }
    }
    for block in body.blocks() {
        let key = block.ident.as_str();
        let (key, inner) = match key {
            "dynamic" => {
                let content = block.body.get_blocks("content").next();
                (label(block, 0), content.map_or(&block.body, |content| &content.body))
            }
            key => (key, &block.body),
        };
        if META.contains(&key) && !of.blocks.contains_key(key) {
            continue;
        }
        match of.blocks.get(key) {
            None => findings.push(format!("{}: {name} has no block {key}", file.at_block(block))),
            Some((_, of)) => arguments(file, inner, of, &format!("{name}.{key}"), findings),
        }
    }
    let start = body.iter().next().and_then(hcl_edit::Span::span).map_or(0, |span| span.start);
    let missing = of.arguments.iter().filter(|(_, required)| **required).map(|(name, _)| name);
    for missing in missing.filter(|argument| !body.has_attribute(argument)) {
        findings.push(format!("{}: {name} needs the argument {missing}", file.at(start)));
    }
    let missing = of.blocks.iter().filter(|(_, (required, _))| *required).map(|(name, _)| name);
    for missing in missing.filter(|block| !body.has_blocks(block)) {
        findings.push(format!("{}: {name} needs a block {missing}", file.at(start)));
    }
}

/// Every module that makes a region is called once with each AWS provider, and every provider is used.
fn regions(root: &Module, findings: &mut Vec<String>) {
    let aws: BTreeSet<String> =
        root.providers().into_iter().filter(|provider| provider.split('.').next() == Some("aws")).collect();
    if aws.len() < 2 {
        findings.push(format!("{}: there is one AWS provider, and so one region", root.directory.display()));
    }
    let regional = root
        .blocks("module")
        .filter(|(_, block)| root.source(block).is_some_and(|directory| directory.ends_with("region")));
    let used: BTreeSet<String> = regional
        .map(|(_, block)| {
            let given = handed_over(block).into_iter().find(|given| given.starts_with("aws."));
            given.unwrap_or_else(|| "aws".to_owned())
        })
        .collect();
    for provider in aws.difference(&used) {
        findings
            .push(format!("{}: no region is made with the provider {provider}", root.directory.display()));
    }
}
