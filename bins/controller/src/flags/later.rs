//! Flags of the peer that change nothing here yet: a Deployment that gives them must start all the same.

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, value_parser};

use super::go;

/// What a flag takes.
pub(super) enum Takes {
    /// A whole number.
    Number,
    /// `true` or `false`; nothing means `true`.
    Boolean,
    /// A word.
    Word,
    /// A word; may be given several times.
    Words,
}

/// A flag that is accepted.
pub(super) struct Flag {
    /// Its name, less the hyphens.
    pub(super) name: &'static str,
    takes: Takes,
    default: &'static str,
    about: &'static str,
}

const fn flag(name: &'static str, takes: Takes, default: &'static str, about: &'static str) -> Flag {
    Flag { name, takes, default, about }
}

/// The flags, by what they belong to. A part that comes takes its flags out of here.
pub(super) const LATER: &[Flag] = &[
    flag("ingress-threads", Takes::Number, "10", "Ingresses at the same time"),
    flag("ephemeral-metadata-threads", Takes::Number, "10", "Pods labelled at the same time"),
    flag("ephemeral-metadata-update-pod-retries", Takes::Number, "3", "Tries to label a pod"),
    flag("aws-target-group-binding-api-version", Takes::Word, "elbv2.k8s.aws/v1beta1", "AWS load balancers"),
    flag("alb-tag-key-resource-id", Takes::Word, "ingress.k8s.aws/resource", "AWS load balancers"),
    flag("alb-ingress-classes", Takes::Words, "alb", "Ingress classes of AWS load balancers"),
    flag("aws-verify-target-group", Takes::Boolean, "false", "Verifies what AWS load balancers do"),
    flag("alb-verify-weight", Takes::Boolean, "false", "Old name of --aws-verify-target-group"),
    flag("nginx-ingress-classes", Takes::Words, "nginx", "Ingress classes of NGINX"),
    flag("ingress-api-version", Takes::Word, "", "API of Ingresses"),
    flag("istio-api-version", Takes::Word, "v1alpha3", "API of Istio"),
    flag("ambassador-api-version", Takes::Word, "getambassador.io/v2", "API of Ambassador"),
    flag("traffic-split-api-version", Takes::Word, "v1alpha1", "API of SMI"),
    flag("traefik-api-group", Takes::Word, "traefik.io", "API of Traefik"),
    flag("traefik-api-version", Takes::Word, "traefik.io/v1alpha1", "API of Traefik"),
    flag("appmesh-crd-version", Takes::Word, "v1beta2", "API of App Mesh"),
    flag(
        "self-service-notification-enabled",
        Takes::Boolean,
        "false",
        "Notifications are configured in every namespace",
    ),
    flag("enable-pprof-address", Takes::Word, "", "Profiles of the Go runtime; there is none"),
];

/// The flags as clap knows them.
pub(super) fn flags() -> impl Iterator<Item = Arg> {
    LATER.iter().map(|flag| {
        let parser: ValueParser = match flag.takes {
            Takes::Number => value_parser!(u32).into(),
            Takes::Boolean => ValueParser::new(go::boolean),
            Takes::Word | Takes::Words => ValueParser::string(),
        };
        let value_name = match flag.takes {
            Takes::Number => "NUMBER",
            Takes::Boolean => "BOOL",
            Takes::Word | Takes::Words => "TEXT",
        };
        let action = if matches!(flag.takes, Takes::Words) { ArgAction::Append } else { ArgAction::Set };
        let argument = Arg::new(flag.name).long(flag.name).help(flag.about).value_name(value_name);
        let argument = argument.value_parser(parser).action(action).default_value(flag.default);
        let argument = argument.help_heading("Accepted, without effect in this version");
        let argument = argument.hide_default_value(flag.default.is_empty());
        if matches!(flag.takes, Takes::Boolean) {
            argument.num_args(0..=1).require_equals(true).default_missing_value("true")
        } else {
            argument
        }
    })
}
