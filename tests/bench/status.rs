//! `status_timing`: whether the time of the status page's answer tells a key that exists from one that does not. Built so that it does
//! not (one way, one query); here it is looked at.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use kit::central_office::{CentralOffice, CentralSetup};

use crate::{
    central_desk::{WireDesk, status_key},
    report::{Figure, ms, percentile},
    runtime,
};

const LETTERS: u32 = 200;
const ROUNDS: u32 = 500;
/// No more tries than this from one address, and no more at all than one in this time: the page's own limits stay as they are.
const FROM_ONE_ADDRESS: u32 = 8;
const PAUSE: Duration = Duration::from_millis(55);

pub(crate) fn measure(_: &Path) -> Vec<Figure> {
    runtime().block_on(async {
        let central = CentralOffice::start(CentralSetup::default()).await.expect("central");
        let mut desk = WireDesk::connected(&central, 1, "K1").await;
        for _ in 0..LETTERS {
            desk.register();
        }
        desk.push_all().await;
        let url = format!("{}/s", central.status_address);
        let ask = async |client: &reqwest::Client, n: u32| {
            tokio::time::sleep(PAUSE).await;
            let body = format!("lang=pl&key={}", status_key(n).display());
            let request = client.post(&url).header("content-type", "application/x-www-form-urlencoded").body(body);
            let start = Instant::now();
            let text = request.send().await.expect("an answer").text().await.expect("a page");
            (ms(start.elapsed()), text.contains("zarejestrowano"))
        };
        let mut client = reqwest::Client::new();
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for n in 0..ROUNDS {
            if n % FROM_ONE_ADDRESS == 0 {
                let address = [
                    127,
                    0,
                    1 + u8::try_from(n / FROM_ONE_ADDRESS / 200).expect("few"),
                    1 + u8::try_from(n / FROM_ONE_ADDRESS % 200).expect("few"),
                ];
                client = reqwest::Client::builder()
                    .no_proxy()
                    .local_address(std::net::IpAddr::from(address))
                    .build()
                    .expect("a client");
                // Its connection stands before anything is measured.
                client
                    .get(format!("{}/s.css", central.status_address))
                    .send()
                    .await
                    .expect("an answer")
                    .bytes()
                    .await
                    .expect("a style");
            }
            // In turns: whatever disturbs one disturbs the other.
            let (time, found) = ask(&client, n % LETTERS + 1).await;
            assert!(found, "a key that exists");
            known.push(time);
            let (time, found) = ask(&client, n % LETTERS + 1_000_000).await;
            assert!(!found, "a key that does not");
            unknown.push(time);
        }
        let figure = Figure::beside("status_timing", "ms", percentile(&mut known, 50), percentile(&mut unknown, 50));
        vec![figure.with([("questions of each kind".to_owned(), f64::from(ROUNDS))].into())]
    })
}
