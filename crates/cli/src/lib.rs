//! Every command as a library that writes to a given io::Write.
