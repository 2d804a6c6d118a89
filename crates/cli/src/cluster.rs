//! The cluster that a command speaks to, one request a method.

use http::Request;
use kube::Client;
use serde_json::{Value as Json, json};

use crate::Error;
use crate::json::Read as _;
use crate::resource::Resource;

/// A client and the namespace that names are looked up in.
#[derive(Clone)]
pub struct Cluster {
    /// Speaks to the API server.
    pub client: Client,
    /// Where objects are that a command names.
    pub namespace: String,
}

/// How a body changes an object.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    /// `application/merge-patch+json`.
    Merge,
    /// `application/json-patch+json`.
    Operations,
}

impl Cluster {
    pub(crate) async fn get(&self, resource: Resource, name: &str) -> Result<Json, Error> {
        self.send("GET", &self.object(resource, name), None).await
    }

    /// As [`Self::get`], but a missing object is named in the singular, as a local cache does (spec cli-commands 1.3).
    pub(crate) async fn look_up(&self, resource: Resource, name: &str) -> Result<Json, Error> {
        match self.get(resource, name).await {
            Err(error) if error.is_not_found() => {
                Err(Error::new(format!("{} {name:?} not found", resource.singular())))
            }
            other => other,
        }
    }

    /// All objects of the namespace. A kind that the server does not know has none.
    pub(crate) async fn list(&self, resource: Resource) -> Result<Vec<Json>, Error> {
        match self.list_where(resource, Some(&self.namespace), "").await {
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            other => other,
        }
    }

    /// All objects that a query string selects, in one namespace or all.
    pub(crate) async fn list_where(
        &self,
        resource: Resource,
        namespace: Option<&str>,
        query: &str,
    ) -> Result<Vec<Json>, Error> {
        let path = resource.path(namespace);
        let uri = if query.is_empty() { path } else { format!("{path}?{query}") };
        let mut list = self.send("GET", &uri, None).await?;
        Ok(match list.get_mut("items").map(Json::take) {
            Some(Json::Array(items)) => items,
            _ => Vec::new(),
        })
    }

    pub(crate) async fn patch(
        &self,
        resource: Resource,
        name: &str,
        change: Change,
        body: &Json,
    ) -> Result<Json, Error> {
        self.patch_at(&self.object(resource, name), change, body).await
    }

    /// Patches the status of an object; `None` when the server has no such subresource, or no such object.
    pub(crate) async fn patch_status(
        &self,
        resource: Resource,
        name: &str,
        body: &Json,
    ) -> Result<Option<Json>, Error> {
        let path = format!("{}/status", self.object(resource, name));
        match self.patch_at(&path, Change::Merge, body).await {
            Err(error) if error.is_not_found() => Ok(None),
            other => other.map(Some),
        }
    }

    async fn patch_at(&self, path: &str, change: Change, body: &Json) -> Result<Json, Error> {
        let content_type = match change {
            Change::Merge => "application/merge-patch+json",
            Change::Operations => "application/json-patch+json",
        };
        self.send("PATCH", path, Some((content_type, body))).await
    }

    /// Writes a whole object back to where it was read.
    pub(crate) async fn replace(&self, resource: Resource, object: &Json) -> Result<Json, Error> {
        let path = self.object(resource, object.text("/metadata/name"));
        self.send("PUT", &path, Some(("application/json", object))).await
    }

    /// Creates an object. Unknown fields are refused by the server.
    pub(crate) async fn create(
        &self,
        resource: Resource,
        namespace: Option<&str>,
        object: &Json,
    ) -> Result<Json, Error> {
        let path = format!("{}?fieldValidation=Strict", resource.path(namespace));
        self.send("POST", &path, Some(("application/json", object))).await
    }

    fn object(&self, resource: Resource, name: &str) -> String {
        format!("{}/{name}", resource.path(Some(&self.namespace)))
    }

    /// Sends any request.
    pub(crate) async fn send(
        &self,
        method: &str,
        uri: &str,
        body: Option<(&str, &Json)>,
    ) -> Result<Json, Error> {
        let request = Request::builder().method(method).uri(uri).header("accept", "application/json");
        let (request, bytes) = match body {
            Some((content_type, json)) => {
                (request.header("content-type", content_type), json.to_string().into_bytes())
            }
            None => (request, Vec::new()),
        };
        let request =
            request.body(bytes).map_err(|error| Error::new(format!("{uri:?} is no path: {error}")))?;
        Ok(self.client.request::<Json>(request).await?)
    }
}

/// A merge patch of one field.
pub(crate) fn merge(section: &str, field: &str, value: impl Into<Json>) -> Json {
    json!({section: {field: value.into()}})
}
