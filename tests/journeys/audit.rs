//! The audit: what is seen at a desk stands in its log, the data-protection officer reads it at central, and nobody changes
//! what a head that somebody kept stands for.

use std::{collections::BTreeSet, process::Command};

use central::{
    accounts::{self, NewClerk},
    audit::{Finding, Verified, verify},
    backup,
};
use desk::{
    DeskError,
    audit::{self, view::AuditDraft},
    day_sheet, letters,
    letters::view::RegisterQuery,
    session::{self, view::LoginDraft},
    sync::Outcome,
};
use domain::{ErrorCode, rights::Role};
use tempfile::TempDir;
use wire::v1::{HeadSeen, OpBody};

use crate::office::Office;

const PASSWORD: &str = "zielona brama 7";

async fn account(office: &Office, login: &str, surname: &str, roles: &[Role]) {
    let new = NewClerk { login, given_name: "Zofia", surname, password: PASSWORD.to_owned(), roles };
    accounts::add(&office.central.administrator(), new).await.expect("an account");
}

async fn log_in(office: &Office, login: &str) {
    let draft = LoginDraft { login: login.to_owned(), password: PASSWORD.to_owned() };
    session::sign_in_by_login(&office.desk.desk, draft).await.expect("signed in");
}

async fn search(office: &Office, text: &str) {
    let query = RegisterQuery { text: text.to_owned(), after: None };
    letters::register_page(&office.desk.desk, query).await.expect("a page");
}

/// An office with a clerk and a data-protection officer; two letters.
async fn with_two_letters() -> Office {
    let mut office = Office::open().await;
    office.round().await;
    account(&office, "z.maj", "Maj", &[Role::Reception]).await;
    account(&office, "i.dane", "Inspektor", &[Role::DataProtectionOfficer]).await;
    log_in(&office, "z.maj").await;
    office.desk.register("Łozińska", "Wniosek").await;
    office.desk.register("Kowal", "Skarga").await;
    assert_eq!(office.round().await, Outcome::Quiet);
    office
}

/// The next day, so that the last head of the day before goes into the log; twice, so that central has it.
async fn a_day_later(office: &mut Office) {
    office.desk.clock.advance(std::time::Duration::from_hours(24));
    for _ in 0..2 {
        assert_eq!(office.round().await, Outcome::Quiet);
    }
}

async fn entries(office: &Office, draft: AuditDraft) -> Vec<(String, String, Vec<String>)> {
    let page = audit::read(&office.desk.desk, draft).await.expect("a page");
    page.entries.into_iter().map(|entry| (entry.what, entry.by, entry.letters)).collect()
}

async fn bodies(office: &Office) -> Vec<OpBody> {
    let bodies: Vec<Vec<u8>> = sqlx::query_scalar("SELECT body FROM operation ORDER BY seq")
        .fetch_all(office.central.pool())
        .await
        .expect("bodies");
    bodies.iter().map(|body| serde_json::from_slice(body).expect("a body")).collect()
}

async fn verified(office: &Office, kept: &[HeadSeen]) -> Verified {
    verify(office.central.pool(), Some(office.central.log_file()), kept).await.expect("verified")
}

async fn run(office: &Office, sql: &str) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(office.central.pool()).await.expect("done");
}

#[tokio::test]
async fn what_was_opened_and_found_is_read_by_the_officer_and_by_nobody_else() {
    let mut office = with_two_letters().await;
    let [first, second] = &office.central.letters().await[..] else { panic!("two letters") };
    let (first, second) = (first.clone(), second.clone());
    office.letter(first.id).await;
    office.letter(first.id).await;
    search(&office, "loz").await;
    search(&office, "lozin").await;
    search(&office, "").await;
    session::sign_out(&office.desk.desk).await.expect("signed out");
    assert_eq!(office.round().await, Outcome::Quiet);

    let seen = bodies(&office).await;
    let views = seen.iter().filter(|body| matches!(body, OpBody::RecordViewed { .. })).count();
    assert_eq!(views, 1, "looking again is the same look: {seen:?}");
    let found: Vec<_> = seen.iter().filter(|body| matches!(body, OpBody::RecordsFound { .. })).collect();
    assert_eq!(found.len(), 1, "typing on is one search");
    assert_eq!(found[0].subjects(), [first.id]);
    assert!(!String::from_utf8_lossy(&found[0].to_canonical_json()).contains("loz"), "never what was typed");

    let refused = audit::read(&office.desk.desk, AuditDraft::default()).await.expect_err("nobody is there");
    assert_eq!(refused.code(), ErrorCode::NotSignedIn);
    log_in(&office, "z.maj").await;
    let refused = audit::read(&office.desk.desk, AuditDraft::default()).await.expect_err("another role");
    assert_eq!(refused.code(), ErrorCode::NotPermitted);

    log_in(&office, "i.dane").await;
    let told = entries(&office, AuditDraft::default()).await;
    let kinds: BTreeSet<&str> = told.iter().map(|(what, ..)| what.as_str()).collect();
    for kind in ["letter_registered", "record_viewed", "records_found", "signed_in_at_central", "clerk_added"] {
        assert!(kinds.contains(kind), "{kind} in {kinds:?}");
    }
    let view = told.iter().find(|(what, ..)| what == "record_viewed").expect("the view");
    assert_eq!(view, &("record_viewed".to_owned(), "Zofia Maj".to_owned(), vec![first.identifier.as_str().to_owned()]));
    let text = format!("{told:?}");
    assert!(!text.contains("Łozińska") && !text.contains("Wniosek"), "nothing of what a letter says: {text}");

    // By letter, written in either way, and by clerk.
    for name in [second.identifier.as_str().to_owned(), "RPW/2/2026".to_owned()] {
        let about = entries(&office, AuditDraft { letter: name, ..AuditDraft::default() }).await;
        let about: BTreeSet<&str> = about.iter().map(|(what, ..)| what.as_str()).collect();
        assert!(about.contains("letter_registered") && !about.contains("record_viewed"), "{about:?}");
    }
    let page = audit::read(&office.desk.desk, AuditDraft::default()).await.expect("a page");
    let officer = page.clerks.iter().find(|clerk| clerk.name == "Zofia Inspektor").expect("on the list");
    let hers = entries(&office, AuditDraft { clerk: Some(officer.id), ..AuditDraft::default() }).await;
    let hers: BTreeSet<String> = hers.into_iter().map(|(what, ..)| what).collect();
    assert_eq!(
        hers,
        BTreeSet::from(["audit_read".to_owned(), "signed_in_at_central".to_owned()]),
        "she is watched as well"
    );

    for (draft, field, code) in [
        (AuditDraft { letter: "RPW/9/2026".to_owned(), ..AuditDraft::default() }, "letter", ErrorCode::NotFound),
        (AuditDraft { from: "30.02.2026".to_owned(), ..AuditDraft::default() }, "from", ErrorCode::NotADate),
        (
            AuditDraft { to: "1.1.2020".to_owned(), from: "1.1.2021".to_owned(), ..AuditDraft::default() },
            "from",
            ErrorCode::PeriodWrong,
        ),
        (AuditDraft { from: "1.1.2020".to_owned(), ..AuditDraft::default() }, "from", ErrorCode::PeriodWrong),
    ] {
        let refused = audit::read(&office.desk.desk, draft).await.expect_err("refused");
        let fields = refused.fields().expect("at the field");
        assert_eq!((fields.0[0].field.as_str(), fields.0[0].code), (field, code));
    }

    // Her session ends with her account, and with a desk that central does not answer.
    office.proxy.down().await;
    let away = audit::read(&office.desk.desk, AuditDraft::default()).await.expect_err("away");
    assert_eq!(away.code(), ErrorCode::CentralUnreachable);
    office.proxy.up().await;
    accounts::deactivate(&office.central.administrator(), "i.dane").await.expect("deactivated");
    let gone = audit::read(&office.desk.desk, AuditDraft::default()).await.expect_err("no session");
    assert_eq!(gone.code(), ErrorCode::SignInAgain);
}

#[tokio::test]
async fn a_clerk_whom_central_did_not_see_signs_in_and_it_is_noted_when_it_comes_back() {
    let mut office = with_two_letters().await;
    log_in(&office, "i.dane").await;
    office.proxy.down().await;
    log_in(&office, "i.dane").await;
    let refused: Result<_, DeskError> = audit::read(&office.desk.desk, AuditDraft::default()).await;
    assert_eq!(refused.expect_err("no session of her own").code(), ErrorCode::SignInAgain);
    office.proxy.up().await;
    office.round().await;
    let noted = bodies(&office).await.into_iter().filter(|body| matches!(body, OpBody::SignedIn { .. })).count();
    assert_eq!(noted, 2, "the desk's own first clerk, and the officer while central was away");
}

#[tokio::test]
async fn the_export_is_signed_by_the_office() {
    let office = with_two_letters().await;
    log_in(&office, "i.dane").await;
    let export = audit::export(&office.desk.desk, AuditDraft::default()).await.expect("an export");
    let text = String::from_utf8(export.csv.clone()).expect("utf-8");
    assert!(text.contains("Zofia Maj;letter_registered;"), "{text}");
    let folder = TempDir::new().expect("a folder");
    let place = |name: &str| folder.path().join(name);
    std::fs::write(place("table.csv"), &export.csv).expect("written");
    std::fs::write(place("table.csv.sig"), &export.signature).expect("written");
    std::fs::write(place("table.csv.pem"), &export.certificate).expect("written");
    let key = Command::new("openssl").args(["x509", "-noout", "-pubkey", "-in"]).arg(place("table.csv.pem")).output();
    std::fs::write(place("key.pem"), key.expect("openssl is installed").stdout).expect("written");
    let proved = || {
        let checked = Command::new("openssl")
            .args(["dgst", "-sha256", "-verify"])
            .arg(place("key.pem"))
            .arg("-signature")
            .arg(place("table.csv.sig"))
            .arg(place("table.csv"))
            .output();
        checked.expect("openssl is installed").status.success()
    };
    assert!(proved(), "OpenSSL takes the signature");
    std::fs::write(place("table.csv"), text.replace("Zofia Maj", "Zofia Lis")).expect("written");
    assert!(!proved(), "and no changed table");
    assert!(entries(&office, AuditDraft::default()).await.iter().any(|(what, ..)| what == "audit_exported"));
}

#[tokio::test]
async fn whatever_is_done_to_the_audit_before_a_kept_head_is_found() {
    let mut office = with_two_letters().await;
    let letter = office.central.letters().await[0].id;
    office.letter(letter).await;
    office.round().await;
    a_day_later(&mut office).await;
    let whole = verified(&office, &[]).await;
    assert_eq!((whole.findings.as_slice(), whole.breaks.as_slice()), (&[][..], &[][..]));
    assert!(whole.heads >= 1 && whole.proved_up_to > 4 && whole.entries > whole.proved_up_to, "{whole:?}");

    let n = whole.proved_up_to - 1;
    let device = "(SELECT id FROM device)";
    let changes = [
        // An entry of central's own.
        (format!("DELETE FROM audit_entry WHERE n = {n}"), "entry_missing"),
        (format!("UPDATE audit_entry SET body = replace(body, '{{', '{{ ') WHERE n = {n}"), "entry_changed"),
        (format!("UPDATE audit_entry SET at = at + interval '1 hour' WHERE n = {n}"), "entry_changed"),
        (
            format!(
                "UPDATE audit_entry SET n = -n WHERE n IN ({n}, {n} - 1); UPDATE audit_entry SET n = CASE WHEN n = -{n} THEN {n} - 1 ELSE {n} END WHERE n < 0"
            ),
            "entry_changed",
        ),
        // An entry of the desk's.
        (format!("DELETE FROM operation WHERE device_id = {device} AND seq = 2"), "operation_missing"),
        (
            "UPDATE operation SET body = convert_to(replace(convert_from(body, 'UTF8'), 'Maj', 'Lis'), 'UTF8')"
                .to_owned(),
            "operation_changed",
        ),
        // The last entries, cut off with the head.
        (
            format!(
                "DELETE FROM audit_entry WHERE n >= {n}; UPDATE office_state SET (audit_n, audit_hash) = (SELECT n, hash FROM audit_entry WHERE n = {n} - 1)"
            ),
            "head_differs",
        ),
        ("UPDATE office_state SET audit_n = audit_n + 1".to_owned(), "end_differs"),
    ];
    for (sql, name) in changes {
        let sql = format!("ALTER TABLE audit_entry DROP CONSTRAINT IF EXISTS audit_entry_n_check; {sql}");
        let keep = "DROP TABLE IF EXISTS k1, k2, k3; CREATE TABLE k1 AS TABLE audit_entry; CREATE TABLE k2 AS TABLE operation; \
                    CREATE TABLE k3 AS SELECT audit_n, audit_hash FROM office_state";
        run(&office, keep).await;
        run(&office, &sql).await;
        let found = verified(&office, &[]).await.findings;
        let names: Vec<String> = found
            .iter()
            .map(|one| serde_json::to_value(one).expect("json")["finding"].as_str().expect("a name").to_owned())
            .collect();
        assert!(names.iter().any(|one| one == name), "{sql}: {found:?}");
        run(
            &office,
            "TRUNCATE audit_entry, operation; INSERT INTO audit_entry TABLE k1; INSERT INTO operation TABLE k2; \
             UPDATE office_state SET (audit_n, audit_hash) = (SELECT audit_n, audit_hash FROM k3)",
        )
        .await;
        assert_eq!(verified(&office, &[]).await.findings, [], "put back after {sql}");
    }
}

#[tokio::test]
async fn a_chain_that_was_written_anew_as_a_whole_differs_from_the_head_on_paper() {
    let mut office = with_two_letters().await;
    a_day_later(&mut office).await;
    log_in(&office, "z.maj").await;
    let sheet = day_sheet::pdf(&office.desk.desk).await.expect("a sheet");
    let head = head_on(&sheet);
    assert_eq!(verified(&office, &[head]).await.findings, []);
    // Somebody with the database in his hands leaves an entry out and computes every later hash again.
    let rows: Vec<(i64, central::db::Instant, String)> =
        sqlx::query_as("SELECT n, at, body FROM audit_entry ORDER BY n")
            .fetch_all(office.central.pool())
            .await
            .expect("rows");
    run(&office, "TRUNCATE audit_entry").await;
    let mut before = [0; 32];
    let mut last = 0_i64;
    for (_, at, body) in rows.into_iter().filter(|(n, ..)| *n != 2) {
        last += 1;
        let hash = wire::v1::audit::entry_hash(
            office.central.teryt(),
            &before,
            u64::try_from(last).expect("positive"),
            at.0,
            body.as_bytes(),
        );
        sqlx::query("INSERT INTO audit_entry (n, at, body, hash) VALUES ($1, $2, $3, $4)")
            .bind(last)
            .bind(at)
            .bind(body)
            .bind(&hash[..])
            .execute(office.central.pool())
            .await
            .expect("written");
        before = hash;
    }
    sqlx::query("UPDATE office_state SET audit_n = $1, audit_hash = $2")
        .bind(last)
        .bind(&before[..])
        .execute(office.central.pool())
        .await
        .expect("written");
    let found = verified(&office, &[head]).await.findings;
    assert!(found.iter().all(|one| matches!(one, Finding::HeadDiffers { .. })), "{found:?}");
    assert_eq!(found.len(), 2, "the desk's log and the paper: {found:?}");
}

/// The head as two other programs read it from the sheet.
fn head_on(sheet: &[u8]) -> HeadSeen {
    let folder = TempDir::new().expect("a folder");
    let (pdf, picture) = (folder.path().join("sheet.pdf"), folder.path().join("sheet"));
    std::fs::write(&pdf, sheet).expect("written");
    let drawn = Command::new("pdftoppm").args(["-r", "200", "-gray"]).arg(&pdf).arg(&picture).status();
    assert!(drawn.expect("pdftoppm is installed").success());
    let seen = Command::new("zbarimg").args(["--quiet", "--raw"]).arg(folder.path().join("sheet-1.pgm")).output();
    let scanned = String::from_utf8_lossy(&seen.expect("zbarimg is installed").stdout).trim().to_owned();
    let text = Command::new("pdftotext").args(["-layout"]).arg(&pdf).arg("-").output();
    let text = String::from_utf8_lossy(&text.expect("pdftotext is installed").stdout).into_owned();
    assert!(text.contains("Arkusz dnia 24.11.2026") && text.contains("Sporządza: Zofia Maj"), "{text}");
    let parts: Vec<&str> = scanned.split('/').collect();
    let [day, epoch, n, hash] = parts[..] else { panic!("{scanned}") };
    assert!(text.contains(&hash[..8]) && text.contains(epoch) && text.contains(&format!("wpisem {n}")), "{text}");
    HeadSeen {
        day: day.parse().expect("a day"),
        epoch: epoch.parse().expect("an epoch"),
        head: wire::v1::AuditHead {
            n: n.parse().expect("a number"),
            hash: wire::v1::bytes::from_hex(hash).expect("a hash"),
        },
    }
}

#[tokio::test]
async fn a_restore_is_shown_as_a_break_and_not_as_a_finding() {
    let mut office = with_two_letters().await;
    let folder = TempDir::new().expect("a folder");
    let key_file = folder.path().join("key.txt");
    let public = backup::new_key(&key_file).expect("a key").parse().expect("a public key");
    let file = backup::make(office.central.backup(folder.path(), public)).await.expect("a backup").file;
    office.desk.register("Lis", "Po kopii").await;
    office.round().await;
    a_day_later(&mut office).await;
    let before = verified(&office, &[]).await;
    assert_eq!(before.findings, []);

    office.central.stop().await;
    backup::restore(office.central.restore(&file, &key_file)).await.expect("brought back");
    office.central.start_again().await.expect("central serves");
    office.fresh_worker();
    for _ in 0..3 {
        office.round().await;
    }
    assert_eq!(office.central.letters().await.len(), 3, "sent again");
    let after = verified(&office, &[]).await;
    assert_eq!(after.findings, [], "{after:?}");
    let [ended] = &after.breaks[..] else { panic!("{after:?}") };
    assert!(!ended.kept_behind.is_empty(), "the desk knows how far it had come: {after:?}");
}
