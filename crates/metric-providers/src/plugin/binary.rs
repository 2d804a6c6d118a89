//! A program whose bytes are those that the operator chose.

use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::settings::PluginSettings;

/// Larger than any program; a device would never end.
const LARGEST: u64 = 1 << 30;

/// A private copy: nobody can change it between the check and the start.
pub(super) struct Binary {
    pub(super) path: PathBuf,
    _directory: TempDir,
}

impl Binary {
    /// Reads, checks and copies the program. It blocks.
    pub(super) fn checked(settings: &PluginSettings) -> Result<Self, String> {
        let source = settings.path()?;
        if settings.sha256.trim().is_empty() {
            return Err("has no sha256, and no program is started without it".to_owned());
        }
        let bytes = read(&source).map_err(|error| format!("{}: {error}", source.display()))?;
        let digest = hexadecimal(&Sha256::digest(&bytes));
        if !digest.eq_ignore_ascii_case(settings.sha256.trim()) {
            let wanted = settings.sha256.trim();
            return Err(format!("{} has the sha256 {digest}, and not {wanted}", source.display()));
        }
        copied(&bytes).map_err(|error| format!("its private copy: {error}"))
    }
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn copied(bytes: &[u8]) -> std::io::Result<Binary> {
    let directory = tempfile::Builder::new()
        .prefix("aviary-plugin-")
        .permissions(Permissions::from_mode(0o700))
        .tempdir()?;
    let path = directory.path().join("plugin");
    fs::write(&path, bytes)?;
    fs::set_permissions(&path, Permissions::from_mode(0o500))?;
    Ok(Binary { path, _directory: directory })
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
