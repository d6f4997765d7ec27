//! The power goes, at a desk and at central's database: what was said, printed or acknowledged is there afterwards.

use kit::checker::{self, power};

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_at_the_desk_takes_nothing_that_the_screen_has_said() {
    let Some(found) = power::cut_at_the_desk(&checker::folder(), Vec::new()).await else { return };
    assert_eq!(found, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_at_centrals_database_takes_nothing_that_was_acknowledged() {
    let Some(found) = power::cut_at_central(&checker::folder(), &[]).await else { return };
    assert_eq!(found, []);
}
