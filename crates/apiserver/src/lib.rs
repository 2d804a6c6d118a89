//! The in-memory Kubernetes behind its HTTP API, in process or on a socket.
