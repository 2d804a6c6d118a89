//! Two threads over pieces of work. Each piece has its own seed, so threads do not change what is found.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const THREADS: usize = 2;
/// Into how many pieces the releases of a scenario are cut.
const PIECES: usize = 8;

/// Runs `work(piece)` for each piece, and gives the results in order.
pub(crate) fn pieces<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(count));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let piece = next.fetch_add(1, Ordering::Relaxed);
                    if piece >= count {
                        break;
                    }
                    let result = work(piece);
                    if let Ok(mut done) = done.lock() {
                        done.push((piece, result));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(piece, _)| *piece);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Simulates so many releases: `work(seed, releases)` gives a result for each piece.
pub(crate) fn releases<T: Send>(count: usize, seed: u64, work: impl Fn(u64, usize) -> T + Sync) -> Vec<T> {
    pieces(PIECES, |piece| {
        let from = count * piece / PIECES;
        let to = count * (piece + 1) / PIECES;
        work(seed.wrapping_mul(1_000_003).wrapping_add(piece as u64), to - from)
    })
}
