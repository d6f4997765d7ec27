//! Every route of every listener, from the tables that the listeners are built of: no request is too large, too slow
//! or too frequent for central, whatever the route.

use std::time::Duration;

use axum::http::Method;
use central::{Running, admin, router, status_page};
use kit::central_office::CentralOffice;
use reqwest::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::central_desk::office;

/// A route as these tests walk it.
pub(crate) struct Seen {
    pub(crate) listener: &'static str,
    pub(crate) method: Method,
    /// With ids for its parts.
    pub(crate) path: String,
    pub(crate) body: usize,
}

/// All routes of all listeners.
pub(crate) fn all() -> Vec<Seen> {
    fn seen<S>(listener: &'static str, routes: Vec<central::route::Route<S>>) -> impl Iterator<Item = Seen> {
        routes.into_iter().map(move |route| {
            let id = "01939f2e-7c1a-7000-8000-000000000001";
            let path = route.path.split('/').map(|part| if part.starts_with('{') { id } else { part });
            let path = path.collect::<Vec<_>>().join("/");
            Seen { listener, method: route.method, path, body: route.body }
        })
    }
    let mut all: Vec<Seen> = seen("desks", router::routes()).collect();
    all.extend(seen("public", status_page::routes()));
    all.extend(seen("admin", admin::routes()));
    all
}

fn address(central: &Running, listener: &str) -> std::net::SocketAddr {
    match listener {
        "desks" => central.desk_address,
        "public" => central.status_address,
        "admin" => central.admin_address,
        other => panic!("a listener without an address here: {other}"),
    }
}

async fn impatient(office: &CentralOffice) -> Running {
    let mut config =
        kit::central_office::trial(&office.database_url, office.scans.clone(), office.teryt().clone(), "Urząd");
    config.longest_answer = Duration::from_secs(1);
    central::start(config).await.expect("central")
}

/// The status of the answer to these bytes; the connection stays open towards central.
async fn answer_to(address: std::net::SocketAddr, request: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request).await.expect("written");
    let mut heard = Vec::new();
    while !heard.ends_with(b"\r\n\r\n") {
        heard.push(stream.read_u8().await.expect("an answer, not a closed connection"));
    }
    let head = String::from_utf8(heard).expect("a head");
    head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status")
}

fn head(route: &Seen, length: usize) -> String {
    format!(
        "{} {} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer rubbish\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {length}\r\n\r\n",
        route.method, route.path
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_beyond_the_limit_is_refused_by_every_route_before_it_is_sent() {
    let office = office().await;
    let central = impatient(&office).await;
    let routes = all();
    assert!(routes.len() > 15, "{}", routes.len());
    for route in routes {
        // Announced, and never sent.
        let status = answer_to(address(&central, route.listener), head(&route, route.body + 1).as_bytes()).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{} {}", route.method, route.path);
    }
    central.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_a_length_is_cut_at_the_limit() {
    let office = office().await;
    let central = impatient(&office).await;
    for route in all().into_iter().filter(|route| route.method != Method::GET) {
        let mut request = format!(
            "{} {} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer rubbish\r\n\
             content-type: application/x-www-form-urlencoded\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n",
            route.method,
            route.path,
            route.body + 1
        )
        .into_bytes();
        request.extend(vec![b'x'; route.body + 1]);
        let status = answer_to(address(&central, route.listener), &request).await;
        // Some routes know without the body that there is nothing to do.
        assert!(status < 500, "{} {}: {status}", route.method, route.path);
    }
    central.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_comes_is_given_up_by_every_route() {
    let office = office().await;
    let central = impatient(&office).await;
    let mut walks = JoinSet::new();
    for route in all() {
        let address = address(&central, route.listener);
        walks.spawn(async move { (answer_to(address, head(&route, 10.min(route.body)).as_bytes()).await, route) });
    }
    let mut given_up = 0;
    while let Some(walked) = walks.join_next().await {
        let (status, route) = walked.expect("an answer");
        let waits = ["/v1/hello"].contains(&&*route.path);
        assert!(!waits || status == 503, "{} {}: {status}", route.method, route.path);
        given_up += u32::from(status == 503);
    }
    assert!(given_up >= 1);
    central.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_address_has_its_limit_on_every_listener() {
    let office = office().await;
    let client = reqwest::Client::new();
    // Wide enough for an office behind one address, and not without end.
    for (route, listener) in [("/v1/challenge", &office.desk_address), ("/s.css", &office.status_address)] {
        let mut asking = futures::stream::FuturesUnordered::new();
        let mut refused = false;
        for _ in 0..40 {
            let (client, url) = (client.clone(), format!("{listener}{route}"));
            let method = if route == "/s.css" { Method::GET } else { Method::POST };
            asking.push(async move {
                let mut refused = false;
                for _ in 0..100 {
                    let answer = client.request(method.clone(), &url).send().await.expect("an answer");
                    refused |= answer.status() == StatusCode::TOO_MANY_REQUESTS;
                    if refused {
                        break;
                    }
                }
                refused
            });
        }
        while let Some(one) = futures::StreamExt::next(&mut asking).await {
            refused |= one;
        }
        assert!(refused, "{route}");
    }
}
