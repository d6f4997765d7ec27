//! okienko
fn main() {}
