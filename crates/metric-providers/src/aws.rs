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
    pub(crate) fn sign(
        &self,
        ctx: &Ctx<'_>,
        mut call: Call,
        service: &str,
        region: &str,
    ) -> Result<Call, Fault> {
        // AWS takes a plus for itself: what is signed is `%20`, and so that must be what is sent.
        if let Some(query) = call.url.query().map(|query| query.replace('+', "%20")) {
            call.url.set_query(Some(&query));
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Of AWS' published test suite, with its keys, its time and its region.
    #[test]
    fn the_signatures_are_those_of_aws_own_test_suite() {
        let token = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfI\
                     eoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ\
                     0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FD\
                     rypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
        let url = |query: &str| format!("https://example.amazonaws.com/{query}").parse().unwrap();
        let form = Call::post(url("")).form(&[("Param1", "value1")]);
        for (name, call, token, headers, signature) in [
            (
                "get-vanilla",
                Call::get(url("")),
                None,
                "host;x-amz-date",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "get-vanilla-query-order-key-case",
                Call::get(url("?Param2=value2&Param1=value1")),
                None,
                "host;x-amz-date",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (
                "post-x-www-form-urlencoded",
                form,
                None,
                "content-type;host;x-amz-date",
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            ),
            (
                "post-sts-header-before",
                Call::post(url("")),
                Some(token.to_owned()),
                "host;x-amz-date;x-amz-security-token",
                "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
            ),
        ] {
            let ctx = Ctx { clock: &|| "2015-08-30T12:36:00Z".parse().unwrap(), ..Ctx::default() };
            let keys = Keys::new(&ctx, "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token);
            let signed = keys.sign(&ctx, call, "service", "us-east-1").unwrap();
            let expected = format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                 SignedHeaders={headers}, Signature={signature}"
            );
            assert_eq!(signed.headers["authorization"], expected, "{name}");
            assert_eq!(signed.headers["x-amz-date"], "20150830T123600Z", "{name}");
        }
    }
}
