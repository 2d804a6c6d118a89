//! Traffic routers against routes as data.

mod gateway_api;
mod intent;
