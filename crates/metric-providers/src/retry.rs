//! Asking again after a fault that may pass.

use std::time::Duration;

use crate::http::Reply;
use crate::{Ctx, Fault};

/// Asks up to `times` times, for as long as `passing` says so of the answer. The waits begin at `first` and double.
pub(crate) async fn ask<F: Future<Output = Result<Reply, Fault>>>(
    ctx: &Ctx<'_>,
    times: u32,
    first: Duration,
    passing: impl Fn(&Result<Reply, Fault>) -> bool,
    question: impl Fn() -> F,
) -> Result<Reply, Fault> {
    for attempt in 1..times {
        let answer = question().await;
        if !passing(&answer) {
            return answer;
        }
        // While it waits it keeps no place of a long answer.
        drop(answer);
        (ctx.wait)(first * 2u32.saturating_pow(attempt - 1)).await;
    }
    question().await
}

/// Whether a fault is of the way, and not of the question.
pub(crate) fn is_of_the_way(fault: &Fault) -> bool {
    matches!(fault, Fault::Connection(_) | Fault::Deadline(_))
}
