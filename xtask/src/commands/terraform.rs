//! `cargo xtask terraform`: the worked example's Terraform against the providers' schema and against itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{Command, no_arguments};
use crate::terraform::{Schema, fetch, findings, programs};
use crate::{Failure, workspace};

pub(crate) const COMMAND: Command = Command {
    name: "terraform",
    arguments: "",
    about: "check the worked example's Terraform without its providers",
    run,
};

pub(crate) const SCHEMA_COMMAND: Command = Command {
    name: "terraform-schema",
    arguments: "",
    about: "read the schema of the used types from npm into fixtures/terraform/schema.json",
    run: run_schema,
};

const ROOT: &str = "fixtures/openclaw/terraform";
const SCHEMA: &str = "fixtures/terraform/schema.json";

fn run(arguments: &[String]) -> Result<(), Failure> {
    no_arguments(&COMMAND, arguments)?;
    let schema = read_schema()?;
    let texts = texts(Path::new(ROOT))?;
    let findings = findings(Path::new(ROOT), &texts, &schema);
    Failure::unless_empty(
        &findings,
        "correct the file; a type that is new here needs `cargo xtask terraform-schema` first",
    )?;
    println!("{} files agree with the providers' schema and with each other", texts.len());
    if let Some(done) = programs::check(Path::new(ROOT))? {
        println!("{} find nothing", done.join(", "));
    }
    println!("not checked without the providers: values, conditions between arguments, and what AWS says");
    Ok(())
}

fn read_schema() -> Result<Schema, Failure> {
    let file = workspace::root().join(SCHEMA);
    let text = std::fs::read_to_string(&file).map_err(|error| unreadable(&file, &error.to_string()))?;
    Schema::read(&text).map_err(|error| unreadable(&file, &error))
}

fn unreadable(file: &Path, why: &str) -> Failure {
    Failure::new(format!("cannot read {}: {why}", file.display()), "run `cargo xtask terraform-schema`")
}

/// Every file of the root and of the modules below it, by path in the repository.
fn texts(root: &Path) -> Result<BTreeMap<PathBuf, String>, Failure> {
    let mut texts = BTreeMap::new();
    collect(root, &mut texts)?;
    Ok(texts)
}

fn collect(directory: &Path, texts: &mut BTreeMap<PathBuf, String>) -> Result<(), Failure> {
    let full = workspace::root().join(directory);
    let failed = |error: std::io::Error| {
        Failure::new(format!("cannot read {}: {error}", full.display()), "restore the directory")
    };
    for entry in std::fs::read_dir(&full).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = directory.join(entry.file_name());
        if entry.path().is_dir() {
            collect(&path, texts)?;
        } else if path.extension().is_some_and(|end| end == "tf") {
            texts.insert(path, std::fs::read_to_string(entry.path()).map_err(failed)?);
        }
    }
    Ok(())
}

fn run_schema(arguments: &[String]) -> Result<(), Failure> {
    no_arguments(&SCHEMA_COMMAND, arguments)?;
    let mut wanted = BTreeSet::new();
    for text in texts(Path::new(ROOT))?.values() {
        for line in text.lines() {
            let mut words = line.split('"');
            let prefix = match words.next() {
                Some("resource ") => "",
                Some("data ") => "data.",
                _ => continue,
            };
            wanted.extend(words.next().map(|name| format!("{prefix}{name}")));
        }
    }
    let work = std::env::temp_dir().join(format!("aviary-terraform-{}", std::process::id()));
    let failed = |error: std::io::Error| {
        Failure::new(error.to_string(), "set TMPDIR to a directory that can be written")
    };
    std::fs::create_dir_all(&work).map_err(failed)?;
    let text = fetch::schema(&wanted, &work);
    std::fs::remove_dir_all(&work).map_err(failed)?;
    let file = workspace::root().join(SCHEMA);
    std::fs::create_dir_all(file.parent().unwrap_or(Path::new("."))).map_err(failed)?;
    std::fs::write(&file, text?).map_err(failed)?;
    println!("{} types written to {SCHEMA}", wanted.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(change: impl Fn(&Path, String) -> String) -> Vec<String> {
        let texts = texts(Path::new(ROOT)).unwrap();
        let changed = texts.into_iter().map(|(path, text)| (path.clone(), change(&path, text)));
        findings(Path::new(ROOT), &changed.collect(), &read_schema().unwrap())
    }

    /// A change that must be found, and what must be said of it.
    fn bites(from: &str, to: &str, said: &str) {
        let mut hit = false;
        let texts = texts(Path::new(ROOT)).unwrap();
        let changed: BTreeMap<PathBuf, String> = texts
            .into_iter()
            .map(|(path, text)| {
                let once = !hit && text.contains(from);
                hit |= once;
                (path, if once { text.replacen(from, to, 1) } else { text })
            })
            .collect();
        assert!(hit, "{from:?} is nowhere");
        let findings = findings(Path::new(ROOT), &changed, &read_schema().unwrap());
        assert!(findings.iter().any(|finding| finding.contains(said)), "{from:?} -> {to:?}: {findings:#?}");
    }

    #[test]
    fn the_files_as_they_are_have_nothing_to_find() {
        assert_eq!(found(|_, text| text), Vec::<String>::new());
    }

    #[test]
    fn each_change_that_breaks_them_is_found() {
        bites("enable_dns_support ", "enable_dns_suport ", "aws_vpc has no argument enable_dns_suport");
        bites("  role_arn = aws_iam_role.cluster.arn\n", "", "aws_eks_cluster needs the argument role_arn");
        bites("  scaling_config {", "  scaling {", "aws_eks_node_group has no block scaling");
        bites("  scaling_config {", "  scaling {", "aws_eks_node_group needs a block scaling_config");
        bites(
            "aws_eks_cluster.this.endpoint",
            "aws_eks_cluster.this.adress",
            "aws_eks_cluster has nothing called adress",
        );
        bites("module.vpc.private_subnets", "module.vpc.subnets", "the module vpc has no output subnets");
        bites("var.vpc_id", "var.network", "there is no variable network");
        bites("local.zones", "local.zone", "there is no local zone");
        bites("aws_iam_role.node.arn", "aws_iam_role.nodes.arn", "there is no aws_iam_role.nodes");
        bites("  cidr           = \"10.1.0.0/16\"\n", "", "module secondary: the variable cidr is not given");
        bites("  admin_cidrs    = ", "  admin_cidr     = ", "the module has no variable admin_cidr");
        bites("source = \"../vpc\"", "source = \"../vcp\"", "its source is no module here");
        bites(
            "providers = { aws = aws.secondary }",
            "providers = { aws = aws.other }",
            "there is no provider aws.other",
        );
        bites(
            "  providers = { aws = aws.secondary }\n",
            "",
            "no region is made with the provider aws.secondary",
        );
        bites(
            "actions   = [\"eks:DescribeCluster\"]",
            "actions   = [\"eks:*\"]",
            "the action \"eks:*\" has a wildcard",
        );
        bites(
            "resources = [module.primary.cluster_arn, module.secondary.cluster_arn]",
            "resources = [\"*\"]",
            "it allows eks:DescribeCluster on every resource",
        );
        bites("resource \"aws_eip\"", "resource \"aws_epi\"", "there is no type aws_epi in the schema");
    }
}
