//! The buttons of the settings screen that try a device, against devices and a central that are on, off and wrong.

use axum::{Json, Router, http::StatusCode, routing::post};
use desk::settings;
use domain::ErrorCode;
use kit::{
    sample_letters,
    test_desk::TestDesk,
    virtual_mfp::{MfpFault, VirtualMfp, sheets_of},
    virtual_printer::PrinterFault,
};
use tokio::net::TcpListener;

use crate::{code, desk_at, printer};

#[tokio::test]
async fn nothing_set_up_is_told_apart_from_nothing_there() {
    let office = TestDesk::new().await;
    let desk = &office.desk;
    assert_eq!(code(settings::print_test_label(desk).await), ErrorCode::DeviceNotConfigured);
    assert_eq!(code(settings::test_scan(desk).await), ErrorCode::DeviceNotConfigured);
    assert_eq!(code(settings::test_central(desk).await), ErrorCode::DeviceNotConfigured);
    desk::session::lock(desk).await.expect("locked");
    assert_eq!(code(settings::print_test_label(desk).await), ErrorCode::NotSignedIn);
}

#[tokio::test]
async fn the_test_label_comes_out_or_says_why_not() {
    let printer = printer().await;
    let office = desk_at(&printer).await;
    let answer = settings::print_test_label(&office.desk).await.expect("printed");
    assert_eq!(answer.model.as_deref(), Some("VZ421-203dpi"));
    let labels = printer.labels_at_least(1).await;
    assert!(String::from_utf8_lossy(&labels[0].zpl).contains("TEST2040"));

    for (fault, expected) in [
        (PrinterFault::PaperOut, ErrorCode::DeviceNotReady),
        (PrinterFault::HeadOpen, ErrorCode::DeviceOpen),
        (PrinterFault::Silent, ErrorCode::DeviceProtocol),
        (PrinterFault::Off, ErrorCode::DeviceUnreachable),
    ] {
        printer.set_fault(Some(fault)).expect("a fault");
        assert_eq!(code(settings::print_test_label(&office.desk).await), expected, "{fault:?}");
    }
    assert_eq!(printer.labels().len(), 1);
}

#[tokio::test]
async fn a_test_scan_shows_one_page_and_takes_no_second() {
    let mfp = VirtualMfp::start(0).await.expect("a device on loopback");
    let office = TestDesk::new().await;
    office.settings(|draft| draft.mfp_address = mfp.url()).await;
    assert_eq!(code(settings::test_scan(&office.desk).await), ErrorCode::FeederEmpty);

    let letter = sample_letters::all().into_iter().find(|letter| letter.page_count() >= 2).expect("a longer letter");
    mfp.load(sheets_of(&letter, None));
    let loaded = mfp.sheets();
    let answer = settings::test_scan(&office.desk).await.expect("a page");
    let picture = answer.picture.expect("a picture");
    assert!(picture.starts_with("data:image/jpeg;base64,"));
    assert!(answer.model.is_some());
    assert_eq!(mfp.sheets(), loaded - 1);

    mfp.set_fault(Some(MfpFault::Off)).expect("switched off");
    assert_eq!(code(settings::test_scan(&office.desk).await), ErrorCode::DeviceUnreachable);
}

async fn web(answer: Router) -> (String, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("its address"));
    let served = tokio::spawn(async move { axum::serve(listener, answer).await.expect("served") });
    (address, served)
}

#[tokio::test]
async fn central_is_known_by_its_challenge() {
    let challenge = wire::v1::hello::Challenge { nonce: [7; 32] };
    let central = Router::new().route(wire::v1::path::CHALLENGE, post(async || Json(challenge)));
    let rubbish = Router::new().route(wire::v1::path::CHALLENGE, post(async || "<html>It works!</html>"));
    let refusing = Router::new().route(wire::v1::path::CHALLENGE, post(async || StatusCode::SERVICE_UNAVAILABLE));
    let long = Router::new().route(wire::v1::path::CHALLENGE, post(async || "x".repeat(100_000)));
    let office = TestDesk::new().await;
    for (answer, expected) in [
        (central, None),
        (rubbish, Some(ErrorCode::CentralRefused)),
        (refusing, Some(ErrorCode::CentralRefused)),
        (long, Some(ErrorCode::CentralRefused)),
    ] {
        let (address, served) = web(answer).await;
        office.settings(|draft| draft.central_address = address).await;
        let tested = settings::test_central(&office.desk).await;
        assert_eq!(tested.err().map(|error| error.code()), expected);
        served.abort();
        let _ = served.await;
    }
    assert_eq!(code(settings::test_central(&office.desk).await), ErrorCode::CentralUnreachable);
}
