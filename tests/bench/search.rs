//! `search_200k`: the desk's search over 200,000 letters, prefixes of 1 to 8 letters.

use std::{path::Path, time::Instant};

use desk::letters::{register_page, view::RegisterQuery};
use kit::{crowd, test_desk::TestDesk};

use crate::{
    report::{Figure, ms, percentile},
    runtime,
};

const LETTERS: u32 = 200_000;

pub(crate) fn measure(folder: &Path) -> Vec<Figure> {
    runtime().block_on(async {
        let office = TestDesk::on(folder).await;
        crowd::fill(&office.desk, LETTERS).await;
        let mut samples = Vec::new();
        for word in crowd::SURNAMES.iter().chain(crowd::MATTERS) {
            for length in 1..=8.min(word.chars().count()) {
                let text: String = word.chars().take(length).collect();
                let start = Instant::now();
                let page = register_page(&office.desk, RegisterQuery { text, after: None }).await.expect("a page");
                samples.push(ms(start.elapsed()));
                assert!(!page.rows.is_empty(), "the crowd bears this name");
            }
        }
        vec![Figure::at_most("search_200k", "ms", percentile(&mut samples, 95), 50.0)]
    })
}
