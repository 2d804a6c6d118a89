//! Releases that several regions make together: flags of ours.

use std::path::PathBuf;

use clap::Args;
use cluster::{BeaconSettings, Connection, Error, Settings, connect};

#[derive(Args, Debug)]
#[command(next_help_heading = "Regions")]
pub(super) struct RegionFlags {
    /// Which region this cluster is, as region gates name it.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "NAME")]
    region: String,
    /// Cluster of another region, as REGION=KUBECONFIG; may be given several times.
    #[arg(long, value_parser = peer, value_name = "REGION=KUBECONFIG")]
    peer: Vec<(String, PathBuf)>,
    /// Port on which the other regions' controllers hear of this region's releases, over HTTPS; 0 turns it off.
    #[arg(long = "beaconPort", default_value_t = 0, requires = "beacon_tls", value_name = "PORT")]
    beacon_port: u16,
    /// Directory with tls.crt, tls.key, and ca.crt (the authorities whose clients are believed) for --beaconPort.
    #[arg(long = "beaconTLS", value_name = "DIRECTORY")]
    beacon_tls: Option<PathBuf>,
}

impl RegionFlags {
    pub(super) fn name(&self) -> String {
        self.region.clone()
    }

    /// Makes a client for each of the other regions' clusters.
    pub(super) async fn add_peers(&self, settings: &mut Settings) -> Result<(), Error> {
        for (region, path) in &self.peer {
            let connection = Connection { kubeconfig: Some(path.clone()), ..Connection::default() };
            settings.peers.insert(region.clone(), connect(&connection).await?.client);
        }
        Ok(())
    }

    pub(super) fn beacons(&self) -> Option<BeaconSettings> {
        let (address, tls) = (super::address(self.beacon_port)?, self.beacon_tls.clone()?);
        Some(BeaconSettings { address, tls })
    }
}

fn peer(text: &str) -> Result<(String, PathBuf), String> {
    let (region, path) =
        text.split_once('=').ok_or("write REGION=KUBECONFIG, such as eu-west-1=/etc/eu.yaml")?;
    Ok((region.to_owned(), path.into()))
}
