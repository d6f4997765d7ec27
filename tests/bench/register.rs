//! `register_commit`: the whole register use case against a bare `fdatasync` of 4 KiB on the same disk, in turns.
//! `register_commit_vs_plain`: the same use case on an unencrypted file with the same pragmas.

use std::{fs::File, io::Write, path::Path, time::Instant};

use desk::intake::register_letter;
use kit::test_desk::TestDesk;

use crate::{
    report::{Figure, ms, percentile},
    runtime,
};

const ROUNDS: usize = 400;
const WARM_UP: usize = 40;

pub(crate) fn measure(folder: &Path) -> Vec<Figure> {
    runtime().block_on(async {
        let encrypted = TestDesk::on(folder).await;
        let plain = TestDesk::plain_on(folder).await;
        let path = folder.join("fdatasync");
        let mut file = File::create(&path).expect("a file");
        let block = [0x5a_u8; 4096];
        let (mut bare, mut ours, mut unencrypted) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS + WARM_UP {
            let start = Instant::now();
            file.write_all(&block).and_then(|()| file.sync_data()).expect("4 KiB on the disk");
            let of_bare = ms(start.elapsed());
            let of_ours = register(&encrypted, round).await;
            let of_plain = register(&plain, round).await;
            if round >= WARM_UP {
                bare.push(of_bare);
                ours.push(of_ours);
                unencrypted.push(of_plain);
            }
        }
        std::fs::remove_file(path).expect("removed");
        let (bare, ours, plain) =
            (percentile(&mut bare, 95), percentile(&mut ours, 95), percentile(&mut unencrypted, 95));
        vec![
            Figure::ratio("register_commit", "ms", ours, bare, 4.0),
            Figure::ratio("register_commit_vs_plain", "ms", ours, plain, 1.3),
        ]
    })
}

async fn register(desk: &TestDesk, round: usize) -> f64 {
    let draft = desk.draft(&format!("Nowak{round}"), "Wniosek o wydanie zaświadczenia").await;
    let start = Instant::now();
    register_letter(&desk.desk, draft).await.expect("registered");
    ms(start.elapsed())
}
