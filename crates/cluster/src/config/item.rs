//! One plugin in the ConfigMap.

use std::fmt;

use serde::Deserialize;

/// One plugin in the ConfigMap. Of metric providers the program is run here, of others nothing is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Item {
    /// `<namespace>/<name>`, as Rollouts name it.
    pub(super) name: String,
    /// Where its program is.
    pub(super) location: String,
    /// The digest of the program.
    pub(super) sha256: String,
    /// The program's arguments.
    pub(super) args: Vec<String>,
    /// Whether its steps are passed over.
    pub(super) disabled: bool,
}

/// What is wrong with the ConfigMap, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Key of the data.
    key: &'static str,
    /// Position in the list, and field, where it is about one.
    field: Option<(usize, &'static str)>,
    text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key)?;
        if let Some((index, field)) = self.field {
            write!(f, "[{index}].{field}")?;
        }
        write!(f, ": {}", self.text)
    }
}

impl Item {
    /// Reads a list of plugins.
    pub(super) fn list(key: &'static str, text: &str) -> Result<Vec<Self>, Problem> {
        let unreadable = |error: crd::yaml::Error| {
            let text = crate::error::first_line(&error.to_string());
            Problem { key, field: None, text: format!("not a YAML list of plugins: {text}") }
        };
        let items: Option<Vec<Self>> = crd::yaml::from_str(text).map_err(unreadable)?;
        let items = items.unwrap_or_default();
        for (index, item) in items.iter().enumerate() {
            item.check().map_err(|(field, text)| Problem { key, field: Some((index, field)), text })?;
        }
        Ok(items)
    }

    /// Whether it is a program in a file of this machine whose digest is known.
    pub(super) fn is_a_local_program(&self) -> bool {
        self.location.starts_with("file://") && !self.sha256.is_empty()
    }

    fn check(&self) -> Result<(), (&'static str, String)> {
        let Self { name, location, .. } = self;
        if !is_name(name) {
            return Err((
                "name",
                format!("plugin repository ({name}) must be in the format of <namespace>/<name>"),
            ));
        }
        let schemes = ["http://", "https://", "file://"];
        if !schemes.iter().any(|scheme| location.starts_with(scheme)) {
            return Err((
                "location",
                format!("plugin location must be of http(s) or file scheme, not {location:?}"),
            ));
        }
        Ok(())
    }
}

/// `^([a-zA-Z0-9\-]+)/([a-zA-Z0-9_\-.]+)$`
fn is_name(text: &str) -> bool {
    let all = |part: &str, more: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    text.split_once('/').is_some_and(|(namespace, name)| all(namespace, "-") && all(name, "_-."))
}
