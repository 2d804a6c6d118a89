//! Amazon CloudWatch's `GetMetricData` (spec analysis-04, CloudWatch).
//!
//! Asked by hand over AWS' JSON protocol: the SDK would bring an HTTP stack and a TLS of its own.

mod query;
mod results;

use std::time::Duration;

use async_trait::async_trait;
use crd::Metric;
use reqwest::Url;

use crate::clients::{Door, Proxy, Redirects, Tls};
use crate::http::{self, Call, Reply};
use crate::{Answer, Ctx, Error, Fault, Provider, aws, provider, retry};
use query::Config;

const LIMIT: Duration = Duration::from_secs(30);
const SERVICE: &str = "monitoring";
const TARGET: &str = "GraniteServiceVersion20100801.GetMetricData";
/// As AWS' own libraries: three tries.
const TRIES: u32 = 3;

/// Asks the region's CloudWatch.
pub(crate) struct CloudWatch;

#[async_trait]
impl Provider for CloudWatch {
    fn name(&self) -> &'static str {
        "cloudWatch"
    }

    async fn read(&self, ctx: &Ctx<'_>, metric: &Metric) -> Result<Answer, Error> {
        let fail = |fault| Error::new(metric, self.name(), None, fault);
        let config: Config = provider::config(metric, self.name()).map_err(fail)?;
        let question = config.question((ctx.clock)()).map_err(fail)?;
        let region = aws::region(ctx, "").ok_or_else(|| fail(no_region()))?;
        let url = endpoint(ctx, &region).map_err(fail)?;
        let answered = ask(ctx, &url, &region, question.to_string()).await;
        answered.map_err(|fault| Error::new(metric, self.name(), Some(&url), fault))
    }
}

fn no_region() -> Fault {
    let text = "operation error CloudWatch: GetMetricData, failed to resolve service endpoint: Invalid \
                Configuration: Missing Region";
    Fault::Credentials {
        text: text.to_owned(),
        repair: "set AWS_REGION for the controller, or a region in its profile",
    }
}

fn endpoint(ctx: &Ctx<'_>, region: &str) -> Result<Url, Fault> {
    let chosen = ctx.variable("AWS_ENDPOINT_URL_CLOUDWATCH").or_else(|| ctx.variable("AWS_ENDPOINT_URL"));
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    http::url(&chosen.unwrap_or_else(|| format!("https://{SERVICE}.{region}.{suffix}/")))
}

async fn ask(ctx: &Ctx<'_>, url: &Url, region: &str, question: String) -> Result<Answer, Fault> {
    let keys = aws::keys(ctx, "", "", region).await.map_err(|reason| Fault::Credentials {
        text: format!(
            "operation error CloudWatch: GetMetricData, get identity: get credentials: failed to refresh cached \
             credentials, {reason}"
        ),
        repair: "give the controller keys of AWS with the right cloudwatch:GetMetricData",
    })?;
    let call = Call::post(url.clone())
        .body("application/x-amz-json-1.0", question)
        .plain("x-amz-target", TARGET)
        .plain("accept", "application/json");
    // The address is the region's or the operator's; no metric names it.
    let door = Door::chosen(ctx, Tls::Verified, Proxy::OfTheMachine)?;
    let door = &Door { redirects: Redirects::Refused, ..door };
    let question = || async {
        // Signed for each try: a signature tells the time.
        door.ask(keys.sign(ctx, call.clone(), SERVICE, region)?, LIMIT).await
    };
    let reply = retry::ask(ctx, TRIES, Duration::from_millis(500), may_pass, question).await?;
    if reply.status == 200 {
        results::read(&reply.body)
    } else {
        Err(Fault::Answer(results::refusal(ctx, &reply)))
    }
}

fn may_pass(answer: &Result<Reply, Fault>) -> bool {
    match answer {
        Err(fault) => retry::is_of_the_way(fault),
        Ok(reply) => matches!(reply.status, 429 | 500 | 502 | 503 | 504) || results::is_throttled(reply),
    }
}
