//! How metrics are measured.

use clap::Args;
use cluster::Egress;

use super::Failure;

/// How metrics are measured.
#[derive(Args, Debug)]
#[command(next_help_heading = "Measuring")]
pub(super) struct MeasuringFlags {
    /// An address, network or host (`10.1.2.3`, `10.0.0.0/8`, `h.example`, `*.example`) that metrics may ask although it is
    /// the machine's own, its link's, or a cloud's metadata service; may be given several times
    #[arg(long, value_name = "RULE")]
    metric_egress_allow: Vec<String>,
    /// An address, network or host that metrics must not ask; may be given several times
    #[arg(long, value_name = "RULE")]
    metric_egress_deny: Vec<String>,
    /// Let an AnalysisRun end Successful although no measurement was successful, as the peer does
    #[arg(long)]
    pub(super) accept_no_success: bool,
}

impl MeasuringFlags {
    /// Where metrics may be asked.
    pub(super) fn egress(&self) -> Result<Egress, Failure> {
        let wrong = |flag: &'static str| move |error| Failure::Egress { flag, error };
        let mut egress = Egress::guarded();
        for rule in &self.metric_egress_allow {
            egress = egress.allow(rule).map_err(wrong("--metric-egress-allow"))?;
        }
        for rule in &self.metric_egress_deny {
            egress = egress.deny(rule).map_err(wrong("--metric-egress-deny"))?;
        }
        Ok(egress)
    }
}
