//! An empty Tauri window with one field: what `cargo xtask bench window_start` compares the real one with.

const PAGE: &[u8] = b"<!doctype html><title>Empty</title><main><input autofocus></main>";

fn main() {
    tauri::Builder::default()
        .register_uri_scheme_protocol("empty", |_, _| {
            tauri::http::Response::builder()
                .header("content-type", "text/html")
                .body(PAGE.to_vec())
                .expect("a response of a constant page")
        })
        .setup(|app| {
            let address = tauri::WebviewUrl::CustomProtocol("empty://localhost/".parse()?);
            tauri::WebviewWindowBuilder::new(app, "main", address).title("Empty").inner_size(1366.0, 768.0).build()?;
            Ok(())
        })
        .run(tauri::generate_context!())
        .expect("an empty window");
}
