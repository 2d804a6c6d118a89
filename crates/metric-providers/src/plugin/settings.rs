//! What the operator says of a plugin.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

/// One entry of the key `metricProviderPlugins` of the ConfigMap `argo-rollouts-config`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PluginSettings {
    /// `<namespace>/<name>`, as metrics name it.
    pub name: String,
    /// A `file://` URL of the program. Others are not served.
    pub location: String,
    /// The program's SHA-256, in hexadecimal digits. Without it no program is started.
    pub sha256: String,
    /// Arguments of the program.
    pub args: Vec<String>,
}

/// How long a program may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// To answer the `ping` before a question, and the first after its start.
    pub ping: Duration,
    /// To answer a question.
    pub answer: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { ping: Duration::from_secs(10), answer: Duration::from_secs(60) }
    }
}

impl PluginSettings {
    /// Where the program is.
    pub(super) fn path(&self) -> Result<PathBuf, String> {
        let refused = |reason: &str| Err(format!("location {:?} {reason}", self.location));
        match self.location.split_once("://") {
            Some(("file", path)) if path.starts_with('/') => Ok(PathBuf::from(path)),
            Some(("file", _)) => refused("is no absolute path"),
            Some(("http" | "https", _)) => refused(
                "is not served: programs are not downloaded; put it into the controller's image or a volume, and \
                 name it by file://",
            ),
            _ => refused("is not served: only file:// is"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_files_are_served_and_others_are_told_why() {
        let path =
            |location: &str| PluginSettings { location: location.to_owned(), ..Default::default() }.path();
        assert_eq!(path("file:///plugins/p"), Ok(PathBuf::from("/plugins/p")));
        for (location, reason) in [
            ("https://h.example/p", "programs are not downloaded"),
            ("file://p", "is no absolute path"),
            ("/plugins/p", "only file:// is"),
        ] {
            let text = path(location).unwrap_err();
            assert!(text.contains(reason) && text.contains(location), "{text}");
        }
    }
}
