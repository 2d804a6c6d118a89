//! The shared files, `~/.aws/credentials` and `~/.aws/config`.

use std::collections::BTreeMap;

use crate::Ctx;

/// What stands in the files, by profile and key.
#[derive(Debug, Default)]
pub(super) struct Files(BTreeMap<(String, String), String>);

impl Files {
    /// Reads what is there; a file that is absent or no text has nothing in it. The credentials file counts first.
    pub(super) fn read(ctx: &Ctx<'_>) -> Self {
        let path = |variable: &str, file: &str| {
            ctx.variable(variable).or_else(|| Some(format!("{}/.aws/{file}", ctx.variable("HOME")?)))
        };
        let text = |path: Option<String>| path.and_then(|path| std::fs::read_to_string(path).ok());
        let mut files = Self::default();
        if let Some(text) = text(path("AWS_CONFIG_FILE", "config")) {
            files.add(&text, |section| match section {
                "default" => Some("default"),
                other => other.strip_prefix("profile ").map(str::trim),
            });
        }
        if let Some(text) = text(path("AWS_SHARED_CREDENTIALS_FILE", "credentials")) {
            files.add(&text, |section| Some(section));
        }
        files
    }

    pub(super) fn value(&self, profile: &str, key: &str) -> Option<String> {
        self.0.get(&(profile.to_owned(), key.to_owned())).filter(|value| !value.is_empty()).cloned()
    }

    /// Adds an INI file. Settings that are indented belong to the one above, and none of ours is such.
    fn add(&mut self, text: &str, profile: impl Fn(&str) -> Option<&str>) {
        let mut current: Option<String> = None;
        for line in text.lines().filter(|line| !line.starts_with([' ', '\t', '#', ';'])) {
            if let Some(section) = line.trim_end().strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                current = profile(section.trim()).map(str::to_owned);
            } else if let (Some(profile), Some((key, value))) = (&current, line.split_once('=')) {
                let key = key.trim().to_ascii_lowercase();
                self.0.insert((profile.clone(), key), value.trim().to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_are_read_and_the_credentials_count_first() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        let config = "# of ours\n[default]\nregion = eu-west-1\ns3 =\n  region = inner\n\
                      [profile amp]\nREGION=us-east-1\naws_access_key_id = config\n[sso-session x]\nregion = none\n";
        std::fs::write(home.path().join(".aws/config"), config).unwrap();
        let credentials = "[amp]\naws_access_key_id = AKID\naws_secret_access_key = a=b\n";
        std::fs::write(home.path().join(".aws/credentials"), credentials).unwrap();
        let home = home.path().to_str().unwrap();
        let environment = |name: &str| (name == "HOME").then(|| home.to_owned());
        let files = Files::read(&Ctx { environment: &environment, ..Ctx::default() });
        assert_eq!(files.value("default", "region").as_deref(), Some("eu-west-1"));
        assert_eq!(files.value("amp", "region").as_deref(), Some("us-east-1"));
        assert_eq!(files.value("amp", "aws_access_key_id").as_deref(), Some("AKID"));
        assert_eq!(files.value("amp", "aws_secret_access_key").as_deref(), Some("a=b"));
        assert_eq!(files.value("x", "region"), None);
        let nothing = Files::read(&Ctx { environment: &|_| None, ..Ctx::default() });
        assert_eq!(nothing.value("default", "region"), None);
    }
}
