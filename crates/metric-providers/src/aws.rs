//! Requests to AWS: whose keys, and the signature.
//!
//! The keys are looked for where AWS' own libraries look, in their order: the environment, a web identity (IRSA), the
//! shared files, the container's endpoint (EKS Pod Identity, ECS), and the instance's metadata service (IMDSv2). The
//! endpoints of the last two are the machine's, not a metric's, so the guard of [`Egress`](crate::Egress) is not asked.
//!
//! Not served: single sign-on and `credential_process` of the shared files.

mod chain;
mod container;
mod files;
mod instance;
mod sts;

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use reqwest::header::{HeaderName, HeaderValue};

use crate::http::Call;
use crate::{Ctx, Fault};

pub(crate) use chain::{keys, region};

/// How long one question for keys may take.
const LIMIT: Duration = Duration::from_secs(10);
/// Headers that are on the way for others.
const UNSIGNED: &[&str] = &["uber-trace-id"];

/// Whether a text can be a region's name. Services' hosts are made of it, and so it must not lead to another host.
pub(crate) fn is_region(text: &str) -> bool {
    let written = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    !text.is_empty() && text.bytes().all(written)
}

/// Keys of AWS.
#[derive(Clone)]
pub(crate) struct Keys(Credentials);

impl Keys {
    /// The secrets among them are blanked from here on.
    fn new(ctx: &Ctx<'_>, id: &str, secret: &str, token: Option<String>) -> Self {
        ctx.learned.add(secret);
        if let Some(token) = &token {
            ctx.learned.add(token);
        }
        Self(Credentials::new(id, secret, token, None, "aviary"))
    }

    /// Signs a request for a service in a region.
    pub(crate) fn sign(&self, ctx: &Ctx<'_>, call: Call, service: &str, region: &str) -> Result<Call, Fault> {
        let failed = |error: String| Fault::Config(format!("the request cannot be signed: {error}"));
        let mut settings = SigningSettings::default();
        settings.excluded_headers.get_or_insert_default().extend(UNSIGNED.iter().map(|name| (*name).into()));
        let identity = self.0.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(service)
            .time(SystemTime::from((ctx.clock)()))
            .settings(settings)
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let headers =
            call.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let body = SignableBody::Bytes(&call.body);
        let signable = SignableRequest::new(call.method.as_str(), call.url.as_str(), headers, body)
            .map_err(|error| failed(error.to_string()))?;
        let (instructions, _) =
            sign(signable, &parameters.into()).map_err(|error| failed(error.to_string()))?.into_parts();
        let (headers, _) = instructions.into_parts();
        headers.into_iter().try_fold(call, |call, header| {
            let mut value: HeaderValue = header.value().parse().map_err(|_| failed("a header".to_owned()))?;
            value.set_sensitive(header.sensitive() || header.name() == "authorization");
            let name = HeaderName::from_static(header.name());
            Ok(call.header(name, value))
        })
    }
}
