//! What kinds of objects the world knows: the built-in ones, and those that CustomResourceDefinitions register.

mod built_in;
mod custom;

use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) use built_in::BUILT_IN;
pub(crate) use custom::{CLEANUP, establish, is_definition, register, unregister};

use crate::schema::Schema;

/// One kind of object.
#[derive(Clone, Debug, PartialEq)]
pub struct Kind {
    /// API group; empty for the core group.
    pub group: Arc<str>,
    /// Versions that are served, the one that is stored first.
    pub versions: Vec<String>,
    /// Kind in the singular, such as `ReplicaSet`.
    pub kind: Arc<str>,
    /// Lower-case plural of the URL.
    pub plural: Arc<str>,
    /// Lower-case singular.
    pub singular: String,
    /// Short names, such as `rs`.
    pub short_names: Vec<String>,
    /// Categories, such as `all`.
    pub categories: Vec<String>,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Whether `status` is written apart.
    pub status: bool,
    /// Where the `scale` subresource finds its numbers.
    pub scale: Option<ScalePaths>,
    /// What its CustomResourceDefinition says about each version; empty for built-in kinds.
    pub custom: BTreeMap<String, CustomVersion>,
}

/// One version of a custom resource.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CustomVersion {
    pub(crate) schema: Arc<Schema>,
    pub(crate) columns: Vec<Column>,
}

/// One column of a custom resource's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) json_path: String,
    pub(crate) kind: String,
    pub(crate) format: String,
    pub(crate) description: String,
    pub(crate) priority: i64,
}

/// Where the `scale` subresource finds its numbers, as paths of field names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScalePaths {
    /// Wanted size.
    pub spec: Vec<String>,
    /// Present size.
    pub status: Vec<String>,
    /// Selector in text form; `None` is `spec.selector` as a label selector.
    pub selector: Option<Vec<String>>,
}

impl Kind {
    /// The version that is stored and preferred.
    pub fn version(&self) -> &str {
        self.versions.first().map_or("v1", String::as_str)
    }

    /// The stored `apiVersion`: `v1`, `apps/v1`.
    pub fn api_version(&self) -> String {
        api_version(&self.group, self.version())
    }

    /// Whether a CustomResourceDefinition made it.
    pub fn is_custom(&self) -> bool {
        !self.custom.is_empty()
    }

    /// What its definition says about the stored version.
    pub(crate) fn schema(&self) -> Option<&Schema> {
        self.custom.get(self.version()).map(|version| &*version.schema)
    }

    /// The field whose changes raise the generation, if the kind has one.
    pub(crate) fn has_generation(&self) -> bool {
        self.is_custom()
            || (self.status && &*self.plural != "namespaces")
            || matches!(&*self.plural, "endpointslices" | "networkpolicies" | "ingresses")
    }
}

/// `v1` in the core group, else `group/version`.
pub(crate) fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}
