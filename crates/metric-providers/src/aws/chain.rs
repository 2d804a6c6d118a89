//! Where keys and regions are looked for, in order.

use super::files::Files;
use super::{Keys, container, instance, sts};
use crate::Ctx;

/// The region that counts where none is written: environment, then profile.
pub(crate) fn region(ctx: &Ctx<'_>, profile: &str) -> Option<String> {
    let variable = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|name| ctx.variable(name));
    variable.or_else(|| Files::read(ctx).value(&name(ctx, profile), "region"))
}

/// Keys for `profile` (empty: the machine's own), and for the role `role`, if it is given, with their help.
///
/// # Errors
/// What was found and did not work, or that nothing was found.
pub(crate) async fn keys(ctx: &Ctx<'_>, profile: &str, role: &str, region: &str) -> Result<Keys, String> {
    let own = own(ctx, profile, region).await?;
    if role.is_empty() { Ok(own) } else { sts::assume(ctx, &own, role, region).await }
}

/// A profile that was named comes before the environment.
async fn own(ctx: &Ctx<'_>, profile: &str, region: &str) -> Result<Keys, String> {
    if !profile.is_empty() {
        let keys = of_profile(ctx, profile, region).await?;
        return keys.ok_or_else(|| format!("failed to get shared config profile, {profile}"));
    }
    if let (Some(id), Some(secret)) =
        (ctx.variable("AWS_ACCESS_KEY_ID"), ctx.variable("AWS_SECRET_ACCESS_KEY"))
    {
        return Ok(Keys::new(ctx, &id, &secret, ctx.variable("AWS_SESSION_TOKEN")));
    }
    if let (Some(file), Some(role)) =
        (ctx.variable("AWS_WEB_IDENTITY_TOKEN_FILE"), ctx.variable("AWS_ROLE_ARN"))
    {
        return sts::assume_with_token(ctx, &file, &role, region).await;
    }
    if let Some(keys) = of_profile(ctx, &name(ctx, ""), region).await? {
        return Ok(keys);
    }
    if let Some(keys) = container::keys(ctx).await? {
        return Ok(keys);
    }
    instance::keys(ctx).await
}

/// Keys that stand in the shared files, or those of a role that a profile takes on with another profile's keys.
async fn of_profile(ctx: &Ctx<'_>, profile: &str, region: &str) -> Result<Option<Keys>, String> {
    let files = Files::read(ctx);
    let fixed = |profile: &str| {
        let (id, secret) =
            (files.value(profile, "aws_access_key_id")?, files.value(profile, "aws_secret_access_key")?);
        Some(Keys::new(ctx, &id, &secret, files.value(profile, "aws_session_token")))
    };
    let Some(role) = files.value(profile, "role_arn") else { return Ok(fixed(profile)) };
    if let Some(file) = files.value(profile, "web_identity_token_file") {
        return sts::assume_with_token(ctx, &file, &role, region).await.map(Some);
    }
    let source = files.value(profile, "source_profile").unwrap_or_else(|| profile.to_owned());
    let keys = fixed(&source).ok_or_else(|| format!("profile {source:?} has no keys to take on {role}"))?;
    sts::assume(ctx, &keys, &role, region).await.map(Some)
}

fn name(ctx: &Ctx<'_>, profile: &str) -> String {
    if !profile.is_empty() {
        return profile.to_owned();
    }
    ctx.variable("AWS_PROFILE").unwrap_or_else(|| "default".to_owned())
}
