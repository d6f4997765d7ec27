//! The table itself: which role may do what with which kinds of records, and what each command of the window and each
//! route of central asks for. Tests hold the lists of names equal to the real ones: a new command or route fails until
//! it stands here.

use super::{
    Act, Act as A, RecordKind, RecordKind as K, Role,
    Role::{Administrator, DataProtectionOfficer, Reception, Secretary, TaxOfficer, TrustedProfileOfficer},
};

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Who.
    pub role: Role,
    /// May do what.
    pub act: Act,
    /// With which kinds of records.
    pub kinds: &'static [RecordKind],
}

const fn grant(role: Role, act: Act, kinds: &'static [RecordKind]) -> Grant {
    Grant { role, act, kinds }
}

const EVERY: &[RecordKind] = &[K::Letters, K::TrustedProfile, K::Tax];
const OPEN: &[RecordKind] = &[K::Letters, K::TrustedProfile];
const PROFILES: &[RecordKind] = &[K::TrustedProfile];
const TAXES: &[RecordKind] = &[K::Tax];

/// Role × act × kinds of records. The register's row belongs to the reception; what a tax letter says does not.
pub const GRANTS: &[Grant] = &[
    grant(Reception, A::Register, EVERY),
    grant(Reception, A::Label, EVERY),
    grant(Reception, A::Scan, EVERY),
    grant(Reception, A::ReadRegister, EVERY),
    grant(Reception, A::ReadLetter, OPEN),
    grant(Reception, A::Slip, EVERY),
    grant(Reception, A::Correct, OPEN),
    grant(Reception, A::Cancel, EVERY),
    grant(Reception, A::SetStage, OPEN),
    grant(Reception, A::Settle, OPEN),
    grant(Reception, A::Settings, EVERY),
    grant(TrustedProfileOfficer, A::ReadRegister, OPEN),
    grant(TrustedProfileOfficer, A::ReadLetter, PROFILES),
    grant(TrustedProfileOfficer, A::Slip, PROFILES),
    grant(TrustedProfileOfficer, A::Correct, PROFILES),
    grant(TrustedProfileOfficer, A::SetStage, PROFILES),
    grant(TrustedProfileOfficer, A::Settle, PROFILES),
    grant(TrustedProfileOfficer, A::Settings, EVERY),
    grant(TaxOfficer, A::Label, TAXES),
    grant(TaxOfficer, A::Scan, TAXES),
    grant(TaxOfficer, A::ReadRegister, EVERY),
    grant(TaxOfficer, A::ReadLetter, TAXES),
    grant(TaxOfficer, A::Slip, TAXES),
    grant(TaxOfficer, A::Correct, TAXES),
    grant(TaxOfficer, A::SetStage, TAXES),
    grant(TaxOfficer, A::Settle, TAXES),
    grant(TaxOfficer, A::Settings, EVERY),
    grant(Secretary, A::ReadRegister, EVERY),
    grant(Secretary, A::ReadLetter, OPEN),
    grant(Secretary, A::Slip, OPEN),
    grant(Secretary, A::Correct, OPEN),
    grant(Secretary, A::Cancel, EVERY),
    grant(Secretary, A::SetStage, OPEN),
    grant(Secretary, A::Settle, OPEN),
    grant(Secretary, A::Decide, EVERY),
    grant(Secretary, A::Settings, EVERY),
    grant(DataProtectionOfficer, A::Audit, EVERY),
    grant(Administrator, A::Settings, EVERY),
];

/// Who may call a command of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Anybody: it shows and changes nothing of the office's records.
    Anybody,
    /// Whoever is signed in.
    Clerk,
    /// A clerk one of whose roles may do this.
    May(Act),
}

/// Every command of the window (`src-tauri/src/commands/mod.rs`) and what it asks for.
pub const COMMANDS: &[(&str, Gate)] = &[
    ("audit_export", Gate::May(A::Audit)),
    ("audit_read", Gate::May(A::Audit)),
    ("day_sheet_pdf", Gate::May(A::Register)),
    ("day_sheet_save", Gate::May(A::Register)),
    ("directory_addressees", Gate::Clerk),
    ("enrolment_join", Gate::Anybody),
    ("held_file_save", Gate::Clerk),
    ("intake_confirm_day", Gate::May(A::Register)),
    ("intake_discard_draft", Gate::May(A::Register)),
    ("intake_keep_draft", Gate::May(A::Register)),
    ("intake_name_highest_label", Gate::May(A::Register)),
    ("intake_open", Gate::May(A::Register)),
    ("intake_register", Gate::May(A::Register)),
    ("labels_answer", Gate::May(A::Label)),
    ("labels_reprint", Gate::May(A::Label)),
    ("labels_retry", Gate::May(A::Label)),
    ("letters_cancel", Gate::May(A::Cancel)),
    ("letters_correct", Gate::May(A::Correct)),
    ("letters_discard_correction", Gate::May(A::Correct)),
    ("letters_draft_of", Gate::May(A::Correct)),
    ("letters_get", Gate::May(A::ReadRegister)),
    ("letters_keep_correction", Gate::May(A::Correct)),
    ("letters_list", Gate::May(A::ReadRegister)),
    ("letters_set_stage", Gate::May(A::SetStage)),
    ("people_check_identifier", Gate::Anybody),
    ("people_suggest", Gate::May(A::Register)),
    ("recovery_card", Gate::May(A::Settings)),
    ("recovery_save_card", Gate::May(A::Settings)),
    ("scanning_accept_incomplete", Gate::May(A::Scan)),
    ("scanning_close", Gate::May(A::Scan)),
    ("scanning_decide", Gate::May(A::Scan)),
    ("scanning_discard", Gate::May(A::Scan)),
    ("scanning_document", Gate::May(A::ReadLetter)),
    ("scanning_open", Gate::May(A::Scan)),
    ("scanning_page_image", Gate::May(A::Scan)),
    ("scanning_start", Gate::May(A::Scan)),
    ("scanning_stop", Gate::May(A::Scan)),
    ("scanning_undo", Gate::May(A::Scan)),
    ("session_change_password", Gate::Clerk),
    ("session_create_first_clerk", Gate::Anybody),
    ("session_give_up", Gate::Anybody),
    ("session_lock", Gate::Anybody),
    ("session_set_pin", Gate::Clerk),
    ("session_sign_in", Gate::Anybody),
    ("session_sign_in_by_login", Gate::Anybody),
    ("session_sign_in_by_provider", Gate::Anybody),
    ("session_sign_out", Gate::Anybody),
    ("session_state", Gate::Anybody),
    ("settings_get", Gate::Anybody),
    ("settings_print_test_label", Gate::May(A::Settings)),
    ("settings_save", Gate::May(A::Settings)),
    ("settings_serial_ports", Gate::May(A::Settings)),
    ("settings_test_central", Gate::May(A::Settings)),
    ("settings_test_scan", Gate::May(A::Settings)),
    ("slip_issue_key", Gate::May(A::Slip)),
    ("slip_pdf", Gate::May(A::Slip)),
    ("slip_save", Gate::May(A::Slip)),
    ("startup_recover", Gate::Anybody),
    ("startup_state", Gate::Anybody),
    ("status_line", Gate::Anybody),
    ("tasks_decide", Gate::May(A::Decide)),
    ("tasks_list", Gate::May(A::ReadRegister)),
    ("tasks_settle", Gate::May(A::Settle)),
    ("window_quit", Gate::Anybody),
];

/// Who may use a route of central.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteGate {
    /// Any citizen, on the public listener: a status key shows one stage and nothing else.
    Citizen,
    /// Whoever reaches the administrator's listener: no record of the office stands there.
    Host,
    /// Anybody who reaches the listener: it gives a token or nothing.
    Anybody,
    /// A desk with a token, the revoked one included: what it hands over is judged operation by operation.
    AnyDesk,
    /// A desk with a token that is not revoked, within its scope.
    Desk,
    /// A clerk in her own session at central, at a desk that is not revoked, one of whose roles may do this.
    Clerk(Act),
}

/// Every route of central's three listeners and what it asks for.
pub const ROUTES: &[(&str, &str, RouteGate)] = &[
    ("POST", "/v1/enrol", RouteGate::Anybody),
    ("POST", "/v1/challenge", RouteGate::Anybody),
    ("POST", "/v1/hello", RouteGate::Anybody),
    ("POST", "/v1/push", RouteGate::AnyDesk),
    ("POST", "/v1/pull", RouteGate::Desk),
    ("GET", "/v1/directory", RouteGate::Desk),
    ("POST", "/v1/sign-in", RouteGate::Desk),
    ("POST", "/v1/password", RouteGate::Desk),
    ("GET", "/v1/sign-in/provider", RouteGate::Desk),
    ("POST", "/v1/sign-in/provider", RouteGate::Desk),
    ("POST", "/v1/audit", RouteGate::Clerk(A::Audit)),
    ("POST", "/v1/audit/export", RouteGate::Clerk(A::Audit)),
    ("POST", "/v1/report", RouteGate::AnyDesk),
    ("POST", "/v1/scans", RouteGate::Desk),
    ("GET", "/v1/scans/{scan}", RouteGate::Desk),
    ("PATCH", "/v1/scans/{scan}", RouteGate::Desk),
    ("POST", "/v1/scans/{scan}/finish", RouteGate::Desk),
    ("GET", "/v1/letters/{letter}/scans/{scan}", RouteGate::Desk),
    ("GET", "/health", RouteGate::Host),
    ("GET", "/ready", RouteGate::Host),
    ("GET", "/metrics", RouteGate::Host),
    ("GET", "/v1/fleet", RouteGate::Host),
    ("GET", "/openapi.json", RouteGate::Host),
    ("GET", "/", RouteGate::Citizen),
    ("POST", "/", RouteGate::Citizen),
    ("GET", "/s", RouteGate::Citizen),
    ("POST", "/s", RouteGate::Citizen),
    ("GET", "/favicon.ico", RouteGate::Citizen),
    ("GET", "/s.css", RouteGate::Citizen),
    ("GET", "/s.js", RouteGate::Citizen),
];
