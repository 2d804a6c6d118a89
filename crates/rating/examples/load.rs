//! A closed-loop load generator: each connection sends the next request when the last is answered.
//!
//! `load <http://host:port> <get|post> <connections> <seconds>` prints one line of JSON. Threads and blocking sockets,
//! so that what it costs is small and the same whatever it measures. Used by `cargo xtask bench rating`.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Items that are rated, as many as in `pgbench`'s script.
const ITEMS: usize = 1000;

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
    let requests = requests(host, verb)?;
    let connections: usize = connections.parse()?;
    let duration = Duration::from_secs(seconds.parse()?);
    // Connections open and caches warm before anything counts.
    run(host, &requests, connections, Duration::from_millis(500))?;
    let start = Instant::now();
    let seen = run(host, &requests, connections, duration)?;
    report(seen, start.elapsed());
    Ok(())
}

/// What is sent, in turn. Readers ask for one item, as edges do for what is popular; ratings go to many.
fn requests(host: &str, verb: &str) -> Result<Vec<String>, String> {
    match verb {
        "get" => Ok(vec![format!("GET /v1/items/lobster/rating HTTP/1.1\r\nhost: {host}\r\n\r\n")]),
        "post" => Ok((0..ITEMS).map(|item| post(host, item)).collect()),
        other => Err(format!("`{other}` is neither get nor post")),
    }
}

fn post(host: &str, item: usize) -> String {
    let body = format!(r#"{{"stars": {}}}"#, item % 5 + 1);
    let head = "content-type: application/json\r\ncontent-length";
    format!(
        "POST /v1/items/item-{item}/ratings HTTP/1.1\r\nhost: {host}\r\n{head}: {}\r\n\r\n{body}",
        body.len()
    )
}

fn run(host: &str, requests: &[String], connections: usize, duration: Duration) -> Result<Seen, String> {
    let until = Instant::now() + duration;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            // Each begins elsewhere, and takes steps that meet every item.
            .map(|n| {
                scope.spawn(move || converse(host, requests.iter().cycle().skip(n * 31).step_by(7), until))
            })
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

fn converse<'r>(
    host: &str,
    requests: impl Iterator<Item = &'r String>,
    until: Instant,
) -> std::io::Result<Seen> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_nodelay(true)?;
    let mut answers = BufReader::new(stream.try_clone()?);
    let mut seen = Seen::default();
    let mut now = Instant::now();
    for request in requests {
        stream.write_all(request.as_bytes())?;
        let success = answer(&mut answers)?;
        let then = Instant::now();
        seen.micros.push(u32::try_from((then - now).as_micros()).unwrap_or(u32::MAX));
        seen.errors += u64::from(!success);
        now = then;
        if now >= until {
            break;
        }
    }
    Ok(seen)
}

/// Reads one whole answer; whether its status is 2xx. The head is looked at where it lies: parsing it with care would cost
/// more than serving it.
fn answer(from: &mut impl BufRead) -> std::io::Result<bool> {
    let seen = from.fill_buf()?;
    if seen.is_empty() {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let Some(end) = seen.windows(4).position(|four| four == b"\r\n\r\n") else {
        // It comes in one piece over loopback; a server that splits it is not what is measured here.
        return Err(std::io::Error::other("an answer's head came in pieces"));
    };
    let (success, body) = head(seen.get(..end).unwrap_or_default());
    from.consume(end + 4);
    std::io::copy(&mut from.take(body), &mut std::io::sink())?;
    Ok(success)
}

/// Whether it is a success, and the length of the body.
fn head(head: &[u8]) -> (bool, u64) {
    const LENGTH: &[u8] = b"content-length: ";
    let success = head.get(9) == Some(&b'2');
    let at = head.windows(LENGTH.len()).position(|part| part.eq_ignore_ascii_case(LENGTH));
    let digits = at.and_then(|at| head.get(at + LENGTH.len()..)).unwrap_or_default();
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    (success, digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
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
