//! Long answers that stall, and those that come steadily.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::*;
use crate::Ctx;
use crate::clients::{Clients, Proxy, Tls};

const LENGTH: usize = 200_000;

/// A server that begins a long answer to `/begun` and says no more; `/slowly` it answers in eight parts; to all else it
/// says all.
async fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            tokio::spawn(answer(listener.accept().await.unwrap().0));
        }
    });
    address
}

async fn answer(mut stream: TcpStream) {
    let mut asked = [0; 16];
    stream.read_exact(&mut asked).await.unwrap();
    let parts = if asked.starts_with(b"GET /slowly") { 8 } else { 1 };
    let length = if asked.starts_with(b"GET /begun") { LENGTH / 2 } else { LENGTH };
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {LENGTH}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut beat = tokio::time::interval(Duration::from_millis(300));
    for _ in 0..parts {
        beat.tick().await;
        // The other end may have gone away.
        let _ = stream.write_all(&vec![b' '; length / parts]).await;
    }
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

/// A way out whose long answers must keep this pace.
fn door(pace: Pace) -> Door {
    // Fails only if a provider is installed already, and then there is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let ctx = Ctx { clients: Clients::default(), ..Ctx::default() };
    let mut door = Door::chosen(&ctx, Tls::Verified, Proxy::None).unwrap();
    door.rooms.pace = pace;
    door
}

/// The length of what is read.
async fn ask(door: Door, url: String, limit: Duration) -> Result<usize, Fault> {
    door.ask(Call::get(url.parse().unwrap()), limit).await.map(|reply| reply.body.len())
}

fn stalls_after(millis: u64) -> Pace {
    Pace { stall: Duration::from_millis(millis), ..Pace::default() }
}

const LONG_ENOUGH: Duration = Duration::from_secs(30);

#[tokio::test]
async fn long_answers_that_begin_and_do_not_end_keep_no_place_for_long() {
    let (address, door) = (server().await, door(stalls_after(300)));
    let begun = || ask(door.clone(), format!("{address}/begun"), LONG_ENOUGH);
    let mut begun: JoinSet<_> = (0..2 * rooms::MOST_ARRIVING).map(|_| begun()).collect();
    assert_eq!(ask(door.clone(), format!("{address}/whole"), LONG_ENOUGH).await, Ok(LENGTH));
    while let Some(one) = begun.join_next().await {
        assert!(matches!(one.unwrap(), Err(Fault::Slow { .. })));
    }
}

#[tokio::test]
async fn a_server_that_stalls_in_long_answers_leaves_places_to_other_servers() {
    let (stalls, other) = (server().await, server().await);
    // For as long as this test takes.
    let door = door(stalls_after(600_000));
    let begun = || ask(door.clone(), format!("{stalls}/begun"), 20 * LONG_ENOUGH);
    let _begun: JoinSet<_> = (0..5 * rooms::MOST_ARRIVING).map(|_| begun()).collect();
    while door.rooms.left() > rooms::MOST_ARRIVING - rooms::MOST_ARRIVING_OF_ONE {
        tokio::task::yield_now().await;
    }
    let whole = ask(door.clone(), format!("{other}/whole"), LONG_ENOUGH);
    assert_eq!(tokio::time::timeout(LONG_ENOUGH, whole).await, Ok(Ok(LENGTH)));
}

#[tokio::test]
async fn a_wait_for_the_long_answers_of_others_is_no_time_of_a_metrics() {
    let (limit, stall) = (Duration::from_secs(1), 2_000);
    let door = door(stalls_after(stall));
    let mut begun = JoinSet::new();
    for _ in 0..rooms::MOST_ARRIVING / rooms::MOST_ARRIVING_OF_ONE {
        let stalls = server().await;
        for _ in 0..rooms::MOST_ARRIVING_OF_ONE {
            begun.spawn(ask(door.clone(), format!("{stalls}/begun"), LONG_ENOUGH));
        }
    }
    while door.rooms.left() > 0 {
        tokio::task::yield_now().await;
    }
    let began = Instant::now();
    assert_eq!(ask(door.clone(), format!("{}/whole", server().await), limit).await, Ok(LENGTH));
    assert!(began.elapsed() > limit, "it did not wait");
    while let Some(one) = begun.join_next().await {
        assert!(matches!(one.unwrap(), Err(Fault::Slow { .. })));
    }
}

#[tokio::test]
async fn a_long_answer_that_comes_steadily_may_take_longer_than_one_that_stalls() {
    // It takes more than two seconds.
    let door = door(Pace { stall: Duration::from_millis(1_500), rate: 10_000 });
    let slowly = format!("{}/slowly", server().await);
    assert_eq!(ask(door.clone(), slowly, LONG_ENOUGH).await, Ok(LENGTH));
}
