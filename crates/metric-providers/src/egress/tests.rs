//! What the guard lets through, and what not.

use super::*;

fn refused_by(egress: &Egress, url: &str) -> Option<String> {
    egress.check_url(&Url::parse(url).unwrap()).err().map(|refused| refused.rule)
}

#[test]
fn what_leads_to_the_machine_or_its_keys_is_refused_in_every_notation() {
    let guarded = Egress::guarded();
    for (url, rule) in [
        ("http://127.0.0.1", "127.0.0.0/8 (loopback)"),
        ("http://127.1:9090", "127.0.0.0/8 (loopback)"),
        ("http://2130706433/", "127.0.0.0/8 (loopback)"),
        ("http://0x7f.0.0.1/", "127.0.0.0/8 (loopback)"),
        ("http://0177.0.0.01/", "127.0.0.0/8 (loopback)"),
        ("http://１２７.0.0.1/", "127.0.0.0/8 (loopback)"),
        ("http://[::1]:80/", "::1 (loopback)"),
        ("http://[::ffff:127.0.0.1]/", "127.0.0.0/8 (loopback)"),
        ("http://[::127.0.0.1]/", "127.0.0.0/8 (loopback)"),
        ("http://[64:ff9b::a9fe:a9fe]/", "169.254.169.254 (cluster metadata)"),
        ("http://[2002:a9fe:a9fe::1]/", "169.254.169.254 (cluster metadata)"),
        ("http://0/", "0.0.0.0/8 (unspecified)"),
        ("http://[::]/", ":: (unspecified)"),
        ("http://169.254.169.254/latest", "169.254.169.254 (cluster metadata)"),
        ("http://169.254.170.2/", "169.254.0.0/16 (link-local)"),
        ("http://[fe80::1]/", "fe80::/10 (link-local)"),
        ("http://[fd00:ec2::254]/", "fd00:ec2::254 (cluster metadata)"),
        ("http://[fd00:ec2::23]/", "fd00:ec2::23 (credentials of pods)"),
        ("http://[fd20:ce::254]/", "fd20:ce::254 (cluster metadata)"),
        ("http://[fd00:c1::a9fe:a9fe]/", "fd00:c1::a9fe:a9fe (cluster metadata)"),
        ("http://[fd00:42::42]/", "fd00:42::42 (cluster metadata)"),
        ("http://192.0.0.192/", "192.0.0.192 (cluster metadata)"),
        ("http://168.63.129.16/", "168.63.129.16 (cluster metadata)"),
        ("http://localhost:9090/", "127.0.0.0/8 (loopback)"),
        ("http://LOCALHOST./", "127.0.0.0/8 (loopback)"),
        ("http://a.b.localhost/", "127.0.0.0/8 (loopback)"),
        ("http://100.100.100.200/", "100.100.100.200 (cluster metadata)"),
        ("http://metadata.google.internal/", "metadata.google.internal (cluster metadata)"),
        ("http://METADATA.google.internal./", "metadata.google.internal (cluster metadata)"),
    ] {
        assert_eq!(refused_by(&guarded, url).as_deref(), Some(rule), "{url}");
        assert_eq!(refused_by(&Egress::open(), url), None, "{url}");
    }
}

#[test]
fn what_a_cluster_and_the_world_are_asked_at_is_allowed() {
    for url in [
        "http://prometheus.monitoring:9090",
        "https://api.datadoghq.com",
        "http://10.0.0.1",
        "http://172.16.0.9",
        "http://192.168.1.1",
        "http://[fd12::1]",
        "http://[fd00:42::43]",
        "http://localhost.example",
        "http://notlocalhost",
        "http://100.64.0.1",
        "http://[64:ff9b::a00:1]/",
    ] {
        assert_eq!(refused_by(&Egress::guarded(), url), None, "{url}");
    }
}

#[test]
fn a_name_is_judged_by_each_address_that_it_resolves_to() {
    let guarded = Egress::guarded();
    let at = |address: &str| guarded.check("web.example", Some(address.parse().unwrap()));
    assert_eq!(at("10.1.2.3"), Ok(()));
    let refused = at("169.254.169.254").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "egress to web.example (169.254.169.254) is refused by the rule 169.254.169.254 (cluster metadata); \
         --metric-egress-allow allows it"
    );
}

#[test]
fn the_operators_refusals_count_first_then_what_is_allowed_then_the_built_in_rules() {
    let egress = Egress::guarded();
    let egress = egress.allow("127.0.0.1").unwrap().allow("*.metrics.example").unwrap();
    let egress = egress.deny("10.9.0.0/16").unwrap().deny("Bad.Metrics.Example.").unwrap();
    assert_eq!(refused_by(&egress, "http://127.0.0.1:9090"), None);
    assert_eq!(refused_by(&egress, "http://127.0.0.2:9090").as_deref(), Some("127.0.0.0/8 (loopback)"));
    assert_eq!(refused_by(&egress, "http://10.9.1.1").as_deref(), Some("10.9.0.0/16"));
    assert_eq!(refused_by(&egress, "http://10.8.1.1"), None);
    let link_local = Some("169.254.1.1".parse().unwrap());
    assert_eq!(egress.check("a.metrics.example", link_local), Ok(()));
    assert_eq!(egress.check("bad.metrics.example", None).unwrap_err().rule, "bad.metrics.example");
    assert!(egress.check("metrics.example", link_local).is_err());
    let open = Egress::open().allow("127.0.0.1").unwrap();
    assert!(open.is_open());
    assert_eq!(
        refused_by(&open.deny("10.0.0.0/8").unwrap(), "http://10.0.0.1").as_deref(),
        Some("10.0.0.0/8")
    );
}

#[test]
fn localhost_is_what_its_addresses_are() {
    let local = "http://localhost:9090/";
    for rule in ["localhost", "127.0.0.0/8", "::1"] {
        assert_eq!(refused_by(&Egress::guarded().allow(rule).unwrap(), local), None, "{rule}");
        let denied = refused_by(&Egress::open().deny(rule).unwrap(), local);
        assert!(denied.is_some_and(|by| by.starts_with(rule)), "{rule}");
    }
}

#[test]
fn a_mistake_in_a_rule_is_told() {
    for text in ["", "10.0.0.0/33", "300.1.1.1", "*", "*.", "a b", "http://h"] {
        assert_eq!(Egress::guarded().allow(text), Err(NoRule(text.to_owned())), "{text}");
    }
}
