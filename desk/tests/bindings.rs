//! THE list of types that cross between the window and the desk; what they hold comes along by itself.
//! `cargo xtask bindings` runs this with the feature `bindings` and keeps the files in `ui/src/bindings`.

use desk::{
    audit, enrolment, event, held_file, intake, labels, letters, people, scanning, session, settings, startup, status,
    tasks,
};
use domain::{FieldErrors, directory::Addressee, letter::LetterDraft};
use ts_rs::{Config, TS};

macro_rules! export {
    ($config:expr, $($kind:ty),+ $(,)?) => {
        $(<$kind>::export_all($config).expect(stringify!($kind));)+
    };
}

#[test]
fn the_window_s_types_are_written() {
    let scratch = tempfile::tempdir().expect("a folder");
    let config = Config::from_env();
    let config =
        if std::env::var_os("TS_RS_EXPORT_DIR").is_some() { config } else { config.with_out_dir(scratch.path()) };
    export!(
        &config,
        audit::view::AuditDraft,
        audit::view::AuditPageView,
        enrolment::view::EnrolDraft,
        enrolment::view::EnrolledView,
        Addressee,
        event::DeskEvent,
        FieldErrors,
        held_file::view::HeldFileView,
        intake::view::DayQuestion,
        intake::view::IntakeView,
        intake::view::NumbersLocked,
        intake::view::RecentLetter,
        intake::view::Registered,
        labels::view::LabelAnswer,
        labels::view::LabelView,
        LetterDraft,
        letters::view::CancellationDraft,
        letters::view::CorrectionDraft,
        letters::view::CorrectionView,
        letters::view::LetterView,
        letters::view::RegisterPage,
        letters::view::RegisterQuery,
        letters::view::StageDraft,
        people::view::IdentifierCheck,
        people::view::PartySuggestion,
        scanning::view::AwaitedLetter,
        scanning::view::BatchClosed,
        scanning::view::BatchView,
        scanning::view::GroupDecision,
        session::view::ClerkView,
        session::view::FirstClerkDraft,
        session::view::LoginDraft,
        session::view::PasswordDraft,
        session::view::PinDraft,
        session::view::SessionView,
        session::view::SignInDraft,
        settings::view::DeviceTest,
        settings::view::SettingsDraft,
        settings::view::SettingsView,
        startup::StartupView,
        status::view::StatusView,
        tasks::view::DecisionDraft,
        tasks::view::SettleDraft,
        tasks::view::TaskView,
    );
    let written = std::fs::read_to_string(config.out_dir().join("LetterView.ts")).expect("a file of that name");
    assert!(written.contains("export type LetterView"));
}
