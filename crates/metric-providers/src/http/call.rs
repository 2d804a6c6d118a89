//! A request as data, so that it can be asked again at the end of a redirect, or signed.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Url};

use super::sensitive;
use crate::Fault;

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Call {
    pub(crate) fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: Vec::new() }
    }

    pub(crate) fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    pub(crate) fn post(url: Url) -> Self {
        Self::new(Method::POST, url)
    }

    /// With these parameters in the URL, in this order, in place of what was there.
    pub(crate) fn query<N: AsRef<str>, V: AsRef<str>>(mut self, parameters: &[(N, V)]) -> Self {
        self.url.query_pairs_mut().clear().extend_pairs(parameters);
        self
    }

    /// With a form as its body.
    pub(crate) fn form<N: AsRef<str>, V: AsRef<str>>(mut self, fields: &[(N, V)]) -> Self {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.body = form.into_bytes();
        self.header(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))
    }

    /// With a body, and what it is.
    pub(crate) fn body(mut self, kind: &'static str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header(CONTENT_TYPE, HeaderValue::from_static(kind))
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// A header of ours, which is no secret.
    pub(crate) fn plain(self, name: &'static str, value: &'static str) -> Self {
        self.header(HeaderName::from_static(name), HeaderValue::from_static(value))
    }

    /// A header that must not be shown.
    pub(crate) fn secret(self, name: &'static str, value: &str) -> Result<Self, Fault> {
        let value = sensitive(value, name)?;
        Ok(self.header(HeaderName::from_static(name), value))
    }

    /// With basic authentication.
    pub(crate) fn basic(self, user: &str, password: &str) -> Result<Self, Fault> {
        let shown = BASE64_STANDARD.encode(format!("{user}:{password}"));
        let value = sensitive(&format!("Basic {shown}"), "basic authentication")?;
        Ok(self.header(AUTHORIZATION, value))
    }

    pub(super) fn request(&self, client: &Client) -> RequestBuilder {
        let request = client.request(self.method.clone(), self.url.clone()).headers(self.headers.clone());
        // A GET without a body must not say that it has one.
        if self.body.is_empty() && self.method == Method::GET {
            request
        } else {
            request.body(self.body.clone())
        }
    }
}
