//! Reviews: may I? Everybody may do everything here, and says so, because clients ask before they act.

use http::{Method, Response};
use serde_json::{Value, json};
use world::{Resource, Status};

use crate::answer::Answer;
use crate::body::{self, Body};
use crate::negotiate::object_content;
use crate::objects::{self, Call};

/// The group of the reviews of access.
pub(crate) const AUTHORIZATION: &str = "authorization.k8s.io";
/// The group of the reviews of identity.
pub(crate) const AUTHENTICATION: &str = "authentication.k8s.io";

/// The reviews: group, kind, plural, whether it lives in a namespace.
pub(crate) const REVIEWS: [(&str, &str, &str, bool); 5] = [
    (AUTHENTICATION, "SelfSubjectReview", "selfsubjectreviews", false),
    (AUTHORIZATION, "LocalSubjectAccessReview", "localsubjectaccessreviews", true),
    (AUTHORIZATION, "SelfSubjectAccessReview", "selfsubjectaccessreviews", false),
    (AUTHORIZATION, "SelfSubjectRulesReview", "selfsubjectrulesreviews", false),
    (AUTHORIZATION, "SubjectAccessReview", "subjectaccessreviews", false),
];

/// Whether a resource is a review.
pub(crate) fn is_review(resource: &Resource) -> bool {
    resource.version == "v1" && find(resource).is_some()
}

fn find(resource: &Resource) -> Option<&'static str> {
    let row =
        REVIEWS.iter().find(|(group, _, plural, _)| resource.group == *group && resource.plural == *plural);
    row.map(|(_, kind, _, _)| *kind)
}

/// Answers a review; nothing is stored.
pub(crate) async fn review<B>(call: &Call, method: &Method, body: B) -> Result<Response<Body>, Status>
where
    B: http_body::Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (&Method::POST, Some(kind)) = (method, find(&call.resource)) else {
        return Err(Status::method_not_allowed());
    };
    let asked = objects::object(object_content(&call.headers)?, &body::read(body).await?)?;
    let answered = json!({
        "kind": kind,
        "apiVersion": format!("{}/v1", call.resource.group),
        "metadata": {"creationTimestamp": null},
        "spec": asked["spec"],
        "status": verdict(kind),
    });
    Ok(Answer::of(answered).code(201).pretty(call.query.pretty).respond("application/json"))
}

fn verdict(kind: &str) -> Value {
    match kind {
        "SelfSubjectReview" => {
            json!({"userInfo": {"username": "system:admin", "groups": ["system:masters", "system:authenticated"]}})
        }
        "SelfSubjectRulesReview" => json!({
            "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
            "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
            "incomplete": false,
        }),
        _ => json!({"allowed": true, "reason": "this server allows everything"}),
    }
}
