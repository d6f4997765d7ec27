//! The main job in the real window, by keyboard alone: from the first start to a scanned letter that central knows.
//!
//! Driven by the window tests and by `cargo xtask tour`, which takes a picture at every step.

use std::path::Path;

use crate::{demo_office::DemoOffice, window::Window};

/// The demo clerk's password.
pub const PASSWORD: &str = "zielona brama 7";

/// Drives one window; takes pictures where a folder is given.
pub struct MainJob<'a> {
    /// The window.
    pub window: &'a Window,
    /// What stands around it.
    pub office: &'a DemoOffice,
    /// Where pictures go.
    pub pictures: Option<&'a Path>,
}

impl MainJob<'_> {
    /// Photographs the window once what it shows has been drawn.
    pub async fn picture(&self, name: &str) {
        let Some(folder) = self.pictures else { return };
        // Drawn by the page, then shown by the display.
        self.settled().await;
        self.settled().await;
        self.window.picture(folder, name);
    }

    /// Waits until two frames were drawn: what the last key led to stands.
    async fn settled(&self) {
        // The picture shows what stands: two frames drawn since the last change.
        self.window
            .wait("two frames", "if (!window.frames2) { window.frames2 = 1; requestAnimationFrame(() => requestAnimationFrame(() => { window.frames2 = 2; })); } const done = window.frames2 === 2; if (done) window.frames2 = 0; return done")
            .await;
    }

    /// Moves the focus by Tab until it stands in the field with this test id.
    pub async fn tab_to(&self, test_id: &str) {
        for _ in 0..80 {
            let here = format!("return document.activeElement?.closest('[data-testid=\"{test_id}\"]') !== null");
            if self.window.run(&here).await == true {
                return;
            }
            let before = self.window.run(WHERE).await;
            self.window.press("Tab");
            let moved = format!("return ({}) !== {before}", WHERE.trim_start_matches("return "));
            self.window.wait("the focus moves on", &moved).await;
        }
        panic!("Tab never reaches {test_id}");
    }

    /// Tabs to a field, empties it and types.
    pub async fn fill(&self, test_id: &str, text: &str) {
        self.tab_to(test_id).await;
        self.window.press("ctrl+a");
        self.window.fill(text).await;
    }

    /// First start: the desk joins its office, and the clerk makes her own account.
    pub async fn first_start(&self) {
        let window = self.window;
        window.wait_for_focus("address").await;
        if let Some(scanned) = self.office.invite("").await {
            self.picture("01-pierwsze-uruchomienie").await;
            // As a reader types it, its Enter included.
            window.type_text(&scanned);
            window.press("Return");
        } else {
            self.tab_to("way-join").await;
            window.press("Right");
            self.tab_to("givenName").await;
        }
        window.wait_for_focus("givenName").await;
        self.picture("01-konto").await;
        window.fill("Anna").await;
        window.press("Return");
        window.wait_for_focus("surname").await;
        window.fill("Lis").await;
        window.press("Return");
        window.wait_for_focus("password").await;
        window.fill(PASSWORD).await;
        window.press("Return");
        window.wait_for_focus("passwordAgain").await;
        window.fill(PASSWORD).await;
        window.press("ctrl+Return");
        window.wait_for_focus("sender").await;
    }

    /// Settings: the office and its devices.
    pub async fn settings(&self) {
        let (window, places) = (self.window, self.office.places());
        self.picture("02-czego-brakuje").await;
        window.press("ctrl+4");
        window.wait_for_focus("officeName").await;
        self.fill("officeName", "Urząd Gminy Kruszyna").await;
        self.fill("officeTown", "Kruszyna").await;
        if places.central.is_none() {
            self.fill("teryt", "2404082").await;
        }
        if let Some(status) = &places.status {
            self.fill("statusAddress", status).await;
        }
        self.tab_to("printerLink").await;
        window.press("Right");
        window
            .wait("the network is chosen", "return document.querySelector('[data-testid=printerHost]') !== null")
            .await;
        self.fill("printerHost", &places.printer_host).await;
        self.fill("printerPort", &places.printer_port.to_string()).await;
        self.fill("mfpAddress", &places.mfp).await;
        window.press("ctrl+Return");
        let saved =
            "return document.querySelector('[data-testid=settings-state]')?.innerText.includes('apisan') ?? false";
        window.wait("the settings are saved", saved).await;
        self.picture("03-ustawienia").await;
    }

    /// Registers a letter from a new sender; returns its register number.
    pub async fn register(&self, sender: &str, title: &str) -> String {
        let window = self.window;
        window.press("F2");
        window.wait_for_focus("sender").await;
        window.fill(sender).await;
        window.press("ctrl+n");
        // The form opens and takes the focus by itself; a Tab on the way would be one too many.
        let opened = "return document.activeElement?.dataset.testid?.startsWith('sender.') ?? false";
        window.wait("a field of the new sender has the focus", opened).await;
        self.fill("sender.town", "Kruszyna").await;
        self.fill("title", title).await;
        window.press("Return");
        window.wait_for_focus("letterDate").await;
        window.fill("19.11.2026").await;
        window.press("Return");
        window.wait_for_focus("reference").await;
        window.type_text("-");
        window.wait("no reference", "return document.body.innerText.includes('brak znaku')").await;
        self.picture("05-formularz-wypelniony").await;
        let shown = "return document.querySelector('[data-testid=registered-number]')?.innerText.trim() ?? ''";
        let before = window.run(shown).await;
        window.press("ctrl+Return");
        let new = format!("const shown = (() => {{ {shown} }})(); return shown === {before} ? '' : shown");
        let number = window.wait("the number", &new).await;
        window.wait_for_focus("sender").await;
        number.as_str().expect("a number").to_owned()
    }

    /// Waits until the newest label of the list is confirmed.
    pub async fn label_confirmed(&self) {
        let script = "return document.querySelector('[data-testid=recent] [data-testid=label-state]')?.dataset.state === 'confirmed'";
        self.window.wait("the label is confirmed", script).await;
        self.picture("06-zarejestrowane").await;
    }

    /// Opens the slip's preview and closes it again.
    pub async fn slip(&self) {
        let window = self.window;
        window.press("ctrl+d");
        window
            .wait("the slip is drawn", "return document.querySelector('[data-testid=slip-dialog] canvas') !== null")
            .await;
        self.picture("07-potwierdzenie").await;
        window.press("Escape");
        window
            .wait("the preview is closed", "return document.querySelector('[data-testid=slip-dialog]') === null")
            .await;
    }

    /// Scans what lies in the feeder and attaches it to the letter that its label names.
    pub async fn scan(&self) {
        let window = self.window;
        window.press("F6");
        window.wait("a batch", "return document.querySelector('[data-testid=groups]') !== null").await;
        let ready = "const b = document.querySelector('[data-testid=close-batch]'); return b !== null && !b.disabled && b.getAttribute('data-disabled') === null";
        window.wait("the batch may be closed", ready).await;
        let seen = "const all = [...document.querySelectorAll('[data-testid=groups] img')]; return all.length > 0 && all.every((i) => i.complete && i.naturalWidth > 0)";
        window.wait("the pages are seen", seen).await;
        self.picture("08-skanowanie").await;
        window.press("ctrl+Return");
        window
            .wait("the batch is closed", "return document.querySelector('[data-testid=batch-closed]') !== null")
            .await;
        self.picture("09-partia-zamknieta").await;
    }

    /// Finds a letter in the register and opens it.
    pub async fn open_letter(&self, words: &str, number: &str) {
        let window = self.window;
        window.press("ctrl+2");
        window.wait_for_focus("search").await;
        window.fill(words).await;
        window
            .wait("the row", &format!("return document.querySelector('[data-testid=\"row-{number}\"]') !== null"))
            .await;
        self.picture("10-rejestr").await;
        window.press("Return");
        window.wait_for_focus("letter").await;
        window.wait_for_text(number).await;
    }

    /// Sets stage and unit of the open letter: the unit is found by its symbol.
    pub async fn hand_to_unit(&self, symbol: &str, unit: &str) {
        let window = self.window;
        window.press("e");
        window.wait_for_focus("stage-dialog").await;
        self.tab_to("stage").await;
        window.press("Right");
        let chosen = "return document.querySelector('[data-testid=stage-handed_to_unit][data-selected]') !== null";
        window.wait("the next stage", chosen).await;
        self.fill("stage-unit", symbol).await;
        window.wait("the unit is found", &first_addressee(unit)).await;
        self.picture("11-komorka").await;
        window.press("Return");
        let taken = "return document.querySelector('[data-testid=field-suggestions]') === null";
        window.wait("the list is closed", taken).await;
        window.press("ctrl+Return");
        let closed = "return document.querySelector('[data-testid=stage-dialog]') === null";
        window.wait("the dialogue is closed", closed).await;
        window.wait_for_text(unit).await;
        window
            .wait("the scan is drawn", "return document.querySelector('[data-testid=pdf-pages] canvas') !== null")
            .await;
        self.picture("12-pismo").await;
    }

    /// Waits until nothing waits for central.
    pub async fn synced(&self) {
        let script = "return (document.querySelector('[data-testid=status-central]')?.innerText ?? '').includes('nic nie czeka')";
        self.window.wait("central has everything", script).await;
    }
}

fn first_addressee(unit: &str) -> String {
    format!(
        "return (document.querySelector('[data-testid=field-suggestions] [aria-selected=true]')?.innerText ?? '').includes('{unit}')"
    )
}

// Which element has the focus, as text that differs between any two of them.
const WHERE: &str = "return Array.from(document.querySelectorAll('*')).indexOf(document.activeElement)";
