/**
 * The shapes that cross the border between window and desk, mirroring `domain` and the desk's views (camelCase).
 */

export type LetterId = string;
export type PartyId = string;
export type ClerkId = string;
export type LabelJobId = string;
export type BatchId = string;
export type PageId = string;
export type ScanId = string;

export const errorCodes = [
  "required",
  "too_long",
  "control_characters",
  "not_a_date",
  "not_a_number",
  "date_in_future",
  "future_date_unconfirmed",
  "reason_required",
  "identifier_unknown",
  "pesel_wrong",
  "nip_wrong",
  "regon_wrong",
  "krs_wrong",
  "postcode_wrong",
  "email_wrong",
  "teryt_wrong",
  "symbol_wrong",
  "address_wrong",
  "address_not_loopback",
  "password_too_short",
  "passwords_differ",
  "not_signed_in",
  "sign_in_failed",
  "already_set_up",
  "not_found",
  "not_allowed_now",
  "office_day_unconfirmed",
  "numbers_locked",
  "not_configured",
  "disk_full",
  "disk_low",
  "disk_fault",
  "busy",
  "key_missing",
  "key_wrong",
  "database_damaged",
  "database_newer",
  "already_running",
  "outcome_unknown",
  "device_not_configured",
  "device_unreachable",
  "device_protocol",
  "feeder_empty",
  "feeder_jam",
  "device_open",
  "device_busy",
  "page_broken",
  "pages_missing",
  "scan_stopped",
  "scan_interrupted",
  "batch_has_questions",
  "central_unreachable",
  "central_refused",
  "unexpected",
] as const;
export type ErrorCode = (typeof errorCodes)[number];

export type FieldError = { field: string; code: ErrorCode; limit: number | null };
export type CommandError = { code: ErrorCode; fields: FieldError[]; incident: string | null };

export type StartupView = { state: "ready" } | { state: "failed"; code: ErrorCode; detail: string };

export type ClerkView = { id: ClerkId; name: string; mark: string };
export type SessionView =
  | { state: "first_start" }
  | { state: "signed_out"; clerks: ClerkView[] }
  | { state: "signed_in"; clerk: ClerkView }
  | { state: "locked"; clerk: ClerkView };
export type FirstClerkDraft = { givenName: string; surname: string; password: string; passwordAgain: string };
export type SignInDraft = { clerk: ClerkId; password: string };

export type Access = "public_whole" | "public_part" | "non_public";
export type Delivery = "in_person" | "ordinary" | "registered" | "messenger" | "other";
export type PartyKind = "person" | "organisation" | "unknown";
export type PartyDraft = {
  typed: string;
  partyId: PartyId | null;
  kind: PartyKind;
  surname: string;
  givenNames: string;
  name: string;
  postcode: string;
  town: string;
  street: string;
  building: string;
  flat: string;
  poBox: string;
  country: string;
  email: string;
  identifier: string;
};
export type LetterDraft = {
  id: LetterId;
  sender: PartyDraft;
  title: string;
  letterDate: string;
  futureDateConfirmed: boolean;
  reference: string;
  receivedOn: string;
  earlierReason: string;
  postedOn: string;
  delivery: Delivery;
  postingNumber: string;
  attachments: string;
  kind: string;
  access: Access;
  unit: string;
  remarks: string;
};

export type BlockReason =
  | "media_out"
  | "ribbon_out"
  | "head_open"
  | "paused"
  | "cutter"
  | "silent"
  | "unreachable"
  | "not_configured"
  | "wrong_language"
  | "other";
export type LabelState =
  | { state: "queued" }
  | { state: "checking" }
  | { state: "blocked"; reason: BlockReason }
  | { state: "sending" }
  | { state: "sent" }
  | { state: "confirmed" }
  | { state: "uncertain" }
  | { state: "reprinted" }
  | { state: "cancelled" };
export type LabelSize = "50x25" | "50x30";
export type Dpi = "203" | "300";
export type LabelContent = {
  office: string;
  number: string;
  identifier: string;
  received: string;
  attachments: number;
  clerk: string;
  copy: number;
};
export type LabelView = {
  id: LabelJobId;
  letterId: LetterId;
  number: string;
  copy: number;
  state: LabelState;
  changedAt: string;
  reason: string | null;
};
export type LabelAnswer = "printed" | "not_printed";

export type DayQuestion = { stored: string; claimed: string };
export type NumbersLocked = { lastNumber: string | null };
export type RecentLetter = {
  id: LetterId;
  number: string;
  sender: string;
  title: string;
  hour: string;
  cancelled: boolean;
  label: LabelView | null;
};
export type IntakeView = {
  draft: LetterDraft;
  unfinished: boolean;
  nextNumber: string | null;
  officeDay: string;
  dayQuestion: DayQuestion | null;
  numbersLocked: NumbersLocked | null;
  missingSettings: string[];
  recent: RecentLetter[];
};
export type Registered = { id: LetterId; number: string; label: LabelContent; statusKey: string };

export type PartySuggestion = {
  id: PartyId;
  name: string;
  address: string;
  identifierHint: [string, string] | null;
  letters: number;
  lastOn: string | null;
  draft: PartyDraft;
};
export type IdentifierKind = "pesel" | "nip" | "regon" | "krs";
export type IdentifierCheck =
  | { state: "empty" }
  | { state: "valid"; kind: IdentifierKind }
  | { state: "wrong"; code: ErrorCode };

export type Stage = "registered" | "handed_to_unit" | "in_progress" | "closed";
export const stages: readonly Stage[] = ["registered", "handed_to_unit", "in_progress", "closed"];

export type RegisterQuery = { text: string; after: string | null };
export type RegisterRow = {
  id: LetterId;
  number: string;
  receivedOn: string;
  sender: string;
  title: string;
  reference: string | null;
  stage: Stage;
  unit: string | null;
  cancelled: boolean;
  pages: number;
  labelWaits: boolean;
  synced: boolean;
};
export type RegisterPage = { rows: RegisterRow[]; next: string | null; total: number };

export type PartyName =
  | { kind: "person"; surname: string; givenNames: string }
  | { kind: "organisation"; name: string }
  | { kind: "unknown" };
export type Address = {
  postcode: string | null;
  town: string | null;
  street: string | null;
  building: string | null;
  flat: string | null;
  poBox: string | null;
  country: string;
  email: string | null;
};
export type Identifier = { kind: IdentifierKind; value: string };
export type Party = { name: PartyName; address: Address; identifier: Identifier | null };
export type LetterFacts = {
  sender: Party;
  title: string;
  letterDate: string | null;
  reference: string | null;
  receivedOn: string;
  earlierReason: string | null;
  postedOn: string | null;
  delivery: Delivery;
  postingNumber: string | null;
  attachments: number;
  kind: string | null;
  access: Access;
  remarks: string | null;
  documentType: string;
};
export type RegisterNumber = { register: "incoming" | "outgoing"; symbol: string; year: number; n: number };
export type Letter = {
  id: LetterId;
  number: RegisterNumber;
  identifier: string;
  registeredAt: string;
  registeredBy: string;
  facts: LetterFacts;
};
export type Cancellation = { reason: string; by: string; at: string };
export type ScanView = { id: ScanId; pages: number; bytes: number; uploaded: boolean };
export type FieldChange = { field: string; old: string; new: string };
export type HistoryKind =
  | { kind: "registered" }
  | { kind: "corrected"; changes: FieldChange[]; reason: string }
  | { kind: "cancelled"; reason: string }
  | { kind: "stage_set"; stage: Stage; unit: string | null }
  | { kind: "scan_attached"; pages: number }
  | { kind: "label_reprinted"; copy: number; reason: string }
  | { kind: "slip_made" };
export type HistoryEntry = { at: string; by: string; what: HistoryKind };
export type LetterView = {
  letter: Letter;
  number: string;
  registered: string;
  stage: Stage;
  unit: string | null;
  stageChangedOn: string;
  cancelled: Cancellation | null;
  label: LabelContent;
  labels: LabelView[];
  scan: ScanView | null;
  statusKey: string | null;
  synced: boolean;
  history: HistoryEntry[];
};
export type CorrectionDraft = { draft: LetterDraft; reason: string };
export type CancellationDraft = { letterId: LetterId; reason: string };
export type StageDraft = { letterId: LetterId; stage: Stage; unit: string };

export type BatchStateView =
  | { state: "scanning" }
  | { state: "complete" }
  | { state: "uncertain"; why: ErrorCode }
  | { state: "failed"; why: ErrorCode };
export type PageView = { id: PageId; place: number; label: string | null; broken: boolean };
export type GroupQuestion =
  | "no_label"
  | "other_office"
  | "not_in_register"
  | "cancelled"
  | "already_scanned"
  | "two_labels"
  | "label_twice"
  | "broken_page";
export type GroupLetter = { id: LetterId; number: string; sender: string; title: string; attachments: number };
export type GroupView = { letter: GroupLetter | null; pages: PageId[]; question: GroupQuestion | null };
export type AwaitedLetter = { id: LetterId; number: string; pages: number | null };
export type BatchView = {
  id: BatchId;
  started: string;
  state: BatchStateView;
  device: string | null;
  pages: PageView[];
  groups: GroupView[];
  awaited: AwaitedLetter[];
  canClose: boolean;
};
export type GroupDecision =
  | { decision: "join_previous" }
  | { decision: "assign_to"; number: string }
  | { decision: "set_aside" };
export type BatchClosed = { attached: GroupLetter[] };

export type PrinterLinkKind = "none" | "tcp" | "serial";
export type Language = "pl" | "en";
export type Theme = "system" | "light" | "dark" | "high_contrast";
export type SlipPage = "A5" | "A4";
export type SettingsDraft = {
  officeName: string;
  officeTown: string;
  teryt: string;
  pointSymbol: string;
  incomingSymbol: string;
  outgoingSymbol: string;
  defaultAccess: Access;
  slipPage: SlipPage;
  printerLink: PrinterLinkKind;
  printerHost: string;
  printerPort: string;
  printerSerialPath: string;
  printerBaud: string;
  printerDpi: Dpi;
  labelSize: LabelSize;
  mfpAddress: string;
  centralAddress: string;
  statusAddress: string;
  textScale: number;
  theme: Theme;
  language: Language;
};
export type SettingsView = {
  settings: SettingsDraft;
  numberingFixed: boolean;
  missing: string[];
  dataFolder: string;
  version: string;
};
export type DeviceTest = { model: string | null; picture: string | null };

export type PrinterStatusView =
  | { state: "none" }
  | { state: "unknown" }
  | { state: "ready" }
  | { state: "printing" }
  | { state: "blocked"; reason: BlockReason; waiting: number };
export type MfpStatusView =
  | { state: "none" }
  | { state: "unknown" }
  | { state: "ready"; loaded: boolean | null }
  | { state: "scanning" }
  | { state: "fault"; why: ErrorCode };
export type CentralStatusView =
  | { state: "none" }
  | { state: "unknown" }
  | { state: "online"; at: string; waiting: number }
  | { state: "offline"; why: ErrorCode; waiting: number; oldest: string | null };
export type StatusView = {
  printer: PrinterStatusView;
  mfp: MfpStatusView;
  central: CentralStatusView;
  questions: number;
  keyInFile: boolean;
};

export type DeskEvent =
  | { event: "letter_registered"; letterId: LetterId }
  | { event: "letter_changed"; letterId: LetterId }
  | { event: "label_changed"; letterId: LetterId }
  | { event: "batch_changed"; batchId: BatchId }
  | { event: "status_changed" }
  | { event: "session_changed" }
  | { event: "settings_changed" };
