//! Keys that a container's platform hands out: EKS Pod Identity and ECS.

use reqwest::header::{AUTHORIZATION, HeaderValue};
use serde::Deserialize;

use super::{Keys, LIMIT};
use crate::Ctx;
use crate::clients::{Door, Proxy, Redirects, Tls};
use crate::http::{self, Call};

/// Where the relative address of ECS begins.
const ECS: &str = "http://169.254.170.2";

/// As both services answer, and the instance's as well.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Handed {
    access_key_id: String,
    secret_access_key: String,
    token: Option<String>,
}

impl Handed {
    pub(super) fn keys(self, ctx: &Ctx<'_>) -> Keys {
        Keys::new(ctx, &self.access_key_id, &self.secret_access_key, self.token)
    }
}

/// `None` where no platform hands any out.
pub(super) async fn keys(ctx: &Ctx<'_>) -> Result<Option<Keys>, String> {
    let relative = ctx.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").map(|path| format!("{ECS}{path}"));
    let Some(address) = relative.or_else(|| ctx.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI")) else {
        return Ok(None);
    };
    let failed = |fault: crate::Fault| format!("container credentials: {fault}");
    let url = http::url(&address).map_err(failed)?;
    let mut call = Call::get(url);
    if let Some(token) = token(ctx)? {
        let value: HeaderValue = http::sensitive(&token, "the container's token").map_err(failed)?;
        call = call.header(AUTHORIZATION, value);
    }
    let door = Door::chosen(ctx, Tls::Verified, Proxy::None).map_err(failed)?;
    let door = Door { redirects: Redirects::Refused, ..door };
    let reply = door.ask(call, LIMIT).await.map_err(failed)?;
    if reply.status != 200 {
        return Err(format!("container credentials: {}", reply.status_line()));
    }
    let handed: Handed =
        serde_json::from_slice(&reply.body).map_err(|_| "container credentials: no keys in the answer")?;
    Ok(Some(handed.keys(ctx)))
}

/// What is shown for them. The file is read each time: the platform renews it.
fn token(ctx: &Ctx<'_>) -> Result<Option<String>, String> {
    match ctx.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
        None => Ok(ctx.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN")),
        Some(file) => std::fs::read_to_string(&file)
            .map(|token| Some(token.trim().to_owned()))
            .map_err(|error| format!("container credentials: {file}: {error}")),
    }
}
