//! The providers, each as somebody would configure it, and what it is used to hear.

use crd::Metric;
use serde_json::{Value, json};

use super::theatre::Keys;

/// How a provider is brought to ask an address, and what it is used to hear.
pub(super) struct Provider {
    config: fn(&str) -> Value,
    /// What it is used to hear.
    pub(super) reply: &'static str,
    /// Where its keys come from, if it needs any.
    pub(super) keys: Keys,
}

/// Every provider, and every way to ask it that is answered in another shape.
pub(super) const PROVIDERS: &[Provider] = &[
    Provider {
        config: |address| json!({"prometheus": {"address": address, "query": "up"}}),
        reply: r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"0.5"]}]}}"#,
        keys: Keys::Written,
    },
    Provider {
        config: |address| json!({"prometheus": {"address": address, "query": "up", "rangeQuery": {"start": "now()", "end": "now()", "step": "1m"}}}),
        reply: r#"{"status":"success","warnings":["w"],"data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"0.5"],[2,"NaN"]]}]}}"#,
        keys: Keys::Written,
    },
    Provider {
        config: |address| json!({"web": {"url": address, "jsonPath": "{$.data[?(@.ok==true)].value}"}}),
        reply: "{$.data[0:2].value}\n{\"data\": [{\"ok\": true, \"value\": 1.5}, 2, \"x\"]}",
        keys: Keys::Written,
    },
    Provider {
        config: |_| json!({"datadog": {"query": "avg:errors{*}"}}),
        reply: r#"{"series": [{"pointlist": [[1598867910000, 0.1], [1598867925000, 0.003]]}]}"#,
        keys: Keys::Written,
    },
    Provider {
        config: |_| json!({"datadog": {"apiVersion": "v2", "query": "avg:errors{*}"}}),
        reply: r#"{"data": {"attributes": {"columns": [{"values": [0.004]}]}, "errors": null}}"#,
        keys: Keys::Written,
    },
    Provider {
        config: |address| comparison(&json!({"prometheus": {"address": address}})),
        reply: r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"le":"0.1","route":"/a"},"value":[1,"3"]},{"metric":{"le":"+Inf"},"value":[1,"9"]}]}}"#,
        keys: Keys::Written,
    },
    Provider {
        config: |_| comparison(&json!({"datadog": {}})),
        reply: r#"{"data":{"attributes":{"columns":[{"type":"group","name":"upper_bound","values":[["0.1"],["0.5"]]},{"type":"group","name":"lower_bound","values":[["0"],["0.1"]]},{"type":"group","name":"route","values":[["/a"],["/b"]]},{"type":"number","values":[7,9]}]}}}"#,
        keys: Keys::Written,
    },
    Provider {
        config: |_| json!({"newRelic": {"query": "SELECT 1"}}),
        reply: r#"{"data":{"actor":{"account":{"nrql":{"results":[{"count":10}]}}}}}"#,
        keys: Keys::Written,
    },
    Provider {
        config: |address| json!({"wavefront": {"address": address, "query": "ts(a)"}}),
        reply: r#"{"timeseries":[{"data":[[1699999000, 1.0]]}],"warnings":"slow"}"#,
        keys: Keys::Written,
    },
    Provider {
        config: |address| json!({"graphite": {"address": address, "query": "target=x"}}),
        reply: r#"[{"target":"x","datapoints":[[1.5,1700000000],[null,1700000060]]}]"#,
        keys: Keys::Written,
    },
    Provider {
        config: |_| json!({"influxdb": {"query": "from(b)"}}),
        reply: "#datatype,string,long,dateTime:RFC3339,double\n#group,false,false,false,false\n#default,_result,,,\n,result,table,_time,_value\n,,0,2026-01-01T00:00:00Z,1.5\n",
        keys: Keys::Written,
    },
    Provider {
        config: |address| json!({"skywalking": {"address": address, "query": "query q", "interval": "3m"}}),
        reply: r#"{"data":{"result":{"values":{"values":[{"value":1}]}}}}"#,
        keys: Keys::Written,
    },
    Provider {
        config: |_| json!({"cloudWatch": {"metricDataQueries": [{"id": "a", "expression": "1"}]}}),
        reply: r#"{"MetricDataResults":[{"Id":"a","Values":[0.1],"Timestamps":[1.7e9],"StatusCode":"Complete"}],"Messages":[]}"#,
        keys: Keys::Written,
    },
    Provider {
        config: |address| {
            let scope = json!({"scope": "s", "start": "2026-01-01T00:00:00Z", "end": "2026-01-01T01:00:00Z", "step": 60});
            json!({"kayenta": {"address": address, "application": "a", "canaryConfigName": "c", "metricsAccountName": "m",
                               "storageAccountName": "s", "threshold": {"pass": 90, "marginal": 70},
                               "scopes": [{"name": "default", "controlScope": scope, "experimentScope": scope}]}})
        },
        reply: r#"[{"name":"c","id":"1"}]"#,
        keys: Keys::Written,
    },
    Provider {
        config: |_| json!({"cloudWatch": {"metricDataQueries": [{"id": "a", "expression": "1"}]}}),
        reply: r#"<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>a</AccessKeyId><SecretAccessKey>b&amp;c</SecretAccessKey><SessionToken>d</SessionToken></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"#,
        keys: Keys::Role,
    },
    Provider {
        config: |_| json!({"cloudWatch": {"metricDataQueries": [{"id": "a", "expression": "1"}]}}),
        reply: r#"{"AccessKeyId":"a","SecretAccessKey":"b","Token":"c","Expiration":"2026-01-01T01:00:00Z"}"#,
        keys: Keys::Container,
    },
    Provider {
        config: |address| json!({"prometheus": {"address": address, "query": "up", "authentication": {"oauth2": {"tokenUrl": address, "clientId": "c", "clientSecret": "s", "scopes": ["a"]}}}}),
        reply: r#"{"access_token":"t","token_type":"bearer","status":"success","data":{"resultType":"scalar","result":[1,"0.5"]}}"#,
        keys: Keys::Written,
    },
];

impl Provider {
    /// A metric that asks `address`. For one that picks a value by JSONPath, the first line of `text` is the path, and the
    /// rest is what it hears.
    pub(super) fn asking<'t>(&self, address: &str, text: &'t str) -> Option<(Metric, &'t str)> {
        let mut config = (self.config)(address);
        let mut body = text;
        if let Some(path) = config.pointer_mut("/web/jsonPath")
            && let Some((line, rest)) = text.split_once('\n')
        {
            *path = line.into();
            body = rest;
        }
        let metric = serde_json::from_value(json!({"name": "m", "provider": config})).ok()?;
        Some((metric, body))
    }
}

/// Counts by stratum and a histogram, of both arms.
fn comparison(source: &Value) -> Value {
    let counts = json!({"bad": "b", "total": "t"});
    json!({"plugin": {"aviary/compare": {"source": source, "metrics": [
        {"name": "errors", "kind": "proportion", "strata": "route", "canary": counts, "stable": counts},
        {"name": "all", "kind": "proportion", "canary": counts, "stable": {}},
        {"name": "slow", "kind": "latency", "canary": {"buckets": "b"}, "stable": {"buckets": "b"}},
    ]}}})
}
