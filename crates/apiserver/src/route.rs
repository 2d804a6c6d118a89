//! What a URL's path is about.

use percent_encoding::percent_decode_str;
use world::Resource;

/// What a URL's path is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/`: the list of paths.
    Index,
    /// `/healthz`, `/livez`, `/readyz` and the checks below them.
    Health,
    /// `/version`
    Version,
    /// `/openapi/v2`
    OpenApiV2,
    /// `/openapi/v3`: which documents there are.
    OpenApiV3,
    /// `/openapi/v3/apis/{group}/{version}`; the core group is empty.
    OpenApiV3Group(String, String),
    /// `/api`: the versions of the core group.
    Core,
    /// `/apis`: the groups.
    Groups,
    /// `/apis/{group}`
    Group(String),
    /// `/api/v1` and `/apis/{group}/{version}`: the resources of one version.
    Resources(String, String),
    /// Objects.
    Objects(Resource),
}

impl Route {
    /// Reads a path; `None` when nothing can be there.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let segments: Vec<String> = path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent_decode_str(segment).decode_utf8().map(String::from))
            .collect::<Result<_, _>>()
            .ok()?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            [] => Some(Self::Index),
            ["healthz" | "livez" | "readyz", ..] => Some(Self::Health),
            ["version"] => Some(Self::Version),
            ["openapi", "v2"] => Some(Self::OpenApiV2),
            ["openapi", "v3"] => Some(Self::OpenApiV3),
            ["openapi", "v3", "api", version] => Some(Self::OpenApiV3Group(String::new(), (*version).into())),
            ["openapi", "v3", "apis", group, version] => {
                Some(Self::OpenApiV3Group((*group).into(), (*version).into()))
            }
            ["api"] => Some(Self::Core),
            ["apis"] => Some(Self::Groups),
            ["apis", group] => Some(Self::Group((*group).into())),
            ["api", version] => Some(Self::Resources(String::new(), (*version).into())),
            ["apis", group, version] => Some(Self::Resources((*group).into(), (*version).into())),
            ["api", version, rest @ ..] => objects("", version, rest).map(Self::Objects),
            ["apis", group, version, rest @ ..] => objects(group, version, rest).map(Self::Objects),
            _ => None,
        }
    }
}

/// Reads what follows the version. `namespaces/{name}/status` is about the namespace itself, not about objects in it.
fn objects(group: &str, version: &str, rest: &[&str]) -> Option<Resource> {
    let (namespace, rest) = match rest {
        ["namespaces", _, "status" | "finalize"] => ("", rest),
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
        _ => ("", rest),
    };
    let (plural, name, subresource) = match rest {
        [plural] => (plural, "", ""),
        [plural, name] => (plural, *name, ""),
        [plural, name, subresource] => (plural, *name, *subresource),
        _ => return None,
    };
    Some(Resource::new(group, version, plural, namespace, name).subresource(subresource))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: Resource) {
        assert_eq!(Route::parse(path), Some(Route::Objects(expected)), "{path}");
    }

    #[test]
    fn a_path_names_group_namespace_object_and_subresource() {
        check("/api/v1/pods", Resource::new("", "v1", "pods", "", ""));
        check("/api/v1/namespaces/default/pods/web", Resource::new("", "v1", "pods", "default", "web"));
        check("/api/v1/namespaces/default", Resource::new("", "v1", "namespaces", "", "default"));
        check(
            "/api/v1/namespaces/default/status",
            Resource::new("", "v1", "namespaces", "", "default").subresource("status"),
        );
        check(
            "/apis/apps/v1/namespaces/n/replicasets/web/scale",
            Resource::new("apps", "v1", "replicasets", "n", "web").subresource("scale"),
        );
        check(
            "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode",
            Resource::new("rbac.authorization.k8s.io", "v1", "clusterroles", "", "system:node"),
        );
    }

    #[test]
    fn other_paths_are_known_or_nothing() {
        assert_eq!(Route::parse("/readyz/etcd"), Some(Route::Health));
        assert_eq!(Route::parse("/apis/apps/v1"), Some(Route::Resources("apps".into(), "v1".into())));
        assert_eq!(Route::parse("/nothing"), None);
        assert_eq!(Route::parse("/api/v1/namespaces/n/pods/web/log/more"), None);
    }
}
