//! What a request asks of the API server, read from its method and its path.

use http::{Method, Request};

/// What a request asks, in the words of `controller_clientset_k8s_request_total` (spec controller-binary 4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// What is done.
    pub(crate) verb: Verb,
    /// API group; empty for the core group.
    pub(crate) group: String,
    /// To which kind, in the plural.
    pub(crate) kind: String,
    /// In which namespace; empty for all, and for what has none.
    pub(crate) namespace: String,
    /// To which object, or `N/A`.
    pub(crate) name: String,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verb {
    Create,
    Delete,
    Get,
    List,
    Patch,
    Unknown,
    Update,
    Watch,
}

impl Verb {
    /// Its name in metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Delete => "Delete",
            Self::Get => "Get",
            Self::List => "List",
            Self::Patch => "Patch",
            Self::Unknown => "Unknown",
            Self::Update => "Update",
            Self::Watch => "Watch",
        }
    }

    /// Whether it may change something. What is not known may.
    pub(crate) fn writes(self) -> bool {
        !matches!(self, Self::Get | Self::List | Self::Watch)
    }
}

/// Kinds whose objects are counted one by one: those whose series are dropped with the object, and our own lease. The
/// names of all others would make more series than they tell, and keep them for ever.
const NAMED: [&str; 3] = ["rollouts", "analysisruns", "leases"];

impl Asked {
    /// The name in requests about all objects of a kind, and about kinds whose names do not count.
    pub(crate) const NO_NAME: &str = "N/A";

    /// What `request` asks.
    pub(crate) fn of<B>(request: &Request<B>) -> Self {
        let path = request.uri().path();
        let Some((group, namespace, kind, name)) = parts(path) else {
            return Self::unknown(request.method());
        };
        let watches = request.uri().query().is_some_and(|query| query.contains("watch=true"));
        let verb = match *request.method() {
            Method::GET if watches => Verb::Watch,
            Method::GET if name.is_empty() => Verb::List,
            Method::GET => Verb::Get,
            Method::POST => Verb::Create,
            Method::PUT => Verb::Update,
            Method::PATCH => Verb::Patch,
            Method::DELETE => Verb::Delete,
            _ => Verb::Unknown,
        };
        let name = if !name.is_empty() && NAMED.contains(&kind) { name } else { Self::NO_NAME };
        let [group, kind, namespace, name] = [group, kind, namespace, name].map(str::to_owned);
        Self { verb, group, kind, namespace, name }
    }

    /// What stands outside of the API of objects, such as `/version`.
    fn unknown(method: &Method) -> Self {
        let verb = if *method == Method::GET { Verb::Get } else { Verb::Unknown };
        let word = || Verb::Unknown.as_str().to_owned();
        Self { verb, group: String::new(), kind: word(), namespace: word(), name: word() }
    }
}

/// Group, namespace, kind and name of a path such as `/apis/apps/v1/namespaces/shop/replicasets/cart/status`.
fn parts(path: &str) -> Option<(&str, &str, &str, &str)> {
    let mut words = path.split('/').skip(1);
    let group = match words.next()? {
        "api" => "",
        "apis" => words.next()?,
        _ => return None,
    };
    let _version = words.next()?;
    let words: Vec<&str> = words.collect();
    match words[..] {
        // A namespace is an object, too.
        ["namespaces"] => Some((group, "", "namespaces", "")),
        ["namespaces", name] => Some((group, "", "namespaces", name)),
        ["namespaces", namespace, kind] => Some((group, namespace, kind, "")),
        ["namespaces", namespace, kind, name, ..] => Some((group, namespace, kind, name)),
        [kind] => Some((group, "", kind, "")),
        [kind, name, ..] => Some((group, "", kind, name)),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &str, uri: &str) -> String {
        let request = Request::builder().method(method).uri(uri).body(()).unwrap();
        let Asked { verb, group, kind, namespace, name } = Asked::of(&request);
        format!("{} {group}|{kind}|{namespace}|{name}", verb.as_str())
    }

    #[test]
    fn a_request_is_named_by_what_it_asks() {
        for (method, uri, expected) in [
            ("GET", "/apis/argoproj.io/v1alpha1/rollouts?limit=500", "List argoproj.io|rollouts||N/A"),
            ("GET", "/apis/argoproj.io/v1alpha1/rollouts?watch=true&x=1", "Watch argoproj.io|rollouts||N/A"),
            ("GET", "/api/v1/namespaces/shop/secrets/key", "Get |secrets|shop|N/A"),
            ("POST", "/api/v1/namespaces/shop/events", "Create |events|shop|N/A"),
            ("PATCH", "/api/v1/namespaces/shop/events/cart.1", "Patch |events|shop|N/A"),
            ("PATCH", "/apis/apps/v1/namespaces/shop/replicasets/cart-1", "Patch apps|replicasets|shop|N/A"),
            (
                "PATCH",
                "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/cart/status",
                "Patch argoproj.io|rollouts|shop|cart",
            ),
            (
                "PUT",
                "/apis/coordination.k8s.io/v1/namespaces/ctl/leases/lock",
                "Update coordination.k8s.io|leases|ctl|lock",
            ),
            ("DELETE", "/api/v1/namespaces/shop/pods/p", "Delete |pods|shop|N/A"),
            ("GET", "/api/v1/namespaces/shop", "Get |namespaces||N/A"),
            ("GET", "/version", "Get |Unknown|Unknown|Unknown"),
            ("POST", "/livez", "Unknown |Unknown|Unknown|Unknown"),
            ("GET", "/apis/argoproj.io/v1alpha1", "Get |Unknown|Unknown|Unknown"),
        ] {
            assert_eq!(asked(method, uri), expected, "{method} {uri}");
        }
    }

    #[test]
    fn what_is_not_known_to_read_counts_as_a_write() {
        let writes = |method: &str| {
            Asked::of(&Request::builder().method(method).uri("/api/v1/pods").body(()).unwrap()).verb.writes()
        };
        assert_eq!(
            ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"].map(writes),
            [false, true, true, true, true, true]
        );
    }
}
