//! The office's identity provider in the real window: F8 opens the system's browser, and what it brings back opens the lock. In
//! the browser's place stands a script that keeps the address; the test is the browser.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use central::accounts::{self, NewClerk};
use domain::rights::Role;
use kit::{
    identity_provider::{Browser, CLIENT, IdentityProvider},
    main_job::PASSWORD,
};

use crate::{Counter, people::give_the_desk_to};

/// Waits for the address that the browser was opened with.
async fn opened(file: &Path) -> String {
    loop {
        if let Ok(address) = fs::read_to_string(file) {
            fs::remove_file(file).expect("removed");
            return address;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_system_s_browser_opens_and_what_it_brings_back_opens_the_lock() {
    let work = tempfile::tempdir().expect("a folder");
    let (bin, file) = (work.path().join("bin"), work.path().join("address"));
    fs::create_dir(&bin).expect("a folder");
    let script = format!("#!/bin/sh\nprintf %s \"$1\" > '{0}.new' && mv '{0}.new' '{0}'\n", file.display());
    fs::write(bin.join("xdg-open"), script).expect("a script");
    fs::set_permissions(bin.join("xdg-open"), fs::Permissions::from_mode(0o755)).expect("may be run");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("a path"));
    let counter = Counter::open_in(work, &[("PATH", &path)]).await;
    let (window, office, job) = (&counter.window, &counter.office, counter.job());
    let central = office.central.as_ref().expect("PostgreSQL is installed for the tests");
    job.synced().await;

    let (provider, by) = (IdentityProvider::start(), central.administrator());
    accounts::set_provider(&by, &provider.issuer, CLIENT.0, Some(CLIENT.1.to_owned())).await.expect("set");
    let (login, password, roles) = ("e.dab", PASSWORD.to_owned(), [Role::Reception]);
    let new = NewClerk { login, given_name: "Ewa", surname: "Dąb", password, roles: &roles };
    accounts::add(&by, new).await.expect("an account");
    accounts::link(&by, login, "podmiot-ewy").await.expect("linked");

    // By password first: the desk hears that there is another way.
    give_the_desk_to(&counter, login).await;
    window.press("Return");
    window.wait_for_focus("sender").await;
    window.press("ctrl+l");
    window.wait("the button", "return document.querySelector('[data-testid=by-provider]') !== null").await;
    window.wait_for_focus("password").await;
    counter.picture("blokada-konto-urzedowe").await;
    window.press("F8");
    window.wait_for_focus("provider-give-up").await;
    counter.picture("czekam-na-przegladarke").await;
    opened(&file).await;
    window.press("Escape");
    window.wait_for_focus("password").await;

    window.press("F8");
    window.wait_for_focus("provider-give-up").await;
    let back = Browser::new().sign_in(&opened(&file).await, "podmiot-ewy").await;
    Browser::new().visit(back.as_str()).await;
    window.wait_for_focus("sender").await;
    window.wait("it is open", "return document.querySelector('[data-testid=locked]') === null").await;
    window.wait_for_text("Ewa Dąb").await;
    counter.close().await;
}
