//! Roles that are taken on at AWS' token service.

use quick_xml::Reader;
use quick_xml::events::Event;
use reqwest::Url;

use super::{Keys, LIMIT};
use crate::clients::{Door, Proxy, Redirects, Tls};
use crate::http::{self, Call, Reply};
use crate::{Ctx, Fault};

const VERSION: (&str, &str) = ("Version", "2011-06-15");
const SESSION: &str = "aviary";

/// With keys that may.
pub(super) async fn assume(ctx: &Ctx<'_>, keys: &Keys, role: &str, region: &str) -> Result<Keys, String> {
    let fields = [("Action", "AssumeRole"), VERSION, ("RoleArn", role), ("RoleSessionName", SESSION)];
    let call = Call::post(address(ctx, region).map_err(told)?).form(&fields);
    let call = keys.sign(ctx, call, "sts", region).map_err(told)?;
    handed(ctx, call).await
}

/// With a token of the cluster's (IRSA). The file is read each time: the cluster renews it.
pub(super) async fn assume_with_token(
    ctx: &Ctx<'_>,
    file: &str,
    role: &str,
    region: &str,
) -> Result<Keys, String> {
    let token =
        std::fs::read_to_string(file).map_err(|error| format!("web identity token {file}: {error}"))?;
    ctx.learned.add(token.trim());
    let session = ctx.variable("AWS_ROLE_SESSION_NAME").unwrap_or_else(|| SESSION.to_owned());
    let fields = [
        ("Action", "AssumeRoleWithWebIdentity"),
        VERSION,
        ("RoleArn", role),
        ("RoleSessionName", &session),
        ("WebIdentityToken", token.trim()),
    ];
    handed(ctx, Call::post(address(ctx, region).map_err(told)?).form(&fields)).await
}

/// The region's own service; China is a place apart.
fn address(ctx: &Ctx<'_>, region: &str) -> Result<Url, Fault> {
    let chosen = ctx.variable("AWS_ENDPOINT_URL_STS").or_else(|| ctx.variable("AWS_ENDPOINT_URL"));
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    http::url(&chosen.unwrap_or_else(|| format!("https://sts.{region}.{suffix}/")))
}

async fn handed(ctx: &Ctx<'_>, call: Call) -> Result<Keys, String> {
    let door = Door::chosen(ctx, Tls::Verified, Proxy::OfTheMachine).map_err(told)?;
    let door = Door { redirects: Redirects::Refused, ..door };
    let reply = door.ask(call, LIMIT).await.map_err(told)?;
    if reply.status != 200 {
        return Err(refusal(&reply));
    }
    let value = |name: &str| first(&reply.body, name);
    match (value("AccessKeyId"), value("SecretAccessKey")) {
        (Some(id), Some(secret)) => Ok(Keys::new(ctx, &id, &secret, value("SessionToken"))),
        _ => Err("operation error STS: no keys in the answer".to_owned()),
    }
}

fn refusal(reply: &Reply) -> String {
    let part = |name: &str| first(&reply.body, name).unwrap_or_default();
    let (code, message) = (part("Code"), http::shortened(&part("Message")));
    format!("operation error STS: https response error StatusCode: {}, {code}: {message}", reply.status)
}

fn told(fault: Fault) -> String {
    format!("operation error STS: {fault}")
}

/// The text of the first element of this name.
fn first(xml: &[u8], name: &str) -> Option<String> {
    let mut reader = Reader::from_reader(xml);
    let mut found: Option<String> = None;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) if start.local_name().as_ref() == name.as_bytes() => {
                found = Some(String::new());
            }
            Event::Text(text) => {
                if let Some(found) = &mut found {
                    found.push_str(&text.decode().ok()?);
                }
            }
            Event::GeneralRef(entity) => {
                if let Some(found) = &mut found {
                    let name = entity.decode().ok()?;
                    found.push_str(quick_xml::escape::resolve_predefined_entity(&name)?);
                }
            }
            Event::End(end) if end.local_name().as_ref() == name.as_bytes() => return found,
            Event::Eof => return None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_wherever_they_stand() {
        let xml = b"<R xmlns=\"u\"><Result><Keys><SessionToken>a&amp;b==</SessionToken></Keys></Result></R>";
        assert_eq!(first(xml, "SessionToken").as_deref(), Some("a&b=="));
        assert_eq!(first(xml, "AccessKeyId"), None);
        assert_eq!(first(b"<a><b", "b"), None);
        assert_eq!(first(b"\xff<SessionToken>", "SessionToken"), None);
    }
}
