//! `window_start`: from the start of the program until its first field accepts a key, against an empty Tauri window
//! with one field (`src-tauri/examples/empty_window.rs`), both driven alike, files warm, in turns.

use std::{path::Path, time::Instant};

use kit::{
    test_desk::TestDesk,
    window::{Window, WindowPlaces, built},
};

use crate::{
    report::{Figure, ms, percentile},
    runtime,
};

const ROUNDS: usize = 10;

pub(crate) fn measure(folder: &Path) -> Vec<Figure> {
    runtime().block_on(async {
        let mut office = TestDesk::on(folder).await;
        office.end().await;
        let parts = office.parts().clone();
        let ours = WindowPlaces { program: built("okienko"), data: parts.paths.data, mark: parts.paths.mark };
        let empty = WindowPlaces { program: built("examples/empty_window"), ..ours.clone() };
        let key = office.folder().join("key");
        let key = [("OKIENKO_KEY_FILE", key.to_str().expect("a path in UTF-8"))];
        let (mut of_ours, mut of_empty) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let (first, second) = (start(&ours, &key).await, start(&empty, &key).await);
            if round > 0 {
                of_ours.push(first);
                of_empty.push(second);
            }
        }
        let (ours, empty) = (percentile(&mut of_ours, 50), percentile(&mut of_empty, 50));
        vec![Figure::ratio("window_start", "ms", ours, empty, 1.5)]
    })
}

async fn start(places: &WindowPlaces, environment: &[(&str, &str)]) -> f64 {
    let (display, session) = Window::desktop();
    let driver = Window::driver(places, display, session, environment).await;
    let begin = Instant::now();
    let window = driver.session(places).await;
    window.wait("the first field has the focus", "return document.activeElement instanceof HTMLInputElement").await;
    window.press("a");
    window.wait("the field holds the key", "return document.activeElement.value === 'a'").await;
    let took = ms(begin.elapsed());
    window.close().await;
    took
}
