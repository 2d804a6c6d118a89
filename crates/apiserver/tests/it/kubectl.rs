//! The real kubectl over a socket. Filled in below.
