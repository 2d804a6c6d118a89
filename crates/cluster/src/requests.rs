//! The way of every request to the API server: bounded in number, stopped when it would write without a lease, counted.

mod asked;
mod rate;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use http::{Request, Response};
use kube::Client;
use kube::client::Body;
use tower::BoxError;

use crate::lease::Fence;
use crate::metrics::Metrics;
use crate::settings::RequestRate;
pub(crate) use asked::{Asked, Verb};
pub(crate) use rate::Rate;

/// What requests pass on their way; clients that are made of one way share its bound and its counts.
#[derive(Clone)]
pub(crate) struct Way {
    client: Client,
    rate: Option<Arc<Rate>>,
    metrics: Arc<Metrics>,
}

/// A write that was stopped because the lease is not ours.
#[derive(Debug, thiserror::Error)]
#[error("this controller does not hold the lease: nothing is written")]
pub(crate) struct Fenced;

impl Way {
    /// The way that begins at `client`.
    pub(crate) fn new(client: Client, rate: Option<RequestRate>, metrics: Arc<Metrics>) -> Self {
        Self { client, rate: rate.map(|rate| Arc::new(Rate::new(rate))), metrics }
    }

    /// Where requests are counted.
    pub(crate) fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// The same way to another cluster: bounded and counted together with this one's.
    pub(crate) fn to(&self, client: Client) -> Self {
        Self { client, ..self.clone() }
    }

    /// A client whose writes are stopped unless `fence` holds.
    pub(crate) fn fenced(&self, fence: Fence) -> Client {
        let way = self.clone();
        self.client(move |request| {
            let (way, fence) = (way.clone(), fence.clone());
            async move { way.send(request, Some(fence)).await }
        })
    }

    /// A client that may always write: for the lease itself, and for what only reads.
    pub(crate) fn open(&self) -> Client {
        let way = self.clone();
        self.client(move |request| {
            let way = way.clone();
            async move { way.send(request, None).await }
        })
    }

    fn client<F, R>(&self, send: F) -> Client
    where
        F: FnMut(Request<Body>) -> R + Send + 'static,
        R: Future<Output = Result<Response<Body>, BoxError>> + Send + 'static,
    {
        Client::new(tower::service_fn(send), self.client.default_namespace())
    }

    async fn send(&self, request: Request<Body>, fence: Option<Fence>) -> Result<Response<Body>, BoxError> {
        let asked = Asked::of(&request);
        if let Some(rate) = &self.rate {
            rate.wait(&asked).await;
        }
        let answer = match fence.filter(|_| asked.verb.writes()) {
            None => self.client.send(request).await?,
            Some(fence) => self.write(request, fence).await?,
        };
        self.metrics.request(&asked, answer.status());
        Ok(answer)
    }

    /// Sends a write, unless the lease is not ours, or ceases to be before the answer is there: connecting may take
    /// longer than the lease lasts. Whenever this goes on, the clock is looked at before anything else: in a process that
    /// was frozen the connection may be ready before the timer of the deadline has been seen to.
    async fn write(&self, request: Request<Body>, fence: Fence) -> Result<Response<Body>, BoxError> {
        let mut losing = fence.clone();
        let mut lost = pin!(losing.lost());
        let mut answer = pin!(self.client.send(request));
        poll_fn(|context| {
            if !fence.holds() || lost.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(Fenced.into()));
            }
            answer.as_mut().poll(context).map_err(Into::into)
        })
        .await
    }
}

#[cfg(test)]
mod tests;
