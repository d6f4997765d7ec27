//! The power goes, at a desk and at central's database: what was said, printed or acknowledged is there afterwards.

use kit::checker::{self, power};

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_at_the_desk_takes_nothing_that_the_screen_has_said() {
    let folder = checker::folder().join("cut-at-the-desk");
    std::fs::create_dir_all(&folder).expect("a folder");
    let Some(found) = power::cut_at_the_desk(&folder, Vec::new()).await else { return };
    assert_eq!(found, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_at_centrals_database_takes_nothing_that_was_acknowledged() {
    let folder = checker::folder().join("cut-at-central");
    std::fs::create_dir_all(&folder).expect("a folder");
    let Some(found) = power::cut_at_central(&folder, &[]).await else { return };
    assert_eq!(found, []);
}
