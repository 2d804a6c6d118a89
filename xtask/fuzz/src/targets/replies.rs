//! Replies of metric systems: whoever runs one, or stands between, writes them.
//!
//! A server on loopback says what the fuzzer made up; each provider asks it as it would ask the real thing.

use std::cell::OnceCell;
use std::sync::{Arc, Mutex, PoisonError};

use crd::Metric;
use metric_providers::{Clients, Ctx, read, resume};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use super::{Target, choice_and_text, now, row, with_choice};

pub(super) const TARGET: Target = Target {
    name: "replies",
    about: "replies to every metric provider, and the JSONPath that picks a value out of them",
    run,
    seeds: || {
        let rows = (0..).zip(PROVIDERS);
        rows.map(|(first, provider)| with_choice(first, provider.reply.as_bytes())).collect()
    },
};

/// How a provider is brought to ask an address, and what it is used to hear.
struct Provider {
    config: fn(&str) -> Value,
    reply: &'static str,
    keys: Keys,
}

/// Where keys for AWS come from: whoever hands them out is heard as well.
#[derive(Clone, Copy)]
enum Keys {
    Written,
    Role,
    Container,
}

const PROVIDERS: &[Provider] = &[
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

/// Counts by stratum and a histogram, of both arms.
fn comparison(source: &Value) -> Value {
    let counts = json!({"bad": "b", "total": "t"});
    json!({"plugin": {"aviary/compare": {"source": source, "metrics": [
        {"name": "errors", "kind": "proportion", "strata": "route", "canary": counts, "stable": counts},
        {"name": "all", "kind": "proportion", "canary": counts, "stable": {}},
        {"name": "slow", "kind": "latency", "canary": {"buckets": "b"}, "stable": {"buckets": "b"}},
    ]}}})
}

/// A runtime with a server that answers every request with the same body.
struct Theatre {
    runtime: Runtime,
    address: String,
    reply: Arc<Mutex<Vec<u8>>>,
    clients: Clients,
}

thread_local! {
    static THEATRE: OnceCell<Option<Theatre>> = const { OnceCell::new() };
}

fn run(data: &[u8]) {
    let (first, text) = choice_and_text(data);
    let Some(provider) = row(PROVIDERS, first) else { return };
    THEATRE.with(|cell| {
        let Some(theatre) = cell.get_or_init(|| Theatre::new().ok()) else { return };
        let mut config = (provider.config)(&theatre.address);
        let mut body = text.as_str();
        if let Some(path) = config.pointer_mut("/web/jsonPath")
            && let Some((line, rest)) = text.split_once('\n')
        {
            *path = line.into();
            body = rest;
        }
        let metric: Result<Metric, _> = serde_json::from_value(json!({"name": "m", "provider": config}));
        if let Ok(metric) = metric {
            theatre.play(&metric, provider.keys, body);
        }
    });
}

impl Theatre {
    fn new() -> std::io::Result<Self> {
        // Fails only if a provider is installed already, and then there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let address = format!("http://{}", listener.local_addr()?);
        let reply: Arc<Mutex<Vec<u8>>> = Arc::default();
        let said = Arc::clone(&reply);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&said)));
            }
        });
        Ok(Self { runtime, address, reply, clients: Clients::default() })
    }

    fn play(&self, metric: &Metric, keys: Keys, body: &str) {
        *self.reply.lock().unwrap_or_else(PoisonError::into_inner) = body.as_bytes().to_vec();
        let address = self.address.as_str();
        let nerdgraph = format!("{address}/graphql");
        let credentials = [
            ("api-key", "k"),
            ("app-key", "k"),
            ("address", address),
            ("personal-api-key", "k"),
            ("account-id", "42"),
            ("region", "us"),
            ("base-url-nerdgraph", nerdgraph.as_str()),
            ("authToken", "t"),
            ("org", "o"),
            (address, "t"),
        ];
        let environment = |name: &str| {
            let value = match (name, keys) {
                ("AWS_ENDPOINT_URL_CLOUDWATCH" | "AWS_ENDPOINT_URL_STS", _)
                | ("AWS_CONTAINER_CREDENTIALS_FULL_URI", Keys::Container) => address,
                ("AWS_REGION", _) => "us-east-1",
                ("AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY", Keys::Written) => "k",
                ("AWS_ROLE_ARN", Keys::Role) => "arn:aws:iam::1:role/r",
                // What a token says is its platform's; any text will do.
                ("AWS_WEB_IDENTITY_TOKEN_FILE", Keys::Role) => {
                    concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")
                }
                _ => return None,
            };
            Some(value.to_owned())
        };
        let ctx = Ctx {
            clock: &now,
            // What is tried again is tried again at once.
            wait: &|_| Box::pin(async {}),
            times: &|_| Ok(now()),
            environment: &environment,
            credentials: credentials
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into_iter()
                .collect(),
            clients: self.clients.clone(),
            ..Ctx::default()
        };
        // Kayenta judges later; the others say that there is nothing to go on with.
        let remembered = [("canaryExecutionId".to_owned(), "1".to_owned())].into();
        let readings = self
            .runtime
            .block_on(async { [read(&ctx, metric).await, resume(&ctx, metric, &remembered).await] });
        for reading in readings {
            if let Ok(Some(value)) = &reading.outcome {
                let _text = value.text();
                let _typed = expr::Value::from(value);
            }
        }
    }
}

/// Answers every request on a connection.
async fn serve(stream: TcpStream, reply: Arc<Mutex<Vec<u8>>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut length = 0_usize;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            let line = line.trim().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line.is_empty() {
                break;
            }
        }
        let mut asked = vec![0; length];
        stream.read_exact(&mut asked).await.ok()?;
        let body = reply.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body.as_slice()].concat()).await.ok()?;
    }
}
