//! The demo office: everything that stands around a desk, on loopback, over real sockets. Started by `cargo xtask run`,
//! `tour` and the window tests; never part of a shipped program.

use std::{path::Path, sync::Arc, time::Duration};

use desk::{
    Desk, DeskError, enrolment::view::EnrolDraft, session::view::FirstClerkDraft, settings::view::PrinterLinkKind,
};
use tokio::task::JoinHandle;

use crate::{
    central_office::{CentralOffice, CentralSetup},
    devices::paper_trail,
    virtual_mfp::VirtualMfp,
    virtual_printer::{PrinterSetup, VirtualPrinter},
};

/// Devices and central of one invented office.
pub struct DemoOffice {
    /// The label printer.
    pub printer: Arc<VirtualPrinter>,
    /// The multifunction device.
    pub mfp: Arc<VirtualMfp>,
    /// Central; `None` without PostgreSQL.
    pub central: Option<CentralOffice>,
    hands: JoinHandle<()>,
    places: Places,
}

/// Where everything is reached: what a person types into the settings.
#[derive(Clone, Debug)]
pub struct Places {
    /// Host of the label printer.
    pub printer_host: String,
    /// Port of the label printer.
    pub printer_port: u16,
    /// Page with all labels and the printer's faults.
    pub labels_page: String,
    /// Address of the multifunction device.
    pub mfp: String,
    /// Page with the feeder and its faults.
    pub mfp_page: String,
    /// Central's address for desks; `None` without PostgreSQL.
    pub central: Option<String>,
    /// The public status page; `None` without PostgreSQL.
    pub status: Option<String>,
}

impl DemoOffice {
    /// Opens the office; labels are kept in `folder/labels`. Without PostgreSQL there is no central, and the reason is
    /// told on standard error.
    ///
    /// # Errors
    /// When a loopback port cannot be had.
    pub async fn open(folder: &Path) -> std::io::Result<Self> {
        let setup = PrinterSetup {
            folder: Some(folder.join("labels")),
            per_label: Duration::from_millis(400),
            ..PrinterSetup::default()
        };
        let printer = Arc::new(VirtualPrinter::start(setup).await?);
        let labels_page = printer.show(0).await?;
        let mfp = Arc::new(VirtualMfp::start(0).await?);
        let hands = paper_trail::follow(&printer, &mfp);
        let central = match CentralOffice::start(CentralSetup::of_an_office()).await {
            Ok(central) => {
                central.make_units().await;
                Some(central)
            }
            Err(error) => {
                eprintln!("no central server: {error}");
                None
            }
        };
        let places = Places {
            printer_host: printer.address().ip().to_string(),
            printer_port: printer.address().port(),
            labels_page: format!("http://{labels_page}/"),
            mfp: mfp.url(),
            mfp_page: format!("http://{}/", mfp.address()),
            central: central.as_ref().map(|central| central.desk_address.clone()),
            status: central.as_ref().map(|central| central.status_address.clone()),
        };
        Ok(Self { printer, mfp, central, hands, places })
    }

    /// Stops central in order.
    pub async fn close(mut self) {
        if let Some(central) = &mut self.central {
            central.stop().await;
        }
    }

    /// Where everything is reached.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// Makes the demo clerk and fills the settings, through the same use cases as a person.
    ///
    /// # Errors
    /// What the use cases say.
    pub async fn furnish(&self, desk: &Desk, symbol: &str) -> Result<(), DeskError> {
        let password = crate::main_job::PASSWORD.to_owned();
        let clerk = FirstClerkDraft {
            given_name: "Anna".to_owned(),
            surname: "Lis".to_owned(),
            password_again: password.clone(),
            password,
        };
        desk::session::create_first_clerk(desk, clerk).await?;
        let mut draft = desk::settings::settings(desk).await?.settings;
        draft.office_name = "Urząd Gminy Kruszyna".to_owned();
        draft.office_town = "Kruszyna".to_owned();
        draft.printer_link = PrinterLinkKind::Tcp;
        draft.printer_host = self.places.printer_host.clone();
        draft.printer_port = self.places.printer_port.to_string();
        draft.mfp_address = self.places.mfp.clone();
        draft.status_address = self.places.status.clone().unwrap_or_default();
        let Some(central) = &self.central else {
            draft.teryt = "2404082".to_owned();
            draft.point_symbol = symbol.to_owned();
            desk::settings::save_settings(desk, draft).await?;
            return Ok(());
        };
        desk::settings::save_settings(desk, draft).await?;
        let draft = EnrolDraft { address: central.invite(symbol).await, ..EnrolDraft::default() };
        desk::enrolment::join(desk, draft).await?;
        Ok(())
    }

    /// What an invitation's code holds, good for a quarter of an hour; `None` without PostgreSQL.
    pub async fn invite(&self, symbol: &str) -> Option<String> {
        match &self.central {
            Some(central) => Some(central.invite(symbol).await),
            None => None,
        }
    }
}

impl Drop for DemoOffice {
    fn drop(&mut self) {
        self.hands.abort();
    }
}
