//! `checker-desk SETUP`: one desk in a process of its own, for being killed, cloned and restored by the checker. Its
//! setup is JSON (`kit::checker::words::DeskSetup`); questions come in and answers go out, a line of JSON each.

#[tokio::main]
async fn main() {
    let setup = std::env::args().nth(1).expect("a setup");
    kit::checker::desk::serve(serde_json::from_str(&setup).expect("a setup in JSON")).await;
}
