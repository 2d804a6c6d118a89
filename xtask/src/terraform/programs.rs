//! What the real programs say: Terraform (or OpenTofu, which has the same commands) and tflint.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::control_plane::directory;
use crate::{Failure, shell, workspace};

/// Modules without a provider: Terraform can judge them alone.
const WITHOUT_PROVIDERS: [&str; 1] = ["modules/subnets"];
const PROVIDE: &str = "run `cargo xtask control-plane --helm`";

/// Runs both over a copy of `root`; what they leave behind goes with it. `None` where a program is absent.
pub(crate) fn check(root: &Path) -> Result<Option<Vec<&'static str>>, Failure> {
    let (terraform, tflint) = (directory().join("terraform"), directory().join("tflint"));
    if let Some(absent) = [&terraform, &tflint].into_iter().find(|program| !program.is_file()) {
        if shell::in_ci() {
            return Err(Failure::new(format!("{} is absent", absent.display()), PROVIDE));
        }
        // Written past the test harness, which hides what passing tests print.
        let _ = writeln!(std::io::stderr(), "SKIPPED: terraform and tflint: {PROVIDE}");
        return Ok(None);
    }
    let copy = Copy::of(&workspace::root().join(root))?;
    let run = |program: &Path, directory: &str, words: &[&str], repair: &str| {
        let mut command = Command::new(program);
        // Settings of whoever runs this are not the example's.
        command.args(words).current_dir(copy.0.join(directory)).env("TF_CLI_CONFIG_FILE", "/dev/null");
        quiet(&mut command, repair)
    };
    let say = "correct the file that it names";
    run(&terraform, "", &["fmt", "-check", "-diff", "-recursive"], "run `terraform fmt -recursive` there")?;
    run(&terraform, "", &["get", "-no-color"], say)?;
    let lint = ["--recursive", "--no-color", &format!("--config={}", copy.0.join(".tflint.hcl").display())];
    run(&tflint, "", &lint, say)?;
    for module in WITHOUT_PROVIDERS {
        for words in [["init", "-no-color"], ["validate", "-no-color"], ["test", "-no-color"]] {
            run(&terraform, module, &words, say)?;
        }
    }
    Ok(Some(vec![
        "terraform fmt",
        "terraform get",
        "tflint",
        "terraform validate and test (modules/subnets)",
    ]))
}

/// Runs it, and shows all of what it said when it fails: findings go to standard output.
fn quiet(command: &mut Command, repair: &str) -> Result<(), Failure> {
    let shown = shell::line(command);
    let output = command.stdin(Stdio::null()).output();
    let output =
        output.map_err(|error| Failure::new(format!("`{shown}` did not start: {error}"), PROVIDE))?;
    if output.status.success() {
        return Ok(());
    }
    let said =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    Err(Failure::new(format!("`{shown}` ended with {}:\n{}", output.status, said.trim()), repair))
}

/// A copy of a directory, removed when it is dropped.
struct Copy(PathBuf);

impl Copy {
    fn of(original: &Path) -> Result<Self, Failure> {
        let to = std::env::temp_dir().join(format!("aviary-terraform-programs-{}", std::process::id()));
        let copy = Self(to);
        copy_all(original, &copy.0).map_err(|error| {
            Failure::new(
                format!("cannot copy {}: {error}", original.display()),
                "set TMPDIR to a directory that can be written",
            )
        })?;
        Ok(copy)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // What is left there is swept with the rest of the directory for such things.
        let _removed = std::fs::remove_dir_all(&self.0);
    }
}

fn copy_all(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        // Downloaded modules and providers of whoever works there.
        if entry.file_name() == ".terraform" {
            continue;
        }
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_all(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "fixtures/openclaw/terraform";

    /// What is said of the example with one file changed.
    fn said_of(file: &str, from: &str, to: &str) -> String {
        let changed =
            Copy(std::env::temp_dir().join(format!("aviary-terraform-changed-{}", std::process::id())));
        copy_all(&workspace::root().join(ROOT), &changed.0).unwrap();
        let path = changed.0.join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from:?} is not in {file}");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        check(&changed.0).err().map(|failure| failure.to_string()).unwrap_or_default()
    }

    #[test]
    fn they_bite() {
        if check(Path::new(ROOT)).unwrap().is_none() {
            return;
        }
        for (file, from, to, said) in [
            ("main.tf", "cidr           =", "cidr =", "-  cidr = "),
            ("main.tf", "./modules/region\"", "./modules/regoin\"", "Unreadable module directory"),
            ("modules/vpc/variables.tf", "  type        = string\n", "", "terraform_typed_variables"),
            ("modules/subnets/main.tf", "index + 1)", "index)", "nodes get the second to fourth /20"),
        ] {
            let found = said_of(file, from, to);
            assert!(found.contains(said), "{file}: {from:?} -> {to:?}: {found}");
        }
    }
}
