//! Every controller of these tests may do what the chart's Roles allow, and nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;

use aviary_cluster::{Permission, Place, Settings, permissions};
use http::Method;
use parking_lot::Mutex;

/// What a controller may do, and what it asked beyond that and otherwise.
#[derive(Clone)]
pub(crate) struct Rights {
    everywhere: Arc<Vec<Permission>>,
    home: Arc<Vec<Permission>>,
    homes: Vec<String>,
    namespace: Option<String>,
    refused: Arc<Mutex<Vec<String>>>,
    asked: Arc<Mutex<BTreeSet<String>>>,
}

/// What a request asks, as authorization sees it.
struct Attributes<'r> {
    verb: &'static str,
    group: &'r str,
    resource: String,
    namespace: Option<&'r str>,
}

impl Rights {
    pub(crate) fn of(settings: &Settings) -> Self {
        let lease = settings.lease.as_ref().map(|lease| lease.namespace.clone());
        Self {
            everywhere: Arc::new(permissions(Place::Everywhere)),
            home: Arc::new(permissions(Place::Home)),
            homes: std::iter::once(settings.home.clone()).chain(lease).collect(),
            namespace: settings.namespace.clone(),
            refused: Arc::default(),
            asked: Arc::default(),
        }
    }

    /// What was asked and not allowed.
    pub(crate) fn refused(&self) -> Vec<String> {
        self.refused.lock().clone()
    }

    /// What was asked: verb, group and resource.
    pub(crate) fn asked(&self) -> BTreeSet<String> {
        self.asked.lock().clone()
    }

    pub(crate) fn check<B>(&self, request: &http::Request<B>) -> Result<(), tower::BoxError> {
        let Some(attributes) = Attributes::of(request) else { return Ok(()) };
        let Attributes { verb, group, resource, .. } = &attributes;
        self.asked.lock().insert(format!("{verb} {group} {resource}"));
        if self.allows(&attributes) {
            return Ok(());
        }
        let told = format!("{} {}", request.method(), request.uri());
        self.refused.lock().push(told.clone());
        Err(format!("{told}: forbidden").into())
    }

    fn allows(&self, asked: &Attributes<'_>) -> bool {
        let grants = |permission: &Permission| {
            permission.group == asked.group
                && permission.resources.contains(&asked.resource)
                && permission.verbs.contains(&asked.verb)
        };
        let at_home =
            asked.namespace.is_some_and(|namespace| self.homes.iter().any(|home| home == namespace));
        // A Role reaches no further than its namespace.
        let in_reach = self.namespace.is_none() || asked.namespace == self.namespace.as_deref();
        (in_reach && self.everywhere.iter().any(grants)) || (at_home && self.home.iter().any(grants))
    }
}

impl<'r> Attributes<'r> {
    fn of<B>(request: &'r http::Request<B>) -> Option<Self> {
        let mut words = request.uri().path().split('/').skip(1);
        let group = match words.next()? {
            "api" => "",
            "apis" => words.next()?,
            _ => return None,
        };
        let words: Vec<&str> = words.skip(1).collect();
        let (namespace, rest) = match words.as_slice() {
            ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some(*namespace), rest),
            rest => (None, rest),
        };
        let query = request.uri().query().unwrap_or_default();
        let verb = match (request.method().clone(), rest.len()) {
            (Method::GET, 1) if query.contains("watch=true") => "watch",
            (Method::GET, 1) => "list",
            (Method::GET, _) => "get",
            (Method::POST, _) => "create",
            (Method::PUT, _) => "update",
            (Method::PATCH, _) => "patch",
            (Method::DELETE, _) => "delete",
            (other, _) => panic!("{other}"),
        };
        let resource = match rest {
            [kind, _, part] => format!("{kind}/{part}"),
            [kind, ..] => (*kind).to_owned(),
            [] => return None,
        };
        Some(Self { verb, group, resource, namespace })
    }
}

#[test]
fn what_is_not_granted_is_refused() {
    let rights = Rights::of(&Settings { home: "ctl".to_owned(), ..Settings::default() });
    let asks = |method: &str, uri: &str| {
        let request = http::Request::builder().method(method).uri(uri).body(()).unwrap();
        rights.check(&request).is_ok()
    };
    assert!(asks("GET", "/version"));
    assert!(asks("PATCH", "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/cart/status"));
    assert!(asks("PUT", "/apis/coordination.k8s.io/v1/namespaces/ctl/leases/lock"));
    for (method, uri) in [
        ("PUT", "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/cart"),
        ("DELETE", "/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/cart"),
        ("PUT", "/apis/coordination.k8s.io/v1/namespaces/shop/leases/lock"),
        ("GET", "/api/v1/namespaces/shop/secrets"),
        ("GET", "/api/v1/pods?watch=true"),
    ] {
        assert!(!asks(method, uri), "{method} {uri}");
    }
    assert_eq!(rights.refused().len(), 5);
}
