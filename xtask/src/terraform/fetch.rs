//! The schema, out of the CDKTF bindings: TypeScript declarations that are generated from the providers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::schema::{Schema, Type};
use crate::{Failure, shell};

/// npm package, version, and prefix of its types in Terraform.
const PACKAGES: [(&str, &str, &str); 2] =
    [("@cdktf/provider-aws", "21.22.1", "aws_"), ("@cdktf/provider-helm", "12.1.2", "helm_")];

/// Reads the schema of these types from the registry; `work` is an empty directory.
pub(crate) fn schema(wanted: &BTreeSet<String>, work: &Path) -> Result<String, Failure> {
    let mut schema = Schema::default();
    for (package, version, prefix) in PACKAGES {
        let spec = format!("{package}@{version}");
        let mut pack = Command::new("npm");
        pack.args(["pack", "--silent", &spec]).current_dir(work);
        let file = shell::output(&mut pack, "install Node, with access to an npm registry")?;
        let mut unpack = Command::new("tar");
        unpack.args(["xzf", file.trim()]).current_dir(work);
        shell::run(&mut unpack, "install tar")?;
        for name in wanted {
            let plain = name.strip_prefix("data.").unwrap_or(name);
            let Some(plain) = plain.strip_prefix(prefix) else { continue };
            let data = if name.starts_with("data.") { "data-" } else { "" };
            let provider = prefix.trim_end_matches('_');
            let provider = if data.is_empty() { String::new() } else { format!("{provider}-") };
            let folder = format!("{data}{provider}{}", plain.replace('_', "-"));
            let file = work.join("package/lib").join(&folder).join("index.d.ts");
            let text = std::fs::read_to_string(&file).map_err(|error| {
                Failure::new(
                    format!("{spec} has no {folder}: {error}"),
                    "correct the type's name in the Terraform files",
                )
            })?;
            schema.0.insert(name.clone(), of(&text));
        }
    }
    let sources: BTreeMap<&str, &str> = PACKAGES.iter().map(|(name, version, _)| (*name, *version)).collect();
    Ok(schema.write(&json!(sources)))
}

/// The type that a file of declarations describes.
fn of(text: &str) -> Type {
    let interfaces = interfaces(text);
    let config = interfaces.keys().find(|name| {
        let class = name.strip_suffix("Config").unwrap_or_default();
        !class.is_empty() && text.contains(&format!("export declare class {class} extends cdktf.Terraform"))
    });
    let mut of = config.map_or_else(Type::default, |config| block(config, &interfaces, 0));
    // What the class of the resource itself can be asked for.
    let class = text.split("extends cdktf.TerraformResource").nth(1);
    let class = class.or_else(|| text.split("extends cdktf.TerraformDataSource").nth(1)).unwrap_or_default();
    of.exports = class
        .lines()
        .filter_map(|line| line.trim().strip_prefix("get ")?.split_once('(').map(|(name, _)| snake(name)))
        .filter(|name| !name.ends_with("_input"))
        .collect();
    of
}

/// Members of each interface: name in Terraform, whether it is optional, whether it is a block, its type.
type Members = Vec<(String, bool, bool, String)>;

fn interfaces(text: &str) -> BTreeMap<String, Members> {
    let mut interfaces = BTreeMap::new();
    let mut current: Option<(String, Members)> = None;
    let mut comment = String::new();
    for line in text.lines() {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("export interface ") {
            let name = rest.split([' ', '{']).next().unwrap_or_default().to_owned();
            current = Some((name, Vec::new()));
        } else if line == "}" {
            interfaces.extend(current.take());
        } else if line.starts_with('*') || line.starts_with("/*") {
            comment.push_str(line);
        } else if let (Some((_, members)), Some(rest)) = (&mut current, line.strip_prefix("readonly ")) {
            let (name, kind) = rest.split_once(':').unwrap_or((rest, ""));
            let optional = name.ends_with('?');
            // The comment has the name as Terraform writes it.
            let written = comment.rsplit('#').next().unwrap_or_default();
            let written: String =
                written.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            let written = if written.is_empty() { snake(name.trim_end_matches('?')) } else { written };
            let is_block = comment.contains(&format!("{written} block"));
            let kind = kind.trim().split(['[', ' ', ';', '|']).next().unwrap_or_default();
            members.push((written, optional, is_block, kind.to_owned()));
            comment.clear();
        } else {
            comment.clear();
        }
    }
    interfaces
}

fn block(name: &str, interfaces: &BTreeMap<String, Members>, depth: usize) -> Type {
    let mut of = Type::default();
    for (name, optional, is_block, kind) in interfaces.get(name).into_iter().flatten() {
        if *is_block && depth < 6 {
            of.blocks.insert(name.clone(), (!optional, block(kind, interfaces, depth + 1)));
        } else {
            of.arguments.insert(name.clone(), !optional);
        }
    }
    of
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_blocks_and_exports_are_read_from_declarations() {
        let text = "
export interface ThingConfig extends cdktf.TerraformMetaArguments {
    /**
    * Docs at Terraform Registry: {@link https://example.com/thing#cidr_ipv4 Thing#cidr_ipv4}
    */
    readonly cidrIpv4: string;
    /**
    * inner_part block
    *
    * Docs at Terraform Registry: {@link https://example.com/thing#inner_part Thing#inner_part}
    */
    readonly innerPart?: ThingInnerPart[] | cdktf.IResolvable;
}
export interface ThingInnerPart {
    /**
    * Docs at Terraform Registry: {@link https://example.com/thing#name Thing#name}
    */
    readonly name?: string;
}
export declare class Thing extends cdktf.TerraformResource {
    get arn(): string;
    get cidrIpv4Input(): string | undefined;
}
";
        let of = of(text);
        assert_eq!(of.arguments, BTreeMap::from([("cidr_ipv4".to_owned(), true)]));
        assert!(!of.blocks["inner_part"].0 && of.blocks["inner_part"].1.arguments.contains_key("name"));
        assert!(of.gives("arn") && !of.gives("cidr_ipv4_input"));
    }
}
