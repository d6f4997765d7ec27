//! The real window under Xvfb, by keyboard alone: the main job, the faults a clerk meets at the screen, the second start.

mod central;
mod fork;
mod journey;
mod letter;
mod openid;
mod people;
mod recovery;
mod slip;
mod trouble;

use kit::{
    demo_office::DemoOffice,
    main_job::MainJob,
    window::{Window, WindowPlaces},
};
use tempfile::TempDir;

/// A counter at work: the demo office, and the window behind its first start with the settings filled in.
struct Counter {
    window: Window,
    office: DemoOffice,
    work: TempDir,
}

impl Counter {
    async fn open() -> Self {
        Self::open_in(tempfile::tempdir().expect("a folder"), &[]).await
    }

    /// As [`Counter::open`], in a folder and with further environment.
    async fn open_in(work: TempDir, environment: &[(&str, &str)]) -> Self {
        let office = DemoOffice::open(work.path()).await.expect("the demo office");
        let (display, session) = Window::desktop();
        let window = Window::open_on(&WindowPlaces::beside(work.path()), display, session, environment).await;
        let counter = Self { window, office, work };
        counter.job().first_start().await;
        counter.job().settings().await;
        counter
    }

    fn job(&self) -> MainJob<'_> {
        MainJob { window: &self.window, office: &self.office, pictures: None }
    }

    /// Keeps a picture where `OKIENKO_PICTURES` names a folder.
    async fn picture(&self, name: &str) {
        let folder = std::env::var_os("OKIENKO_PICTURES").map(std::path::PathBuf::from);
        MainJob { pictures: folder.as_deref(), ..self.job() }.picture(name).await;
    }

    /// Closes the window; the office closes behind it.
    async fn close(self) {
        self.window.close().await;
    }
}
