//! The feeder on a small page, and the same as an HTTP control: load, unload, break, mend.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;

use super::{MfpFault, Shared, set_fault, sheets_of};
use crate::devices::sample_letters;

const FAULTS: &[(&str, &str, Option<MfpFault>)] = &[
    ("sprawne", "ok", None),
    ("zacięcie po 2 stronach", "jam", Some(MfpFault::JamAfter { pages: 2 })),
    ("zerwanie w połowie 2. strony", "cut", Some(MfpFault::CutInPage { page: 2 })),
    ("pusta odpowiedź po 1. stronie", "empty", Some(MfpFault::EmptyAnswer { after: 1 })),
    ("połyka 2. stronę", "swallow", Some(MfpFault::SwallowPage { page: 2 })),
    ("powolne", "slow", Some(MfpFault::Slow { millis: 4000 })),
];

/// `POST /control/load`.
#[derive(Deserialize)]
struct Load {
    /// Name of a sample letter.
    letter: String,
}

/// `POST /control/fault`: an [`MfpFault`], or `null` to mend.
type SetFault = Option<MfpFault>;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(show))
        .route("/control", get(state))
        .route("/control/load", post(load))
        .route("/control/unload", post(unload))
        .route("/control/fault", post(fault))
        .route("/button/fault/{name}", post(fault_button))
        .route("/button/load", post(load_button))
        .route("/button/unload", post(unload_button))
}

async fn state(State(device): State<Arc<Shared>>) -> Json<serde_json::Value> {
    let inside = device.inside();
    let feeder: Vec<&str> = inside.feeder.iter().map(|sheet| sheet.name.as_str()).collect();
    Json(serde_json::json!({ "feeder": feeder, "fault": inside.fault, "jammed": inside.jammed }))
}

async fn load(State(device): State<Arc<Shared>>, Json(load): Json<Load>) -> StatusCode {
    let Some(letter) = sample_letters::named(&load.letter) else { return StatusCode::NOT_FOUND };
    device.inside().feeder.extend(sheets_of(&letter, None));
    device.tell();
    StatusCode::NO_CONTENT
}

async fn unload(State(device): State<Arc<Shared>>) -> StatusCode {
    device.inside().feeder.clear();
    device.tell();
    StatusCode::NO_CONTENT
}

async fn fault(State(device): State<Arc<Shared>>, Json(fault): Json<SetFault>) -> StatusCode {
    match set_fault(&device, fault) {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::CONFLICT,
    }
}

async fn show(State(device): State<Arc<Shared>>) -> Html<String> {
    let (fault, jammed, names) = {
        let inside = device.inside();
        let names: Vec<(String, bool)> =
            inside.feeder.iter().map(|sheet| (sheet.name.clone(), !sheet.labels.is_empty())).collect();
        (inside.fault, inside.jammed, names)
    };
    let mut page = String::from(
        "<!doctype html><html lang=pl><meta charset=utf-8><meta http-equiv=refresh content=2>\
         <title>Urządzenie wielofunkcyjne</title><style>body{font:16px/1.5 sans-serif;margin:2rem;background:#e9e6df;\
         color:#222}button{font:inherit;margin:0 .4rem .4rem 0}button[disabled]{background:#2b5;color:#fff;border:1px \
         solid #184}form{display:inline}</style><h1>Urządzenie wielofunkcyjne</h1><p>Stan: ",
    );
    for (words, name, meaning) in FAULTS {
        let now = if *meaning == fault { " disabled" } else { "" };
        let _ = write!(page, "<form method=post action=/button/fault/{name}><button{now}>{words}</button></form>");
    }
    page.push_str("</p>");
    if jammed {
        page.push_str("<p><strong>Zacięty papier</strong></p>");
    }
    let _ = write!(page, "<h2>Podajnik: {} kartek</h2><ol>", names.len());
    for (name, labelled) in names {
        let label = if labelled { " — z etykietą" } else { "" };
        let _ = write!(page, "<li>{name}{label}</li>");
    }
    page.push_str(
        "</ol><form method=post action=/button/load><button>Dołóż pismo bez etykiety</button></form>\
         <form method=post action=/button/unload><button>Wyjmij wszystko</button></form>",
    );
    Html(page)
}

async fn fault_button(State(device): State<Arc<Shared>>, Path(name): Path<String>) -> Response {
    let Some((_, _, fault)) = FAULTS.iter().find(|(_, known, _)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match set_fault(&device, *fault) {
        Ok(()) => Redirect::to("/").into_response(),
        Err(error) => (StatusCode::CONFLICT, error.to_string()).into_response(),
    }
}

async fn load_button(State(device): State<Arc<Shared>>) -> Redirect {
    let letters = sample_letters::all();
    {
        let mut inside = device.inside();
        let which = inside.feeder.len() % letters.len();
        inside.feeder.extend(sheets_of(&letters[which], None));
    }
    device.tell();
    Redirect::to("/")
}

async fn unload_button(State(device): State<Arc<Shared>>) -> Redirect {
    device.inside().feeder.clear();
    device.tell();
    Redirect::to("/")
}
