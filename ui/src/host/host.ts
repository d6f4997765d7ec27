/**
 * What the window may ask of the desk: every command with its arguments and its answer.
 * Implemented by `tauri.ts` (the real desk) and `fake.ts` (an office in memory). Decides nothing.
 */
import { createContext, useContext } from "react";
import type * as T from "./types";

export type Commands = {
  startup_state: [undefined, T.StartupView];
  session_state: [undefined, T.SessionView];
  audit_read: [{ draft: T.AuditDraft }, T.AuditPageView];
  audit_export: [{ draft: T.AuditDraft }, boolean];
  day_sheet_pdf: [undefined, ArrayBuffer];
  day_sheet_save: [undefined, boolean];
  enrolment_join: [{ draft: T.EnrolDraft }, T.EnrolledView];
  session_create_first_clerk: [{ draft: T.FirstClerkDraft }, T.SessionView];
  session_change_password: [{ draft: T.PasswordDraft }, null];
  session_set_pin: [{ draft: T.PinDraft }, null];
  session_sign_in: [{ draft: T.SignInDraft }, T.SessionView];
  session_sign_in_by_login: [{ draft: T.LoginDraft }, T.SessionView];
  session_sign_in_by_provider: [undefined, T.SessionView];
  session_give_up: [undefined, T.SessionView];
  session_lock: [undefined, T.SessionView];
  session_sign_out: [undefined, T.SessionView];
  settings_get: [undefined, T.SettingsView];
  settings_save: [{ draft: T.SettingsDraft }, T.SettingsView];
  settings_print_test_label: [undefined, T.DeviceTest];
  settings_test_scan: [undefined, T.DeviceTest];
  settings_test_central: [undefined, T.DeviceTest];
  settings_serial_ports: [undefined, string[]];
  held_file_save: [undefined, T.HeldFileView | null];
  intake_open: [undefined, T.IntakeView];
  intake_keep_draft: [{ draft: T.LetterDraft }, null];
  intake_discard_draft: [undefined, T.IntakeView];
  intake_register: [{ draft: T.LetterDraft }, T.Registered];
  intake_confirm_day: [{ day: string }, T.IntakeView];
  intake_name_highest_label: [{ text: string }, T.IntakeView];
  directory_addressees: [undefined, T.Addressee[]];
  people_suggest: [{ typed: string }, T.PartySuggestion[]];
  people_check_identifier: [{ typed: string }, T.IdentifierCheck];
  letters_list: [{ query: T.RegisterQuery }, T.RegisterPage];
  letters_get: [{ id: T.LetterId }, T.LetterView];
  letters_correct: [{ draft: T.CorrectionDraft }, T.LetterView];
  letters_cancel: [{ draft: T.CancellationDraft }, T.LetterView];
  letters_set_stage: [{ draft: T.StageDraft }, T.LetterView];
  letters_draft_of: [{ id: T.LetterId }, T.CorrectionView];
  letters_keep_correction: [{ draft: T.CorrectionDraft }, null];
  letters_discard_correction: [{ id: T.LetterId }, T.CorrectionView];
  labels_reprint: [{ letterId: T.LetterId; reason: string }, T.LabelView];
  labels_answer: [{ id: T.LabelJobId; answer: T.LabelAnswer }, T.LabelView];
  labels_retry: [undefined, null];
  recovery_card: [undefined, ArrayBuffer];
  recovery_save_card: [undefined, boolean];
  startup_recover: [{ letters: string }, T.StartupView];
  slip_issue_key: [{ letterId: T.LetterId }, T.LetterView];
  slip_pdf: [{ letterId: T.LetterId }, ArrayBuffer];
  slip_save: [{ letterId: T.LetterId }, boolean];
  scanning_open: [undefined, T.BatchView | null];
  scanning_start: [undefined, T.BatchView];
  scanning_stop: [undefined, T.BatchView];
  scanning_decide: [{ batchId: T.BatchId; group: number; decision: T.GroupDecision }, T.BatchView];
  scanning_undo: [{ batchId: T.BatchId }, T.BatchView];
  scanning_accept_incomplete: [{ batchId: T.BatchId }, T.BatchView];
  scanning_close: [{ batchId: T.BatchId }, T.BatchClosed];
  scanning_discard: [{ batchId: T.BatchId }, null];
  scanning_page_image: [{ pageId: T.PageId; size: "thumbnail" | "full" }, ArrayBuffer];
  scanning_document: [{ letterId: T.LetterId; scanId: T.ScanId }, ArrayBuffer];
  status_line: [undefined, T.StatusView];
  tasks_list: [undefined, T.TaskView[]];
  tasks_settle: [{ draft: T.SettleDraft }, null];
  tasks_decide: [{ draft: T.DecisionDraft }, null];
  window_quit: [undefined, null];
};

export type CommandName = keyof Commands;
export type Args<N extends CommandName> = Commands[N][0];
export type Answer<N extends CommandName> = Commands[N][1];

export interface Host {
  /** Asks the desk; rejects with {@link CommandFailed} and nothing else. */
  call<N extends CommandName>(
    ...request: Args<N> extends undefined ? [name: N] : [name: N, args: Args<N>]
  ): Promise<Answer<N>>;
  /** Tells of every change that the desk announces; answers with what stops it. */
  listen(told: (event: T.DeskEvent) => void): () => void;
}

/** A refused command: a stable code, the wrong fields, the number under which the log holds the details. */
export class CommandFailed extends Error {
  readonly code: T.ErrorCode;
  readonly fields: T.FieldError[];
  readonly incident: string | null;

  constructor(error: T.CommandError) {
    super(error.code);
    this.code = error.code;
    this.fields = error.fields;
    this.incident = error.incident;
  }
}

/** Whatever was thrown, as a refusal: anything unknown is a fault of ours. */
export function asFailure(thrown: unknown): CommandFailed {
  if (thrown instanceof CommandFailed) return thrown;
  if (thrown !== null && typeof thrown === "object" && "code" in thrown && "fields" in thrown) {
    return new CommandFailed(thrown as T.CommandError);
  }
  return new CommandFailed({ code: "unexpected", fields: [], incident: null });
}

const HostContext = createContext<Host | null>(null);
export const HostProvider = HostContext.Provider;

export function useHost(): Host {
  const host = useContext(HostContext);
  if (host === null) throw new Error("no host");
  return host;
}
