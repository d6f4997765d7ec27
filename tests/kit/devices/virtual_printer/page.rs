//! What came out of the printer, on a small page: labels newest first, and switches for its faults.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Json, Router};
use tokio_util::sync::CancellationToken;

use super::{PrinterFault, Shared, listen, set_fault};

#[derive(Clone)]
struct Desk {
    shared: Arc<Shared>,
    life: CancellationToken,
}

const FAULTS: &[(&str, &str, Option<PrinterFault>)] = &[
    ("sprawna", "ok", None),
    ("wyłączona", "off", Some(PrinterFault::Off)),
    ("milczy", "silent", Some(PrinterFault::Silent)),
    ("brak etykiet", "paper_out", Some(PrinterFault::PaperOut)),
    ("brak taśmy", "ribbon_out", Some(PrinterFault::RibbonOut)),
    ("otwarta głowica", "head_open", Some(PrinterFault::HeadOpen)),
    ("wstrzymana", "paused", Some(PrinterFault::Paused)),
];

pub(super) fn serve(shared: Arc<Shared>, life: CancellationToken, port: u16) -> io::Result<SocketAddr> {
    let listener = listen(port)?;
    let address = listener.local_addr()?;
    let app = Router::new()
        .route("/", get(labels))
        .route("/labels.json", get(list))
        .route("/label/{name}", get(label))
        .route("/fault/{name}", post(fault))
        .with_state(Desk { shared, life: life.clone() });
    tokio::spawn(async move {
        let stop = life.clone();
        let serving = axum::serve(listener, app).with_graceful_shutdown(async move { stop.cancelled().await });
        life.run_until_cancelled(async move { serving.await }).await;
    });
    Ok(address)
}

async fn labels(State(desk): State<Desk>) -> Html<String> {
    let (fault, printed) = {
        let mechanism = desk.shared.mechanism();
        (mechanism.fault, mechanism.printed.clone())
    };
    let mut page = String::from(
        "<!doctype html><html lang=pl><meta charset=utf-8><meta http-equiv=refresh content=2>\
         <title>Drukarka etykiet</title><style>body{font:16px/1.4 sans-serif;margin:2rem;background:#e9e6df;color:#222}\
         figure{display:inline-block;margin:0 1.2rem 1.2rem 0;background:#fff;padding:.6rem;border-radius:6px;\
         box-shadow:0 1px 4px #0003}img{width:400px;display:block;image-rendering:pixelated}figcaption{color:#555}\
         button{font:inherit;margin-right:.4rem}button[disabled]{background:#2b5;color:#fff;border:1px solid #184}\
         </style><h1>Drukarka etykiet</h1><p>Stan: ",
    );
    for (words, name, meaning) in FAULTS {
        let now = if *meaning == fault { " disabled" } else { "" };
        let _ = write!(
            page,
            "<form method=post action=/fault/{name} style=display:inline><button{now}>{words}</button></form>"
        );
    }
    let _ = write!(page, "</p><p>Etykiet: {}</p>", printed.len());
    for label in printed.iter().rev().take(60) {
        let number = label.number;
        let _ = write!(
            page,
            "<figure><img src=/label/{number}.png alt=\"etykieta {number}\"><figcaption>{number} · {:.0} × {:.0} mm · \
             <a href=/label/{number}.zpl>ZPL</a></figcaption></figure>",
            label.width_mm, label.height_mm
        );
    }
    Html(page)
}

async fn list(State(desk): State<Desk>) -> Json<serde_json::Value> {
    let mechanism = desk.shared.mechanism();
    Json(serde_json::json!({ "labels": mechanism.printed.len(), "fault": mechanism.fault }))
}

async fn label(State(desk): State<Desk>, Path(name): Path<String>) -> axum::response::Response {
    let found = name.split_once('.').and_then(|(number, ending)| {
        let number: usize = number.parse().ok()?;
        let label = desk.shared.mechanism().printed.get(number.checked_sub(1)?).cloned()?;
        match ending {
            "png" => Some((label.png.clone(), "image/png")),
            "zpl" => Some((label.zpl.clone(), "text/plain; charset=utf-8")),
            _ => None,
        }
    });
    match found {
        Some((bytes, kind)) => ([(header::CONTENT_TYPE, kind)], bytes).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn fault(State(desk): State<Desk>, Path(name): Path<String>) -> axum::response::Response {
    let Some((_, _, fault)) = FAULTS.iter().find(|(_, known, _)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match set_fault(&desk.shared, &desk.life, *fault) {
        Ok(()) => Redirect::to("/").into_response(),
        Err(error) => (StatusCode::CONFLICT, error.to_string()).into_response(),
    }
}
