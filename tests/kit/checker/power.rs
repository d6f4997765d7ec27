//! Power cuts: a desk, or central's database, on a disk that stops at once; afterwards only what was flushed is there.
//!
//! What a screen has said, what a label bears, and what central has acknowledged must be among it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::ids::LetterId;
use wire::v1::Tip;

use super::{central::CentralProcess, machine::DeskMachine, plan::Work, verdict::Violation};
use crate::{chance::Chance, loop_disk, private_cluster::PrivateCluster};

/// Letters registered before the cut.
const LETTERS: usize = 6;

fn violation(invariant: &str, found: String) -> Violation {
    Violation { invariant: invariant.to_owned(), found }
}

/// A folder that nothing of an earlier run lies in.
fn fresh(folder: &Path, name: &str) -> PathBuf {
    let own = folder.join(name);
    let _ = std::fs::remove_dir_all(&own);
    std::fs::create_dir_all(&own).expect("a folder of the run's own");
    own
}

/// A desk's disk loses its power after some letters; `None` where the machine has no such disk.
///
/// # Panics
/// When a process does not start.
pub async fn cut_at_the_desk(folder: &Path, sabotage: Vec<String>) -> Option<Vec<Violation>> {
    let folder = &fresh(folder, "cut-at-the-desk");
    let disk = loop_disk::mounted_or_notice(64, "a power cut at the desk")?;
    // Central is away, as it is for a desk alone.
    let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
    let mut desk = DeskMachine::start_in(&disk.path(), "A1", folder, nowhere, Chance::of(1), sabotage).await;
    desk.work(&[Work::Register; LETTERS], None, || ()).await;
    disk.lose_power();
    desk.kill().await;
    let (told, printed) = (desk.told().to_vec(), desk.printed());

    let disk = disk.after_power_loss();
    desk.move_to(&disk.path().join("A1"));
    desk.run().await;
    let mut found: Vec<Violation> = desk.trouble().iter().map(|what| violation("I12", what.clone())).collect();
    let Some(evidence) = desk.evidence().await else {
        found.push(violation("I12", "the desk does not open after the cut".to_owned()));
        return Some(found);
    };
    let number_of = |letter: LetterId| {
        let row = evidence.dump.letters.iter().find(|row| row.id == letter);
        row.map(|row| row.number.display(super::desk::REGISTER))
    };
    for (letter, number) in told {
        if number_of(letter).as_ref() != Some(&number) {
            found.push(violation("I12", format!("the screen said {number}, and it is gone after a power cut")));
        }
    }
    for label in printed {
        if !evidence.dump.letters.iter().any(|row| row.number.display(super::desk::REGISTER) == label.number) {
            found.push(violation("I12", format!("a label bears {}, and it is gone after a power cut", label.number)));
        }
    }
    if evidence.dump.stand.locked {
        found.push(violation("I12", "the mark knows more than the database after a power cut".to_owned()));
    }
    desk.kill().await;
    Some(found)
}

/// The disk of central's database loses its power right after an acknowledgement; `None` where the machine has no such
/// disk.
///
/// # Panics
/// When a process does not start.
pub async fn cut_at_central(folder: &Path, sabotage: &[&str]) -> Option<Vec<Violation>> {
    let folder = &fresh(folder, "cut-at-central");
    let disk = loop_disk::mounted_or_notice(256, "a power cut at central's database")?;
    let cluster = Arc::new(PrivateCluster::start_on(&disk.path()).expect("PostgreSQL"));
    let mut central = CentralProcess::start(Arc::clone(&cluster), "power", folder, false).await;
    central.sabotage(sabotage).await;
    let mut desk = DeskMachine::start("A1", folder, &central, Chance::of(1), false, Vec::new()).await;
    desk.work(&[Work::Register; LETTERS], None, || ()).await;
    desk.settle(20).await;
    let evidence = desk.evidence().await.expect("the desk answers");
    let pid = cluster.pid();
    disk.lose_power();
    central.kill().await;
    desk.kill().await;
    if let Some(pid) = pid {
        let _ = std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status();
    }

    let next = disk.after_power_loss();
    let name = cluster.folder().file_name().expect("the cluster's folder").to_owned();
    drop((central, cluster));
    drop(disk);
    let cluster = PrivateCluster::recover(&next.path().join(name)).expect("PostgreSQL recovers");
    let central = CentralProcess::resting(Arc::new(cluster), "power", folder);
    let kept = central.hashes_of(evidence.dump.device).await;
    let acked = evidence.dump.stand.acked;
    let missing = |op: &&super::words::OpDump| op.seq <= acked && !kept.contains(&Tip { seq: op.seq, hash: op.hash });
    let lost: Vec<u64> = evidence.dump.ops.iter().filter(missing).map(|op| op.seq).collect();
    let mut found = Vec::new();
    if acked < LETTERS as u64 {
        found.push(violation("I6", format!("only {acked} operations were acknowledged")));
    }
    if !lost.is_empty() {
        found.push(violation("I3", format!("central acknowledged operations {lost:?}, and lost them in a power cut")));
    }
    Some(found)
}
