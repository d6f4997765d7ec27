//! Rights: nothing that can be called is left out of the table, and every route asks for what the table says.

use std::{collections::BTreeSet, path::Path};

use central::accounts;
use domain::{
    ids::{ClerkId, LetterId, OpId, ScanId},
    rights::{COMMANDS, ROUTES, Role, RouteGate},
    stage::Stage,
};
use reqwest::{Method, StatusCode};
use wire::v1::{Acting, OpBody, Refusal, TaskReason, UploadCreate, Verdict};

use crate::{
    central_accounts::{PASSWORD, clerk, sign_in},
    central_desk::{WireDesk, facts, letter, office, read, status_key, teryt},
};

#[test]
fn every_command_of_the_window_stands_in_the_table_once() {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src-tauri/src/commands/mod.rs");
    let list = std::fs::read_to_string(list).expect("THE list of commands");
    let real: BTreeSet<&str> = list
        .lines()
        .filter_map(|line| line.trim().strip_suffix(',')?.split_once("::"))
        .filter(|(room, name)| name.starts_with(&format!("{room}_")))
        .map(|(_, name)| name)
        .collect();
    assert!(real.len() > 40, "the list was read");
    let named: BTreeSet<&str> = COMMANDS.iter().map(|(name, _)| *name).collect();
    assert_eq!(named, real, "domain/src/rights/table.rs names exactly the commands of the window");
    assert_eq!(named.len(), COMMANDS.len(), "each once");
}

#[test]
fn every_route_of_central_stands_in_the_table_once() {
    let desks = central::router::routes().into_iter().map(|route| (route.method, route.path));
    let admin = central::admin::routes().into_iter().map(|route| (route.method, route.path));
    let public = central::status_page::routes().into_iter().map(|route| (route.method, route.path));
    let real: BTreeSet<(String, String)> =
        desks.chain(admin).chain(public).map(|(method, path)| (method.to_string(), path)).collect();
    let named: BTreeSet<(String, String)> =
        ROUTES.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(named, real, "domain/src/rights/table.rs names exactly the routes of central");
    assert_eq!(named.len(), ROUTES.len(), "each once");
}

fn concrete(path: &str) -> String {
    let id = "01939f2e-7c1a-7000-8000-000000000001";
    path.replace("{scan}", id).replace("{letter}", id)
}

#[tokio::test]
async fn every_route_asks_for_the_credential_that_the_table_names() {
    let central = office().await;
    let desk = WireDesk::connected(&central, 1, "K1").await;
    let mut nobody = WireDesk::new(&central, 2, "K2");
    nobody.token = "not-a-token".to_owned();
    assert!(central::desks::revoke(&central.administrator(), desk.log.device).await.expect("revoked"));

    let of_desks = |gate: &RouteGate| !matches!(gate, RouteGate::Citizen | RouteGate::Host);
    for (method, path, gate) in ROUTES.iter().filter(|(_, _, gate)| of_desks(gate)) {
        let ask = async |from: &WireDesk| {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let body = if *path == "/v1/challenge" { Vec::new() } else { b"{}".to_vec() };
            read::<serde_json::Value>(from.send(method, &concrete(path), body).await).await
        };
        let (stranger, revoked) = (ask(&nobody).await, ask(&desk).await);
        match gate {
            RouteGate::Citizen | RouteGate::Host => unreachable!("other listeners"),
            RouteGate::Anybody => {
                let malformed = stranger.err().is_none_or(|(status, _)| status == StatusCode::BAD_REQUEST);
                assert!(malformed, "{method} {path}");
            }
            RouteGate::AnyDesk | RouteGate::Desk | RouteGate::Clerk(_) => {
                let refused = stranger.expect_err("no token, no answer");
                assert_eq!(refused, (StatusCode::UNAUTHORIZED, Refusal::TokenUnknown), "{method} {path}");
            }
        }
        match gate {
            RouteGate::Citizen | RouteGate::Host | RouteGate::Anybody => {}
            RouteGate::AnyDesk => {
                let refused = revoked.expect_err("rubbish");
                assert_eq!(refused, (StatusCode::BAD_REQUEST, Refusal::Malformed), "{method} {path} reads it");
            }
            RouteGate::Desk | RouteGate::Clerk(_) => {
                let refused = revoked.expect_err("revoked");
                assert_eq!(refused, (StatusCode::FORBIDDEN, Refusal::Revoked), "{method} {path}");
            }
        }
    }
}

const REFUSED: Verdict = Verdict::Task { reason: TaskReason::NotPermitted };

impl WireDesk {
    /// From now on the desk states this clerk in this role.
    async fn seat(&mut self, login: &str, role: Role) {
        let clerk = sign_in(self, login, PASSWORD).await.expect("signed in").clerk;
        self.acting = Some(Acting { clerk, role });
    }

    /// Seals the registration of a letter of the given document kind.
    fn register_kind(&mut self, n: u32, kind: &str) -> (LetterId, OpId) {
        let id = LetterId(self.new_id());
        let mut letter = letter(id, &self.symbol, n);
        letter.facts.kind = Some(kind.to_owned());
        let body = OpBody::LetterRegistered {
            letter: Box::new(letter),
            unit: None,
            status_hash: status_key(n).hash(&teryt()),
        };
        (id, self.seal(&body))
    }

    fn correct(&mut self, letter_id: LetterId, based_on: OpId, title: &str) {
        self.seal(&OpBody::LetterCorrected {
            letter_id,
            based_on,
            facts: Box::new(facts(title)),
            reason: "pomyłka".to_owned(),
            by: "Anna Wójcik".to_owned(),
            at: "2026-11-23T10:00:00Z".parse().expect("instant"),
        });
    }

    fn cancel(&mut self, letter_id: LetterId) {
        let at = "2026-11-23T10:00:00Z".parse().expect("instant");
        self.seal(&OpBody::LetterCancelled { letter_id, reason: "r".to_owned(), by: "A".to_owned(), at });
    }

    /// The verdicts on what was sealed since the last call.
    async fn verdicts(&self, from: usize) -> Vec<Verdict> {
        let answer = self.push(&self.batch(&self.sealed[from..])).await.expect("a push");
        answer.verdicts.into_iter().map(|verdict| verdict.verdict).collect()
    }
}

#[tokio::test]
async fn a_desk_that_forges_an_actor_or_a_role_gets_nothing_applied() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    let other = WireDesk::connected(&central, 2, "K2").await;
    clerk(&central, "a.wojcik", &[Role::Reception]).await;
    clerk(&central, "s.lis", &[Role::Secretary]).await;
    clerk(&central, "p.maj", &[Role::TaxOfficer]).await;
    desk.seat("a.wojcik", Role::Reception).await;
    let (id, registered) = desk.register();
    assert_eq!(desk.verdicts(0).await, [Verdict::Applied]);
    let before = central.letter("RPW/K1/1/2026").await.expect("the letter");
    let honest = desk.acting.expect("seated");

    // The secretary signed in at another desk only; the tax officer nowhere.
    let secretary = sign_in(&other, "s.lis", PASSWORD).await.expect("signed in").clerk;
    let clerks = accounts::list(central.pool()).await.expect("clerks");
    let tax = clerks.iter().find(|clerk| clerk.login == "p.maj").expect("she").id;
    let forged = [
        ("nobody at all", None),
        ("a clerk who never signed in here", Some(Acting { clerk: secretary, role: Role::Secretary })),
        ("a clerk who never signed in", Some(Acting { clerk: tax, role: Role::TaxOfficer })),
        ("an invented clerk", Some(Acting { clerk: ClerkId(desk.new_id()), role: Role::Reception })),
        ("a role that is not hers", Some(Acting { role: Role::Secretary, ..honest })),
        ("a role that may not", Some(Acting { role: Role::Administrator, ..honest })),
    ];
    for (what, acting) in forged {
        desk.acting = acting;
        let from = desk.sealed.len();
        desk.set_stage(id, None, Stage::Closed);
        desk.correct(id, registered, "Podrobione");
        assert_eq!(desk.verdicts(from).await, [REFUSED; 2], "{what}");
    }
    let after = central.letter("RPW/K1/1/2026").await.expect("the letter");
    assert_eq!((&after.facts, after.stage, after.last_ops), (&before.facts, before.stage, before.last_ops));
    assert_eq!(after.task_reasons(), vec!["not_permitted"; 12], "somebody looks at each");

    desk.acting = Some(honest);
    let from = desk.sealed.len();
    desk.set_stage(id, None, Stage::InProgress);
    assert_eq!(desk.verdicts(from).await, [Verdict::Applied]);
    accounts::revoke(&central.administrator(), "a.wojcik", Role::Reception).await.expect("revoked");
    let from = desk.sealed.len();
    desk.set_stage(id, None, Stage::Closed);
    assert_eq!(desk.verdicts(from).await, [REFUSED], "a role revoked holds from now on");
}

#[tokio::test]
async fn paper_exists_whoever_brings_it() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    clerk(&central, "s.lis", &[Role::Administrator]).await;
    desk.seat("s.lis", Role::Administrator).await;
    let (id, _) = desk.register();
    let create = UploadCreate { scan_id: ScanId(desk.new_id()), bytes: 10, sha256: [3; 32] };
    desk.attach(id, &create);
    desk.cancel(id);
    assert_eq!(desk.verdicts(0).await, [REFUSED; 3], "each with a task");
    let letter = central.letter("RPW/K1/1/2026").await.expect("registered all the same");
    assert!(letter.cancelled.is_some() && letter.scans.len() == 1, "cancelled and attached all the same");
    assert_eq!(letter.task_reasons(), vec!["not_permitted"; 3]);
}

#[tokio::test]
async fn what_a_tax_letter_says_is_changed_by_the_tax_office_alone() {
    let central = office().await;
    let mut desk = WireDesk::connected(&central, 1, "K1").await;
    clerk(&central, "a.wojcik", &[Role::Reception]).await;
    clerk(&central, "p.maj", &[Role::TaxOfficer]).await;
    desk.seat("a.wojcik", Role::Reception).await;
    let (id, registered) = desk.register_kind(1, "Deklaracja podatkowa");
    desk.set_stage(id, None, Stage::Closed);
    assert_eq!(desk.verdicts(0).await, [Verdict::Applied, REFUSED], "she registers it and no more");
    let (general, first) = desk.register_kind(2, "skarga");
    desk.verdicts(2).await;

    desk.seat("p.maj", Role::TaxOfficer).await;
    desk.set_stage(id, None, Stage::InProgress);
    // To make it a letter of the general register needs the right to that, too; so does a general letter.
    desk.correct(id, registered, "Odtajnione");
    desk.correct(general, first, "Cudze");
    assert_eq!(desk.verdicts(3).await, [Verdict::Applied, REFUSED, REFUSED]);
}
