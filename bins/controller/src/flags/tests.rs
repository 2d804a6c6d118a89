//! The command line: names, defaults, what is refused, and what is said about it.

use super::*;

fn read(words: &[&str]) -> Result<Flags, clap::Error> {
    let words = std::iter::once("aviary-controller").chain(words.iter().copied());
    Flags::read(words.map(Into::into))
}

#[test]
fn the_flags_are_sound() {
    Flags::whole_command().debug_assert();
}

/// Every flag of the peer with its default (spec controller-binary 1); `-` where there is none.
const PEER: &str = "
rollout-resync=900 namespaced=false namespace=- instance-id= loglevel=info logformat= kloglevel=0 metricsPort=8090
healthzPort=8080 qps=40 burst=80 rollout-threads=10 experiment-threads=10 analysis-threads=30 service-threads=10
ingress-threads=10 ephemeral-metadata-threads=10 ephemeral-metadata-update-pod-retries=3
aws-target-group-binding-api-version=elbv2.k8s.aws/v1beta1 alb-tag-key-resource-id=ingress.k8s.aws/resource
istio-api-version=v1alpha3 ambassador-api-version=getambassador.io/v2 traffic-split-api-version=v1alpha1
traefik-api-group=traefik.io traefik-api-version=traefik.io/v1alpha1 ingress-api-version= appmesh-crd-version=v1beta2
alb-ingress-classes=alb nginx-ingress-classes=nginx aws-verify-target-group=false alb-verify-weight=false
leader-elect=true leader-election-lease-duration=15s leader-election-renew-deadline=10s
leader-election-retry-period=2s self-service-notification-enabled=false controllers=- enable-pprof-address=
version=false kubeconfig=- context=- cluster=- user=- server=- token=- username=- password=- as=- as-group=- as-uid=-
certificate-authority=- client-certificate=- client-key=- insecure-skip-tls-verify=false tls-server-name=-
proxy-url=- disable-compression=false request-timeout=0 metricsport=-";

#[test]
fn every_flag_of_the_peer_is_there_with_its_default() {
    let command = Flags::whole_command();
    for row in PEER.split_whitespace() {
        let (name, expected) = row.split_once('=').unwrap();
        let flag = command.get_arguments().find(|argument| argument.get_long() == Some(name));
        let flag = flag.unwrap_or_else(|| panic!("--{name} is missing"));
        let defaults: Vec<_> = flag.get_default_values().iter().filter_map(|value| value.to_str()).collect();
        let default = if defaults.is_empty() { "-".to_owned() } else { defaults.join(",") };
        assert_eq!(default, expected, "--{name}");
    }
    let short = command.get_arguments().find(|argument| argument.get_short() == Some('n')).unwrap();
    assert_eq!(short.get_long(), Some("namespace"));
}

#[test]
fn the_help_is_that_in_fixtures() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/controller/help.txt");
    let help = Flags::whole_command().term_width(100).render_help().to_string();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &help).unwrap();
    }
    assert_eq!(help, std::fs::read_to_string(path).unwrap(), "UPDATE=1 cargo test -p aviary-controller");
}

#[test]
fn flags_are_written_as_for_the_peer() {
    let flags =
        read(&["--namespaced", "-n", "shop", "--leader-elect=F", "--metricsPort=1", "--qps", "2.5"]).unwrap();
    assert!(flags.namespaced && flags.notices.is_empty());
    assert_eq!((flags.metrics_port, flags.healthz_port, flags.qps), (1, 8080, 2.5));
    assert_eq!(flags.connection().namespace.as_deref(), Some("shop"));
    assert_eq!(flags.election.lease("home", "", Controllers::All).unwrap(), None);
}

#[test]
fn what_changes_nothing_and_what_has_another_name_is_said() {
    let flags = read(&["--metricsport=7", "--alb-ingress-classes=a", "--alb-ingress-classes", "b"]).unwrap();
    assert_eq!(flags.old_metrics_port, Some(7));
    let [renamed, without_effect] = &flags.notices[..] else { panic!("{:?}", flags.notices) };
    assert!(renamed.contains("--metricsport") && renamed.contains("--metricsPort"), "{renamed}");
    assert!(without_effect.starts_with("--alb-ingress-classes has no effect"), "{without_effect}");
}

#[test]
fn what_is_no_flag_or_no_value_is_refused() {
    for (words, named) in [
        (&["--no-such-flag"][..], "--no-such-flag"),
        (&["--loglevel=loud"], "not a valid logrus Level: \"loud\""),
        (&["--leader-elect=perhaps"], "--leader-elect"),
        (&["--leader-election-lease-duration=15"], "missing unit"),
        (&["--rollout-threads=many"], "--rollout-threads"),
        (&["--beaconPort=8443"], "--beaconTLS"),
        (&["--namespaced", "false"], "false"),
    ] {
        let refusal = read(words).unwrap_err().to_string();
        assert!(refusal.contains(named), "{words:?}: {refusal}");
    }
}

#[test]
fn a_namespace_may_have_egress_rules_of_its_own_beside_those_of_all() {
    let words = [
        "--metric-egress-allow=shop=127.0.0.1",
        "--metric-egress-deny=10.0.0.0/8",
        "--metric-egress-allow=shop=10.1.2.3",
        "--metric-egress-deny=lab=*.example",
    ];
    let egress = read(&words).unwrap().measuring.egress().unwrap();
    let asked = |namespace: &str, host: &str| egress.of(namespace).check(host, None).is_ok();
    assert_eq!(["shop", "lab", "other"].map(|namespace| asked(namespace, "127.0.0.1")), [true, false, false]);
    assert_eq!(["shop", "lab", "other"].map(|namespace| asked(namespace, "a.example")), [true, false, true]);
    assert!(!asked("shop", "10.1.2.3"), "what is refused everywhere is refused in every namespace");
    let refusal = read(&["--metric-egress-allow=shop=10.0.0.0/99"]).unwrap().measuring.egress().unwrap_err();
    assert!(refusal.to_string().contains("10.0.0.0/99"), "{refusal}");
}

#[test]
fn controllers_takes_the_one_that_can_run_by_itself() {
    let controllers = |words: &[&str]| read(words).unwrap().controllers().map_err(|error| error.to_string());
    assert_eq!(controllers(&[]), Ok(Controllers::All));
    assert_eq!(controllers(&["--controllers=analysis"]), Ok(Controllers::Analysis));
    let refusal = controllers(&["--controllers=analysis,rollout"]).unwrap_err();
    assert!(refusal.starts_with("unsupported controller: rollout"), "{refusal}");
}

#[test]
fn the_lease_is_the_peers() {
    let lease = |words: &[&str], id, controllers| {
        read(words).unwrap().election.lease("ctl", id, controllers).map(Option::unwrap)
    };
    let plain = lease(&[], "", Controllers::All).unwrap();
    assert_eq!((plain.namespace.as_str(), plain.name.as_str()), ("ctl", "argo-rollouts-controller-lock"));
    let seconds = [plain.duration, plain.renew_deadline, plain.retry_period].map(|time| time.as_secs());
    assert_eq!(seconds, [15, 10, 2]);
    assert_eq!(lease(&[], "blue", Controllers::All).unwrap().name, "argo-rollouts-controller-lock-blue");
    assert_eq!(lease(&[], "blue", Controllers::Analysis).unwrap().name, plain.name);
    assert_ne!(lease(&[], "", Controllers::All).unwrap().identity, plain.identity, "unique over all lives");
    let late =
        lease(&["--leader-election-renew-deadline=15s"], "", Controllers::All).unwrap_err().to_string();
    assert!(late.contains("--leader-election-renew-deadline=15s") && late.contains("shorter"), "{late}");
    let seldom = lease(&["--leader-election-retry-period=9s"], "", Controllers::All).unwrap_err().to_string();
    assert!(seldom.contains("--leader-election-retry-period=9s"), "{seldom}");
}

#[test]
fn a_lease_needs_a_namespace() {
    let refused = read(&[]).unwrap().election.lease("", "", Controllers::All).unwrap_err().to_string();
    assert!(refused.starts_with("LeaderElectionNamespace is empty"), "{refused}");
    assert_eq!(
        read(&["--leader-elect=false"]).unwrap().election.lease("", "", Controllers::All).unwrap(),
        None
    );
}

#[test]
fn an_unknown_format_of_the_log_is_said() {
    let notice = |format: &str| read(&["--logformat", format]).unwrap().log.notice();
    assert_eq!(["", "text", "TEXT", "Json"].map(notice), [const { None }; 4]);
    assert!(notice("xml").unwrap().contains("\"xml\""));
}

#[test]
fn no_secret_of_the_command_line_is_shown() {
    let flags = read(&["--token=s3cret", "--password=s3cret"]).unwrap();
    assert!(!format!("{flags:?}").contains("s3cret"));
}
