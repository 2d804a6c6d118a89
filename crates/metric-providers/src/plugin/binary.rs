//! A program whose bytes are those that the operator chose.

use std::fmt::Write as _;
use std::fs::{File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::settings::PluginSettings;

/// Larger than any program, and two of them have room where the controller's chart lets it write.
const LARGEST: u64 = 256 << 20;
/// Bytes that are copied at once.
const PIECE: usize = 1 << 16;

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
        let failed = |error: io::Error| format!("{}: {error}", source.display());
        let file = File::open(&source).map_err(failed)?;
        let found = file.metadata().map_err(failed)?;
        // A device would never end.
        if !found.is_file() || found.len() > LARGEST {
            return Err(format!("{} is no file of at most {LARGEST} bytes", source.display()));
        }
        let (binary, mut copy) = Self::empty().map_err(in_the_copy)?;
        let digest = copied(&mut file.take(LARGEST), &mut copy).map_err(|error| match error {
            Failed::Read(error) => failed(error),
            Failed::Write(error) => in_the_copy(error),
        })?;
        if !digest.eq_ignore_ascii_case(settings.sha256.trim()) {
            let wanted = settings.sha256.trim();
            return Err(format!("{} has the sha256 {digest}, and not {wanted}", source.display()));
        }
        copy.set_permissions(Permissions::from_mode(0o500)).map_err(in_the_copy)?;
        Ok(binary)
    }

    /// A file of ours in a directory that nobody else may look into.
    fn empty() -> io::Result<(Self, File)> {
        let directory = tempfile::Builder::new()
            .prefix("aviary-plugin-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()?;
        let path = directory.path().join("plugin");
        let file = File::create_new(&path)?;
        Ok((Self { path, _directory: directory }, file))
    }
}

enum Failed {
    Read(io::Error),
    Write(io::Error),
}

fn in_the_copy(error: io::Error) -> String {
    format!("its private copy: {error}")
}

/// Copies piece by piece, for a program can be larger than the controller's memory; gives the digest of what was written.
fn copied(from: &mut impl Read, to: &mut impl Write) -> Result<String, Failed> {
    let (mut digest, mut piece) = (Sha256::new(), vec![0; PIECE]);
    loop {
        let read = from.read(&mut piece).map_err(Failed::Read)?;
        let Some(read) = piece.get(..read).filter(|read| !read.is_empty()) else { break };
        digest.update(read);
        to.write_all(read).map_err(Failed::Write)?;
    }
    Ok(hexadecimal(&digest.finalize()))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
