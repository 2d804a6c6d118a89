//! A server on loopback that says what the fuzzer made up; each provider asks it as it would ask the real thing.

use std::cell::OnceCell;
use std::sync::{Arc, Mutex, PoisonError};

use crd::Metric;
use metric_providers::{Clients, Ctx, read, resume};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use super::now;

/// Where keys for AWS come from: whoever hands them out is heard as well.
#[derive(Clone, Copy)]
pub(super) enum Keys {
    Written,
    Role,
    Container,
    /// The shared files, whose paths these are: of the configuration, and of the keys.
    Files([&'static str; 2]),
}

/// What the server answers, whatever it is asked.
#[derive(Clone, Default)]
pub(super) struct Said {
    /// Status and reason, `200 OK`.
    pub(super) status: &'static str,
    /// Header lines, each with its line end.
    pub(super) headers: String,
    pub(super) body: Vec<u8>,
}

impl Said {
    pub(super) fn fine(body: &str) -> Self {
        let headers = "content-type: application/json\r\n".to_owned();
        Self { status: "200 OK", headers, body: body.as_bytes().to_vec() }
    }
}

/// A runtime with a server that answers every request with the same.
pub(super) struct Theatre {
    runtime: Runtime,
    address: String,
    said: Arc<Mutex<Said>>,
    clients: Clients,
}

thread_local! {
    static THEATRE: OnceCell<Option<Theatre>> = const { OnceCell::new() };
}

/// Lets something be played; nothing, where no server can be had.
pub(super) fn on_stage(play: impl FnOnce(&Theatre)) {
    THEATRE.with(|cell| {
        if let Some(theatre) = cell.get_or_init(|| Theatre::new().ok()) {
            play(theatre);
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
        let said: Arc<Mutex<Said>> = Arc::default();
        let heard = Arc::clone(&said);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&heard)));
            }
        });
        Ok(Self { runtime, address, said, clients: Clients::default() })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Asks for a measurement, and for one that was begun.
    pub(super) fn play(&self, metric: &Metric, keys: Keys, said: Said) {
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = said;
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
                ("AWS_CONFIG_FILE", Keys::Files([path, _]))
                | ("AWS_SHARED_CREDENTIALS_FILE", Keys::Files([_, path])) => path,
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
async fn serve(stream: TcpStream, said: Arc<Mutex<Said>>) -> Option<()> {
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
        let Said { status, headers, body } = said.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len());
        stream.write_all(&[head.as_bytes(), body.as_slice()].concat()).await.ok()?;
    }
}
