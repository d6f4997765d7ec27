//! The command about the audit: nothing of what letters say is shown.

use std::io::Write;

use central::{
    Clock,
    audit::{self, Finding, Verified},
    db,
};
use clap::Args;
use wire::v1::{AuditHead, HeadSeen, bytes};

use super::{Failure, Office, print_json};

#[derive(Debug, Args)]
pub(super) struct VerifyAudit {
    #[command(flatten)]
    office: Office,
    /// A head from a day sheet, as it is printed there: `2026-11-23/EPOCH/NUMBER/HASH`. May be given more than once.
    #[arg(long = "head", value_parser = head)]
    heads: Vec<HeadSeen>,
    /// Answers in JSON.
    #[arg(long)]
    json: bool,
}

fn head(text: &str) -> Result<HeadSeen, String> {
    let parts: Vec<&str> = text.split('/').collect();
    let [day, epoch, n, hash] = parts[..] else { return Err("not DAY/EPOCH/NUMBER/HASH".to_owned()) };
    Ok(HeadSeen {
        day: day.parse().map_err(|_| "the day is not YYYY-MM-DD".to_owned())?,
        epoch: epoch.parse().map_err(|_| "the epoch is no UUID".to_owned())?,
        head: AuditHead {
            n: n.parse().map_err(|_| "the number is none".to_owned())?,
            hash: bytes::from_hex(hash).ok_or("the hash is not 64 digits")?,
        },
    })
}

pub(super) async fn verify(options: VerifyAudit) -> Result<(), Failure> {
    let pool = db::open(&options.office.database_url, &options.office.office_teryt, &Clock::system()).await?;
    let told = audit::verify(&pool, options.office.log_file().as_ref(), &options.heads).await?;
    if options.json {
        print_json(&told)?;
    } else {
        show(&told)?;
    }
    if told.findings.is_empty() { Ok(()) } else { Err(Failure::AuditDiffers(told.findings.len())) }
}

fn show(told: &Verified) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "entries     {}", told.entries)?;
    writeln!(out, "operations  {}", told.operations)?;
    writeln!(out, "kept heads  {}, the last of them at entry {}", told.heads, told.proved_up_to)?;
    for ended in &told.breaks {
        let behind = ended.kept_behind.iter().max().map_or(String::new(), |n| format!(", known to have reached {n}"));
        writeln!(out, "restored    epoch {} ends at entry {}{behind}", ended.epoch, ended.last)?;
    }
    for finding in &told.findings {
        match finding {
            Finding::EntryMissing { n } => writeln!(out, "FOUND       entry {n} is missing")?,
            Finding::EntryChanged { n } => writeln!(out, "FOUND       entry {n} was changed")?,
            Finding::EndDiffers { n } => writeln!(out, "FOUND       the chain does not end at entry {n}")?,
            Finding::OperationMissing { desk, seq } => {
                writeln!(out, "FOUND       operation {seq} of desk {desk} is missing")?;
            }
            Finding::OperationChanged { desk, seq } => {
                writeln!(out, "FOUND       operation {seq} of desk {desk} was changed")?;
            }
            Finding::BatchDiffers { desk, seq } => {
                writeln!(out, "FOUND       operation {seq} of desk {desk} is not the one that was witnessed")?;
            }
            Finding::DeedDiffers { n } => {
                writeln!(out, "FOUND       deed {n} is another one in the administrator's log")?;
            }
            Finding::HeadDiffers { n, day } => {
                writeln!(out, "FOUND       entry {n} is not the one whose head was kept on {day}")?;
            }
        }
    }
    Ok(())
}
