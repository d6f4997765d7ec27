//! The real window under Xvfb, by keyboard alone: the main job, the faults a clerk meets at the screen, the second start.

mod fork;
mod journey;
mod letter;
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
        let work = tempfile::tempdir().expect("a folder");
        let office = DemoOffice::open(work.path()).await.expect("the demo office");
        let window = Window::open(&WindowPlaces::beside(work.path())).await;
        let counter = Self { window, office, work };
        counter.job().first_start().await;
        counter.job().settings().await;
        counter
    }

    fn job(&self) -> MainJob<'_> {
        MainJob { window: &self.window, office: &self.office, pictures: None }
    }

    /// Closes the window; the office closes behind it.
    async fn close(self) {
        self.window.close().await;
    }
}
