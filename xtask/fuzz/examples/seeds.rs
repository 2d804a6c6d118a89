//! `seeds TARGET DIRECTORY` writes what a target begins with; `seeds` alone names the targets.

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let (Some(name), Some(directory)) = (words.next(), words.next().map(PathBuf::from)) else {
        for target in aviary_fuzz::TARGETS {
            println!("{}", target.name);
        }
        return Ok(());
    };
    let target = aviary_fuzz::named(&name).ok_or_else(|| format!("there is no target {name:?}"))?;
    std::fs::create_dir_all(&directory)?;
    for (number, seed) in (target.seeds)().iter().enumerate() {
        std::fs::write(directory.join(format!("seed-{number}")), seed)?;
    }
    Ok(())
}
