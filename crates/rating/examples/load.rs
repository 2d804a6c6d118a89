//! A closed-loop load generator: each connection sends the next request when the last is answered.
//!
//! `load <http://host:port> <get|post> <connections> <seconds>` prints one line of JSON. Threads and blocking sockets,
//! so that what it costs is small and the same whatever it measures. Used by `cargo xtask bench rating`.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// What one connection saw: the time of each answer in microseconds, and how many were no success.
#[derive(Default)]
struct Seen {
    micros: Vec<u32>,
    errors: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [url, verb, connections, seconds] = words.as_slice() else {
        return Err("usage: load <http://host:port> <get|post> <connections> <seconds>".into());
    };
    let host = url.strip_prefix("http://").ok_or("the address begins with http://")?;
    let request = request(host, verb)?;
    let connections: usize = connections.parse()?;
    let duration = Duration::from_secs(seconds.parse()?);
    // Connections open and caches warm before anything counts.
    run(host, &request, connections, Duration::from_millis(500))?;
    let start = Instant::now();
    let seen = run(host, &request, connections, duration)?;
    report(seen, start.elapsed());
    Ok(())
}

fn request(host: &str, verb: &str) -> Result<String, String> {
    match verb {
        "get" => Ok(format!("GET /v1/items/lobster/rating HTTP/1.1\r\nhost: {host}\r\n\r\n")),
        "post" => {
            let body = r#"{"stars": 5}"#;
            let head = "content-type: application/json\r\ncontent-length";
            Ok(format!(
                "POST /v1/items/lobster/ratings HTTP/1.1\r\nhost: {host}\r\n{head}: {}\r\n\r\n{body}",
                body.len()
            ))
        }
        other => Err(format!("`{other}` is neither get nor post")),
    }
}

fn run(host: &str, request: &str, connections: usize, duration: Duration) -> Result<Seen, String> {
    let until = Instant::now() + duration;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|_| scope.spawn(move || converse(host, request.as_bytes(), until)))
            .collect();
        let mut all = Seen::default();
        for thread in threads {
            let one = thread
                .join()
                .map_err(|_| "a connection panicked".to_owned())?
                .map_err(|error| error.to_string())?;
            all.micros.extend(one.micros);
            all.errors += one.errors;
        }
        Ok(all)
    })
}

fn converse(host: &str, request: &[u8], until: Instant) -> std::io::Result<Seen> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_nodelay(true)?;
    let mut answers = BufReader::new(stream.try_clone()?);
    let mut seen = Seen::default();
    let mut now = Instant::now();
    while now < until {
        stream.write_all(request)?;
        let success = answer(&mut answers)?;
        let then = Instant::now();
        seen.micros.push(u32::try_from((then - now).as_micros()).unwrap_or(u32::MAX));
        seen.errors += u64::from(!success);
        now = then;
    }
    Ok(seen)
}

/// Reads one whole answer; whether its status is 2xx.
fn answer(from: &mut impl BufRead) -> std::io::Result<bool> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    let success = line.split(' ').nth(1).is_some_and(|status| status.starts_with('2'));
    let mut length = 0;
    loop {
        line.clear();
        if from.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let header = line.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(std::io::Error::other)?;
        }
    }
    std::io::copy(&mut from.take(length), &mut std::io::sink())?;
    Ok(success)
}

fn report(mut seen: Seen, took: Duration) {
    seen.micros.sort_unstable();
    let count = seen.micros.len();
    let at = |share: f64| {
        let rank = ((count as f64 * share) as usize).min(count.saturating_sub(1));
        seen.micros.get(rank).copied().unwrap_or_default()
    };
    println!(
        r#"{{"requests": {count}, "errors": {}, "per_second": {:.0}, "p50_us": {}, "p99_us": {}, "p999_us": {}}}"#,
        seen.errors,
        count as f64 / took.as_secs_f64(),
        at(0.5),
        at(0.99),
        at(0.999)
    );
}
