//! The judge's answer, and the verdict that its score makes.

use crd::AnalysisPhase;
use serde_json::Value as Json;

use super::config::Threshold;
use crate::Verdict;

/// `None` while the judge is at work.
pub(super) fn read(answer: &Json, threshold: &Threshold) -> Result<Option<Verdict>, String> {
    let complete = answer.get("complete").and_then(Json::as_bool);
    if !complete.ok_or("Missing Complete Status")? {
        return Ok(None);
    }
    let score = answer.pointer("/result/judgeResult/score/score").and_then(Json::as_f64);
    // Truncated towards zero.
    let score = score.ok_or("Missing Score")? as i64;
    let phase = if score >= threshold.pass {
        AnalysisPhase::Successful
    } else if score >= threshold.marginal {
        AnalysisPhase::Inconclusive
    } else {
        AnalysisPhase::Failed
    };
    Ok(Some(Verdict { text: score.to_string(), ..Verdict::new(phase, "") }))
}
