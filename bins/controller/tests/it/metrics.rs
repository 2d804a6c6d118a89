//! A Prometheus that answers every query with one number.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::runtime::Runtime;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// The server, on a runtime of its own.
pub(crate) struct Metrics {
    server: Option<MockServer>,
    bits: Arc<AtomicU64>,
    runtime: Runtime,
}

impl Metrics {
    /// One that answers 0.
    pub(crate) fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let bits = Arc::new(AtomicU64::new(0));
        let read = Arc::clone(&bits);
        let server = runtime.block_on(async {
            let server = MockServer::start().await;
            let answer = move |_: &Request| {
                let value = f64::from_bits(read.load(Ordering::Relaxed)).to_string();
                let result = serde_json::json!([{"metric": {}, "value": [0, value]}]);
                let data = serde_json::json!({"resultType": "vector", "result": result});
                ResponseTemplate::new(200)
                    .set_body_json(serde_json::json!({"status": "success", "data": data}))
            };
            Mock::given(path("/api/v1/query")).respond_with(answer).mount(&server).await;
            server
        });
        Self { server: Some(server), bits, runtime }
    }

    pub(crate) fn address(&self) -> String {
        self.server.as_ref().unwrap().uri()
    }

    /// From now on the answer is `value`.
    pub(crate) fn answer(&self, value: f64) {
        self.bits.store(value.to_bits(), Ordering::Relaxed);
    }
}

impl Drop for Metrics {
    fn drop(&mut self) {
        // The server ends on the runtime that it began on.
        let server = self.server.take();
        self.runtime.block_on(async { drop(server) });
    }
}
