//! One file per metric system; it reads, it never judges.
