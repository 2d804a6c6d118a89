//! The least that an HTTP service can do with the same libraries: what the rating service's figures are held against.
//!
//! `cargo run --release -p aviary-rating --example bare` prints its address and serves until it is ended.

use axum::Router;
use axum::routing::get;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("http://{}", listener.local_addr()?);
    let app = Router::new()
        .route("/v1/items/{id}/rating", get(|| async { "{\"count\":0}" }))
        .route("/v1/items/{id}/ratings", axum::routing::post(|| async { "{}" }));
    axum::serve(listener, app).await
}
