//! Keys of the instance that the controller runs on, from its metadata service (IMDSv2: a token first).

use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};

use super::container::Handed;
use super::{Keys, LIMIT};
use crate::Ctx;
use crate::clients::{Door, Proxy, Redirects, Tls};
use crate::http::{self, Call, Reply};

const ADDRESS: &str = "http://169.254.169.254";
const ROLES: &str = "latest/meta-data/iam/security-credentials/";
const NOTHING: &str = "no EC2 IMDS role found";

pub(super) async fn keys(ctx: &Ctx<'_>) -> Result<Keys, String> {
    if ctx.variable("AWS_EC2_METADATA_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Err(format!("{NOTHING}: the metadata service is turned off"));
    }
    let service = Service::of(ctx)?;
    let token = service.token().await?;
    let roles = service.get(ROLES, &token).await?;
    let role = String::from_utf8_lossy(&roles.body).lines().next().unwrap_or_default().trim().to_owned();
    if role.is_empty() {
        return Err(NOTHING.to_owned());
    }
    let answer = service.get(&format!("{ROLES}{role}"), &token).await?;
    let handed: Handed = serde_json::from_slice(&answer.body).map_err(|_| format!("{NOTHING}: no keys"))?;
    Ok(handed.keys(ctx))
}

struct Service {
    door: Door,
    address: String,
}

impl Service {
    fn of(ctx: &Ctx<'_>) -> Result<Self, String> {
        let door = Door::chosen(ctx, Tls::Verified, Proxy::None).map_err(|fault| told(&fault))?;
        let door = Door { redirects: Redirects::Refused, ..door };
        let address = ctx.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
        let address = address.unwrap_or_else(|| ADDRESS.to_owned());
        Ok(Self { door, address: address.trim_end_matches('/').to_owned() })
    }

    async fn token(&self) -> Result<HeaderValue, String> {
        let url = http::url(&format!("{}/latest/api/token", self.address)).map_err(|fault| told(&fault))?;
        let call = Call::new(Method::PUT, url).plain("x-aws-ec2-metadata-token-ttl-seconds", "60");
        let reply = self.ask(call).await?;
        http::sensitive(&String::from_utf8_lossy(&reply.body), "the token").map_err(|fault| told(&fault))
    }

    async fn get(&self, path: &str, token: &HeaderValue) -> Result<Reply, String> {
        let url = http::url(&format!("{}/{path}", self.address)).map_err(|fault| told(&fault))?;
        let name = HeaderName::from_static("x-aws-ec2-metadata-token");
        self.ask(Call::get(url).header(name, token.clone())).await
    }

    async fn ask(&self, call: Call) -> Result<Reply, String> {
        let reply = self.door.ask(call, LIMIT).await.map_err(|fault| told(&fault))?;
        if reply.status == 200 { Ok(reply) } else { Err(format!("{NOTHING}: {}", reply.status_line())) }
    }
}

fn told(fault: &crate::Fault) -> String {
    format!("{NOTHING}: {fault}")
}
