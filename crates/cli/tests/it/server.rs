//! An API server that holds a few objects, records writes, and changes nothing.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use kube::client::Body;
use serde_json::{Value as Json, json};

/// How the server behaves besides answering.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manners {
    /// Rollouts have no status subresource.
    pub(crate) no_status: bool,
    /// So many first PUTs meet a conflict.
    pub(crate) conflicts: usize,
    /// Nobody may patch.
    pub(crate) forbid_patch: bool,
}

/// The server; clones are the same one.
#[derive(Clone)]
pub(crate) struct Server(Arc<Inner>);

struct Inner {
    objects: Vec<Json>,
    manners: Manners,
    writes: Mutex<Vec<Json>>,
}

type Reply = Response<UnsyncBoxBody<Bytes, std::convert::Infallible>>;

impl Server {
    pub(crate) fn new(objects: Vec<Json>, manners: Manners) -> Self {
        Self(Arc::new(Inner { objects, manners, writes: Mutex::default() }))
    }

    pub(crate) fn client(&self) -> kube::Client {
        let server = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let server = server.clone();
            async move { Ok::<_, std::convert::Infallible>(server.answer(request).await) }
        });
        kube::Client::new(service, "shop")
    }

    /// All requests that were not GET: method, path, content type, body.
    pub(crate) fn writes(&self) -> Vec<Json> {
        self.0.writes.lock().unwrap().clone()
    }

    async fn answer(&self, request: Request<Body>) -> Reply {
        let (head, body) = request.into_parts();
        let (path, query) = (head.uri.path().to_owned(), head.uri.query().unwrap_or_default().to_owned());
        let body = body.collect().await.unwrap().to_bytes();
        let place = Place::of(&path);
        if head.method == Method::GET {
            return match &place.name {
                Some(name) => self.one(&place, name),
                None if query.contains("watch=true") => silence(),
                None => self.list(&place, &query),
            };
        }
        let body: Json = serde_json::from_slice(&body).unwrap();
        let content_type = head.headers["content-type"].to_str().unwrap();
        let write =
            json!({"method": head.method.as_str(), "path": path, "contentType": content_type, "body": body});
        let earlier = self.writes().iter().filter(|write| write["method"] == "PUT").count();
        self.0.writes.lock().unwrap().push(write);
        match head.method {
            Method::PATCH if self.0.manners.forbid_patch => place.forbidden(),
            Method::PATCH if place.status && self.0.manners.no_status => missing_path(),
            Method::PATCH => self.one(&place, place.name.as_deref().unwrap()),
            Method::PUT if earlier < self.0.manners.conflicts => place.conflict(),
            Method::PUT => answered(200, &body),
            _ => answered(201, &named(body)),
        }
    }

    fn one(&self, place: &Place, name: &str) -> Reply {
        let found = self.all(place).into_iter().find(|object| object["metadata"]["name"] == name);
        found.map_or_else(|| place.missing(name), |object| answered(200, &object))
    }

    fn list(&self, place: &Place, query: &str) -> Reply {
        let query = query.replace("%3D", "=").replace("%2C", ",");
        let value = |key: &str| query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
        let wanted = |object: &Json| {
            let named = value("fieldSelector").is_none_or(|fields| {
                fields == format!("metadata.name={}", object["metadata"]["name"].as_str().unwrap())
            });
            let mut labels = value("labelSelector").into_iter().flat_map(|labels| labels.split(','));
            named
                && labels.all(|pair| {
                    pair.split_once('=')
                        .is_some_and(|(key, value)| object["metadata"]["labels"][key] == value)
                })
        };
        let items: Vec<Json> = self.all(place).into_iter().filter(wanted).collect();
        answered(
            200,
            &json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "41"}, "items": items}),
        )
    }

    /// All objects of a kind and namespace, in the order of their names.
    fn all(&self, place: &Place) -> Vec<Json> {
        let wanted = |object: &&Json| {
            let plural = format!("{}s", object["kind"].as_str().unwrap().to_lowercase());
            let inside = place
                .namespace
                .as_ref()
                .is_none_or(|namespace| object["metadata"]["namespace"] == **namespace);
            plural == place.plural && inside
        };
        let mut objects: Vec<Json> = self.0.objects.iter().filter(wanted).cloned().collect();
        let key = |object: &Json| {
            (object["metadata"]["namespace"].to_string(), object["metadata"]["name"].to_string())
        };
        objects.sort_by_key(key);
        objects
    }
}

/// The parts of a path.
struct Place {
    group: String,
    namespace: Option<String>,
    plural: String,
    name: Option<String>,
    status: bool,
}

impl Place {
    fn of(path: &str) -> Self {
        let mut words: Vec<&str> = path.trim_matches('/').split('/').collect();
        let group = if words[0] == "apis" { words.remove(1) } else { "" }.to_owned();
        words.drain(..2);
        let namespace = (words[0] == "namespaces").then(|| words.drain(..2).nth(1).unwrap().to_owned());
        let word = |at: usize| words.get(at).map(|word| (*word).to_owned());
        Self {
            group,
            namespace,
            plural: word(0).unwrap(),
            name: word(1),
            status: words.get(2) == Some(&"status"),
        }
    }

    fn resource(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    fn missing(&self, name: &str) -> Reply {
        failure(404, "NotFound", &format!("{} \"{name}\" not found", self.resource()))
    }

    fn conflict(&self) -> Reply {
        let name = self.name.as_deref().unwrap();
        let text =
            "the object has been modified; please apply your changes to the latest version and try again";
        failure(
            409,
            "Conflict",
            &format!("Operation cannot be fulfilled on {} \"{name}\": {text}", self.resource()),
        )
    }

    fn forbidden(&self) -> Reply {
        let (name, plural, group) = (self.name.as_deref().unwrap(), &self.plural, &self.group);
        let text = format!(
            "{} \"{name}\" is forbidden: User \"dev\" cannot patch resource \"{plural}\" in API group \"{group}\" in the namespace \"shop\"",
            self.resource()
        );
        failure(403, "Forbidden", &text)
    }
}

fn named(mut object: Json) -> Json {
    if object["metadata"]["name"].as_str().unwrap_or_default().is_empty() {
        object["metadata"]["name"] =
            json!(format!("{}x1y2z", object["metadata"]["generateName"].as_str().unwrap()));
    }
    object
}

fn missing_path() -> Reply {
    failure(404, "NotFound", "the server could not find the requested resource")
}

fn failure(code: u16, reason: &str, message: &str) -> Reply {
    let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason, "code": code});
    answered(code, &status)
}

fn answered(code: u16, body: &Json) -> Reply {
    let body = Full::new(Bytes::from(body.to_string())).boxed_unsync();
    Response::builder().status(code).header("content-type", "application/json").body(body).unwrap()
}

/// A watch in which nothing happens.
fn silence() -> Reply {
    let body =
        StreamBody::new(futures::stream::pending::<Result<http_body::Frame<Bytes>, _>>()).boxed_unsync();
    Response::builder().status(200).body(body).unwrap()
}
