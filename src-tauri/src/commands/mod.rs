//! THE list of commands. Each parses, calls one use case, maps the error, and does nothing else.
//! `build.rs` reads this list; `capabilities/main.json` must allow exactly these.

mod audit;
mod day_sheet;
mod directory;
mod enrolment;
mod files;
mod held_file;
mod intake;
mod labels;
mod letters;
mod people;
mod recovery;
mod scanning;
mod session;
mod settings;
mod slip;
mod startup;
mod status;
mod tasks;
mod window;

use tauri::{Wry, ipc::Invoke};

/// Every command of the window.
pub(crate) fn all() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        audit::audit_export,
        audit::audit_read,
        day_sheet::day_sheet_pdf,
        day_sheet::day_sheet_save,
        directory::directory_addressees,
        enrolment::enrolment_join,
        held_file::held_file_save,
        intake::intake_confirm_day,
        intake::intake_discard_draft,
        intake::intake_keep_draft,
        intake::intake_name_highest_label,
        intake::intake_open,
        intake::intake_register,
        labels::labels_answer,
        labels::labels_reprint,
        labels::labels_retry,
        letters::letters_cancel,
        letters::letters_correct,
        letters::letters_discard_correction,
        letters::letters_draft_of,
        letters::letters_get,
        letters::letters_keep_correction,
        letters::letters_list,
        letters::letters_set_stage,
        people::people_check_identifier,
        people::people_suggest,
        recovery::recovery_card,
        recovery::recovery_save_card,
        scanning::scanning_accept_incomplete,
        scanning::scanning_close,
        scanning::scanning_decide,
        scanning::scanning_discard,
        scanning::scanning_document,
        scanning::scanning_open,
        scanning::scanning_page_image,
        scanning::scanning_start,
        scanning::scanning_stop,
        scanning::scanning_undo,
        session::session_change_password,
        session::session_create_first_clerk,
        session::session_give_up,
        session::session_lock,
        session::session_set_pin,
        session::session_sign_in,
        session::session_sign_in_by_login,
        session::session_sign_in_by_provider,
        session::session_sign_out,
        session::session_state,
        settings::settings_get,
        settings::settings_print_test_label,
        settings::settings_save,
        settings::settings_serial_ports,
        settings::settings_test_central,
        settings::settings_test_scan,
        slip::slip_issue_key,
        slip::slip_pdf,
        slip::slip_save,
        startup::startup_recover,
        startup::startup_state,
        status::status_line,
        tasks::tasks_decide,
        tasks::tasks_list,
        tasks::tasks_settle,
        window::window_quit,
    ]
}
