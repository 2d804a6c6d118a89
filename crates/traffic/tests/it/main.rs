//! Traffic routers against routes as data.

#[cfg(test)]
mod gateway_api;
#[cfg(test)]
mod intent;
