//! What every request to Prometheus carries, in the peer's order of precedence.

use std::time::Duration;

use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};

use super::config::Config;
use crate::aws::{self, Keys};
use crate::clients::Proxy;
use crate::http::{self, Call};
use crate::{Ctx, Fault};

const SERVICE: &str = "aps";

/// Credentials and headers, ready to be put on.
pub(super) struct Dress<'c> {
    bearer: Option<HeaderValue>,
    signed: Option<(Keys, String)>,
    base: Base<'c>,
}

/// What a request for a token carries as well.
struct Base<'c> {
    basic: Option<(&'c str, &'c str)>,
    headers: HeaderMap,
}

impl<'c> Dress<'c> {
    /// Fetches what must be fetched: a token, keys of AWS.
    pub(super) async fn of(
        ctx: &Ctx<'_>,
        config: &'c Config,
        address: &Url,
        limit: Duration,
    ) -> Result<Self, Fault> {
        let base = Base { basic: config.basic()?, headers: http::headers(&config.headers)? };
        let signed = signer(ctx, config, address).await?;
        let oauth2 = &config.authentication.oauth2;
        let bearer =
            oauth2.bearer(ctx, config.insecure, Proxy::OfTheMachine, limit, |call| base.on(call)).await?;
        Ok(Self { bearer, signed, base })
    }

    /// A token first, a signature over it, basic authentication where there is neither, and last what the user wrote,
    /// which overwrites anything.
    pub(super) fn on(&self, ctx: &Ctx<'_>, mut call: Call) -> Result<Call, Fault> {
        if let Some(bearer) = &self.bearer {
            call = call.header(AUTHORIZATION, bearer.clone());
        }
        if let Some((keys, region)) = &self.signed {
            call = keys.sign(ctx, call, SERVICE, region)?;
        }
        self.base.on(call)
    }
}

impl Base<'_> {
    fn on(&self, mut call: Call) -> Result<Call, Fault> {
        if let Some((user, password)) = self.basic
            && !call.headers.contains_key(AUTHORIZATION)
        {
            call = call.basic(user, password)?;
        }
        call.headers.extend(self.headers.clone());
        Ok(call)
    }
}

async fn signer(ctx: &Ctx<'_>, config: &Config, address: &Url) -> Result<Option<(Keys, String)>, Fault> {
    let Some(sigv4) = config.sigv4(ctx, address)? else { return Ok(None) };
    let written = Some(sigv4.region.clone()).filter(|region| !region.is_empty());
    let region = written.or_else(|| aws::region(ctx, &sigv4.profile)).ok_or_else(|| {
        let text = "region not configured in sigv4 or in default credentials chain";
        Fault::Config(text.to_owned())
    })?;
    // It becomes a part of the host that is shown the controller's own keys.
    if !aws::is_region(&region) {
        return Err(Fault::Config(format!("sigv4.region {region:?} is no region, such as us-east-1")));
    }
    let keys = aws::keys(ctx, &sigv4.profile, &sigv4.role_arn, &region).await;
    let keys = keys.map_err(|reason| Fault::Credentials {
        text: format!("could not get SigV4 credentials: {reason}"),
        repair: "give the controller keys of AWS, by a role of its service account or in its environment",
    })?;
    Ok(Some((keys, region)))
}
