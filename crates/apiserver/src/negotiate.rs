//! Which form of an answer the client wants, and in which form its body comes.

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE};
use world::{PatchType, Status};

/// The form of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    /// The objects themselves.
    #[default]
    Objects,
    /// Rows for people: `as=Table`.
    Table,
    /// Metadata alone: `as=PartialObjectMetadata` and its list.
    Metadata,
    /// Discovery in one document: `as=APIGroupDiscoveryList`.
    Discovery,
}

/// The form and the notation that a client accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Accept {
    pub(crate) form: Form,
    pub(crate) yaml: bool,
}

const READABLE: &str = "application/json, application/json;stream=watch, application/yaml";

impl Accept {
    /// The first of the client's wishes that can be met. Typed Go clients wish for protobuf; they decode by the
    /// Content-Type of the answer and so read JSON as well.
    pub(crate) fn parse(headers: &HeaderMap) -> Result<Self, Status> {
        let wishes: Vec<&str> = headers
            .get_all(ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|wish| !wish.is_empty())
            .collect();
        if wishes.is_empty() {
            return Ok(Self::default());
        }
        wishes.iter().find_map(|wish| Self::wish(wish)).ok_or_else(|| {
            Status::new(
                406,
                "NotAcceptable",
                format!("only the following media types are accepted: {READABLE}"),
            )
        })
    }

    fn wish(wish: &str) -> Option<Self> {
        let mut parts = wish.split(';').map(str::trim);
        let yaml = match parts.next()? {
            "application/json" | "*/*" | "application/*" | "application/vnd.kubernetes.protobuf" => false,
            "application/yaml" => true,
            _ => return None,
        };
        let parameters: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
        let of = |name: &str| parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let form = match (of("as"), of("v")) {
            (None, _) => Form::Objects,
            (Some("Table"), Some("v1")) => Form::Table,
            (Some("PartialObjectMetadata" | "PartialObjectMetadataList"), Some("v1")) => Form::Metadata,
            (Some("APIGroupDiscoveryList"), Some("v2")) => Form::Discovery,
            _ => return None,
        };
        Some(Self { form, yaml })
    }
}

/// The notation of a request's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// JSON; also when nothing is said.
    Json,
    /// YAML.
    Yaml,
    /// Kubernetes' protobuf envelope.
    Protobuf,
}

/// The notation of an object in a request.
pub(crate) fn object_content(headers: &HeaderMap) -> Result<Content, Status> {
    match content_type(headers) {
        "" | "application/json" => Ok(Content::Json),
        "application/yaml" => Ok(Content::Yaml),
        "application/vnd.kubernetes.protobuf" => Ok(Content::Protobuf),
        _ => Err(Status::unsupported_media(
            "application/json, application/yaml, application/vnd.kubernetes.protobuf",
        )),
    }
}

/// What kind of patch a request carries.
pub(crate) fn patch_type(headers: &HeaderMap) -> Result<PatchType, Status> {
    match content_type(headers) {
        "application/json-patch+json" => Ok(PatchType::Json),
        "application/merge-patch+json" => Ok(PatchType::Merge),
        "application/strategic-merge-patch+json" => Ok(PatchType::Strategic),
        "application/apply-patch+yaml" => Ok(PatchType::Apply),
        _ => Err(Status::unsupported_media(
            "application/json-patch+json, application/merge-patch+json, \
             application/strategic-merge-patch+json, application/apply-patch+yaml",
        )),
    }
}

fn content_type(headers: &HeaderMap) -> &str {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(accept: &str, expected: Option<Accept>) {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        assert_eq!(Accept::parse(&headers).ok(), expected, "{accept}");
    }

    #[test]
    fn the_first_wish_that_can_be_met_is_met() {
        let json = Accept { form: Form::Objects, yaml: false };
        check("application/json", Some(json));
        check("application/vnd.kubernetes.protobuf,application/json", Some(json));
        check("application/vnd.kubernetes.protobuf", Some(json));
        check("text/html", None);
        check("application/yaml", Some(Accept { yaml: true, ..json }));
        let table = Accept { form: Form::Table, ..json };
        check(
            "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io",
            Some(table),
        );
        check("application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json", Some(json));
        let metadata = Accept { form: Form::Metadata, ..json };
        check("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1", Some(metadata));
        let discovery = Accept { form: Form::Discovery, ..json };
        check("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList", Some(discovery));
    }
}
