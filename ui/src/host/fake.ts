/**
 * A whole office in memory, for browser tests, pictures and work on the screens without the desk.
 * `?host=fake` opens it; further words of the address set the scene (see {@link Scene}). Never part of a release.
 */

import { fakeAudit } from "./fakeAudit";
import { type DrawnPage, drawPage, drawPdf } from "./fakePaper";
import { type Answer, type Args, CommandFailed, type CommandName, type Host } from "./host";
import type * as T from "./types";

type Scene = {
  session: "first" | "out" | "in";
  startup: T.ErrorCode | null;
  letters: number;
  printer: "ready" | "media_out" | "uncertain" | "none";
  older: boolean;
  central: "on" | "off" | "none";
  scanner: "ready" | "jam" | "empty" | "off";
  batch: "none" | "found";
  /** `made_room`: this desk made it, and its copy made room. */
  scan: "here" | "elsewhere" | "away" | "made_room";
  key: "store" | "file";
  settings: "full" | "missing";
  day: "quiet" | "question";
  numbers: "free" | "locked" | "older" | "forked" | "revoked" | "released" | "ungranted" | "recovered";
  disk: "ok" | "full";
  tasks: number;
  theme: T.Theme;
  lang: T.Language;
  scale: number;
  roles: T.Role[];
  erased: boolean;
  /** A correction that was left: somebody else corrected the letter since. */
  correction: "none" | "overtaken";
  /** `desk`: the clerk has an account at this desk alone, and the office has accounts. */
  account: "office" | "desk";
  /** `late`: tasks come once the page hears the event `fake:lists`. */
  lists: "prompt" | "late";
  provider: "none" | "waits" | "signs_in" | "unlinked" | "away";
};

function sceneOf(search: string): Scene {
  const words = new URLSearchParams(search);
  const word = <W extends string>(name: string, standard: W) => (words.get(name) ?? standard) as W;
  return {
    session: word("session", "in"),
    startup: words.get("startup") as T.ErrorCode | null,
    letters: Number(words.get("letters") ?? 34),
    printer: word("printer", "ready"),
    older: words.has("older"),
    central: word("central", "on"),
    scanner: word("scanner", "ready"),
    batch: word("batch", "none"),
    scan: word("scan", "here"),
    key: word("key", "store"),
    settings: word("settings", "full"),
    day: word("day", "quiet"),
    numbers: word("numbers", "free"),
    disk: word("disk", "ok"),
    tasks: Number(words.get("tasks") ?? 0),
    theme: word("theme", "light"),
    lang: word("lang", "pl"),
    scale: Number(words.get("scale") ?? 100),
    erased: words.has("erased"),
    correction: word("correction", "none"),
    account: word("account", "office"),
    lists: word("lists", "prompt"),
    provider: word("provider", "none"),
    roles: words.get("role") === "dpo" ? ["data_protection_officer"] : clerksRoles,
  };
}

type Stored = {
  view: T.LetterView;
  draft: T.LetterDraft;
  hour: string;
};

const clerksRoles: T.Role[] = ["reception", "secretary"];
const today = "2026-11-23";

const people: [T.PartyKind, string, string, string, string, string, string][] = [
  ["person", "Łozińska", "Barbara", "Kruszyna", "Główna", "14", "90090515836"],
  ["organisation", "Łoziński i Wspólnicy sp. j.", "", "Widzów", "Polna", "2", "5250007313"],
  ["organisation", "Wspólnota Mieszkaniowa Lipowa 3", "", "Kruszyna", "Lipowa", "3", ""],
  ["organisation", "Sąd Rejonowy w Częstochowie", "", "Częstochowa", "Dąbrowskiego", "23", ""],
  ["person", "Nowak", "Piotr", "Lgota Mała", "Szkolna", "7", "44051401359"],
  ["organisation", "ZUS Oddział w Częstochowie", "", "Częstochowa", "Dąbrowskiego", "43", "5213017228"],
  ["person", "Świątek-Gęsior", "Józefina", "Jacków", "Leśna", "1A", ""],
  ["organisation", "Gmina Kłomnice", "", "Kłomnice", "Strażacka", "20", ""],
  ["person", "Zając", "Michał", "Kruszyna", "Kościelna", "9", ""],
];
const titles = [
  "Wniosek o warunki zabudowy",
  "Skarga na hałas",
  "Wezwanie do uzupełnienia akt",
  "Odwołanie od decyzji podatkowej",
  "Prośba o rozłożenie opłaty na raty",
  "Zawiadomienie o terminie oględzin",
  "Wniosek o wycięcie dwóch lip",
  "Pismo przewodnie z załącznikami",
];
const units = [
  "Referat Gospodarki Przestrzennej (GP)",
  "Referat Ochrony Środowiska (OŚ)",
  "Referat Finansowy (FN)",
  "Sekretariat Wójta (SW)",
];
const away: T.Away = { name: "Anna Zielińska", until: "2026-12-04", deputy: "Marek Wilk (FN)" };
const addressees: T.Addressee[] = [
  { text: units[0] ?? "", kind: "unit", symbol: "GP", detail: "Ewa Sroka", away: null },
  { text: units[1] ?? "", kind: "unit", symbol: "OŚ", detail: "", away: null },
  { text: units[2] ?? "", kind: "unit", symbol: "FN", detail: "Anna Zielińska", away },
  { text: units[3] ?? "", kind: "unit", symbol: "SW", detail: "", away: null },
  { text: "Ewa Sroka (GP)", kind: "person", symbol: "GP", detail: "Referat Gospodarki Przestrzennej", away: null },
  { text: "Marek Wilk (FN)", kind: "person", symbol: "FN", detail: "Referat Finansowy", away: null },
  { text: "Anna Zielińska (FN)", kind: "person", symbol: "FN", detail: "Referat Finansowy", away },
  { text: "Straż pożarna w Kruszynie", kind: "written", symbol: "", detail: "", away: null },
];

const emptyParty: T.PartyDraft = {
  typed: "",
  partyId: null,
  kind: "person",
  surname: "",
  givenNames: "",
  name: "",
  postcode: "",
  town: "",
  street: "",
  building: "",
  flat: "",
  poBox: "",
  country: "",
  email: "",
  identifier: "",
};

const folds: Record<string, string> = { ą: "a", ć: "c", ę: "e", ł: "l", ń: "n", ó: "o", ś: "s", ź: "z", ż: "z" };
const fold = (text: string) => text.toLowerCase().replace(/[ąćęłńóśźż]/g, (letter) => folds[letter] ?? letter);
const orNull = (text: string) => (text.trim() === "" || text.trim() === "-" ? null : text.trim());
const nameOf = (party: T.PartyDraft) =>
  party.kind === "person"
    ? `${party.surname} ${party.givenNames}`.trim()
    : party.kind === "organisation"
      ? party.name.trim()
      : "";

function readDate(typed: string): string | null {
  const text = typed.trim();
  if (/^\d{4}(-\d\d(-\d\d)?)?$/.test(text)) return text;
  const parts = text.split(/[.\-/ ]/).filter((part) => part !== "");
  const [day, month, year] = parts.length === 2 && parts[1]?.length !== 4 ? [...parts, "2026"] : parts;
  if (day === undefined || month === undefined || year === undefined) return null;
  const iso = `${year.length === 2 ? `20${year}` : year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  const date = new Date(`${iso}T00:00:00Z`);
  return Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== iso ? null : iso;
}

function checkIdentifier(typed: string): T.IdentifierCheck {
  const digits = typed.replace(/^PL/i, "").replace(/[ -]/g, "");
  const sum = (weights: number[]) => weights.reduce((all, weight, i) => all + weight * Number(digits[i]), 0);
  if (digits === "") return { state: "empty" };
  if (!/^\d+$/.test(digits)) return { state: "wrong", code: "identifier_unknown" };
  if (digits.length === 11) {
    const good = (10 - (sum([1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10 === Number(digits[10]);
    return good ? { state: "valid", kind: "pesel" } : { state: "wrong", code: "pesel_wrong" };
  }
  if (digits.length === 10) {
    const good = sum([6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 === Number(digits[9]);
    return good ? { state: "valid", kind: "nip" } : { state: "wrong", code: "nip_wrong" };
  }
  if (digits.length === 9) {
    const good = (sum([8, 9, 2, 3, 4, 5, 6, 7]) % 11) % 10 === Number(digits[8]);
    return good ? { state: "valid", kind: "regon" } : { state: "wrong", code: "regon_wrong" };
  }
  return { state: "wrong", code: "identifier_unknown" };
}

function fail(code: T.ErrorCode, fields: T.FieldError[] = []): never {
  throw new CommandFailed({ code, fields, incident: code === "unexpected" ? "2026-11-23/017" : null });
}

const after = (milliseconds: number, act: () => void) => void setTimeout(act, milliseconds);

class FakeOffice {
  readonly #scene: Scene;
  readonly #listeners = new Set<(event: T.DeskEvent) => void>();
  readonly #letters: Stored[] = [];
  #tasks: T.TaskView[] = [];
  #bounds: T.BoundsView | null = null;
  #startup: T.ErrorCode | null;
  #cardSavedOn: string | null = null;
  #pin: string | null = null;
  #giveUp: () => void = () => undefined;
  readonly #paper = new Map<T.PageId, DrawnPage>();
  #clerks: T.ClerkView[] = [
    { id: "clerk-1", name: "Anna Lis", mark: "A. Lis" },
    { id: "clerk-2", name: "Marek Wilk", mark: "M. Wilk" },
  ];
  readonly #roles: T.Role[];
  #session: T.SessionView;
  #settings: T.SettingsDraft;
  readonly #corrections = new Map<T.LetterId, T.CorrectionDraft>();
  #draft = this.#emptyDraft();
  #next = 1;
  #minute = 9 * 60 + 14;
  #dayAsked: boolean;
  #locked: T.WhyLocked | null;
  #batch: T.BatchView | null = null;
  #undo: T.GroupView[][] = [];
  #run = 0;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#startup = scene.startup;
    const full = scene.settings === "full";
    this.#settings = {
      officeName: full ? "Urząd Gminy Kruszyna" : "",
      officeTown: full ? "Kruszyna" : "",
      teryt: full ? "2404082" : "",
      pointSymbol: full ? "K1" : "",
      incomingSymbol: "RPW",
      outgoingSymbol: "RPWych",
      defaultAccess: "non_public",
      slipPage: "A5",
      printerLink: scene.printer === "none" ? "none" : "tcp",
      printerHost: full ? "192.168.1.20" : "",
      printerPort: "9100",
      printerSerialPath: "",
      printerBaud: "9600",
      printerDpi: "203",
      labelSize: "50x25",
      mfpAddress: full ? "http://192.168.1.30/eSCL" : "",
      centralAddress: full ? "http://127.0.0.1:8410" : "",
      statusAddress: full ? "https://status.kruszyna.example" : "",
      lockAfterMinutes: 5,
      textScale: scene.scale,
      theme: scene.theme,
      language: scene.lang,
    };
    this.#dayAsked = scene.day === "question";
    this.#locked = scene.numbers === "free" ? null : scene.numbers === "locked" ? "behind" : scene.numbers;
    this.#roles = scene.roles;
    const [anna] = this.#clerks;
    this.#session =
      scene.session === "first" || anna === undefined
        ? { state: "first_start" }
        : scene.session === "out"
          ? this.#out()
          : { state: "signed_in", clerk: anna, roles: scene.roles };
    // Central shows the clerk out while she looks at a letter, and meanwhile somebody corrected all of them.
    window.addEventListener("fake:shown-out", () => {
      this.#seat(this.#out());
      for (const { view } of this.#letters) view.letter.facts.title += " (sprostowane)";
      this.#tell({ event: "session_changed" });
    });
    if (full) this.#fill(scene.letters);
    if (scene.erased) this.#erase();
    this.#tasks = this.#openTasks(scene.tasks);
    if (scene.batch === "found") this.#begin(["label", "plain", "blank", "stranger", "label"], "uncertain");
  }

  host(): Host {
    return {
      call: async (name: CommandName, args?: unknown) => {
        await Promise.resolve();
        // The table below is total; each entry takes what its name promises.
        return structuredClone(await (this.#table[name] as (given: unknown) => unknown)(args)) as never;
      },
      listen: (told) => {
        this.#listeners.add(told);
        return () => this.#listeners.delete(told);
      },
    };
  }

  readonly #table: { [N in CommandName]: (args: Args<N>) => Answer<N> | Promise<Answer<N>> } = {
    startup_state: () =>
      this.#startup === null
        ? { state: "ready" }
        : { state: "failed", code: this.#startup, dataFolder: "/home/kancelaria/.local/share/okienko" },
    session_state: () => this.#session,
    enrolment_join: ({ draft }) => {
      const fields: T.FieldError[] = [];
      if (!draft.address.startsWith("https://")) fields.push({ field: "address", code: "address_wrong", limit: null });
      if (draft.invitation.replace(/[^0-9a-z]/gi, "").length !== 56)
        fields.push({ field: "invitation", code: "invitation_wrong", limit: null });
      if (fields.length > 0) fail("invitation_wrong", fields);
      if (draft.invitation.startsWith("0")) fail("invitation_unknown");
      const bounds: T.BoundsView = { kinds: ["letters", "trusted_profile"], roles: ["reception", "secretary"] };
      this.#bounds = bounds;
      this.#settings = { ...this.#settings, centralAddress: draft.address, pointSymbol: "K1" };
      return { officeName: "Urząd Gminy Kruszyna", symbol: "K1", accounts: false, ...bounds };
    },
    session_create_first_clerk: ({ draft }) => {
      const fields: T.FieldError[] = [];
      if (draft.givenName.trim() === "") fields.push({ field: "givenName", code: "required", limit: null });
      if (draft.surname.trim() === "") fields.push({ field: "surname", code: "required", limit: null });
      if (draft.password.length < 8) fields.push({ field: "password", code: "password_too_short", limit: 8 });
      else if (draft.password !== draft.passwordAgain)
        fields.push({ field: "passwordAgain", code: "passwords_differ", limit: null });
      if (fields.length > 0) fail("required", fields);
      const clerk = {
        id: "clerk-1",
        name: `${draft.givenName.trim()} ${draft.surname.trim()}`,
        mark: `${draft.givenName.trim().slice(0, 1)}. ${draft.surname.trim()}`,
      };
      this.#clerks = [clerk];
      return this.#seat({ state: "signed_in", clerk, roles: this.#roles });
    },
    session_sign_in: ({ draft }) => {
      const clerk = this.#clerks.find((one) => one.id === draft.clerk);
      if (clerk === undefined || draft.password !== "kruszyna-demo") return fail("sign_in_failed");
      return this.#seat({ state: "signed_in", clerk, roles: this.#roles });
    },
    session_sign_in_by_login: ({ draft }) => {
      if (draft.login.trim() === "") fail("required", [{ field: "login", code: "required", limit: null }]);
      const clerk = this.#clerks[0];
      return clerk === undefined || draft.password.length < 8
        ? fail("sign_in_failed")
        : this.#seat({ state: "signed_in", clerk, roles: this.#roles });
    },
    session_set_pin: ({ draft }) => {
      const fields: T.FieldError[] = [];
      if (draft.pin !== "" && !/^[0-9]{4,6}$/.test(draft.pin))
        fields.push({ field: "pin", code: "pin_wrong", limit: null });
      else if (draft.pin !== draft.pinAgain) fields.push({ field: "pinAgain", code: "pins_differ", limit: null });
      if (draft.password === "") fields.push({ field: "password", code: "sign_in_failed", limit: null });
      if (fields.length > 0) fail("required", fields);
      this.#pin = draft.pin === "" ? null : draft.pin;
      return null;
    },
    session_change_password: ({ draft }) => {
      const fields: T.FieldError[] = [];
      if (draft.password === "") fields.push({ field: "password", code: "required", limit: null });
      if (draft.newPassword.length < 8) fields.push({ field: "newPassword", code: "password_too_short", limit: 8 });
      else if (/^(hasło|kruszyna)/i.test(draft.newPassword))
        fields.push({ field: "newPassword", code: "password_guessable", limit: null });
      else if (draft.newPassword !== draft.newPasswordAgain)
        fields.push({ field: "newPasswordAgain", code: "passwords_differ", limit: null });
      if (fields.length > 0) fail("required", fields);
      return this.#scene.central === "off" ? fail("central_unreachable") : null;
    },
    session_lock: () =>
      this.#session.state === "signed_in"
        ? this.#seat({
            state: "locked",
            clerk: this.#session.clerk,
            roles: this.#roles,
            pin: this.#pin !== null,
            provider: this.#offered(),
          })
        : this.#session,
    session_sign_in_by_provider: async () => {
      const [clerk] = this.#clerks;
      if (this.#scene.provider === "away") return fail("provider_away");
      const gaveUp = await new Promise<boolean>((resolve) => {
        this.#giveUp = () => resolve(true);
        if (this.#scene.provider !== "waits") after(300, () => resolve(false));
      });
      if (gaveUp) return fail("given_up");
      return this.#scene.provider === "unlinked" || clerk === undefined
        ? fail("clerk_unlinked")
        : this.#seat({ state: "signed_in", clerk, roles: this.#roles });
    },
    session_give_up: () => {
      this.#giveUp();
      return this.#session;
    },
    session_sign_out: () => this.#seat(this.#out()),
    settings_get: () => this.#settingsView(),
    settings_save: ({ draft }) => {
      const fields: T.FieldError[] = [];
      if (draft.teryt !== "" && !/^\d{7}$/.test(draft.teryt))
        fields.push({ field: "teryt", code: "teryt_wrong", limit: null });
      if (!/^[A-Z0-9]{0,2}$/.test(draft.pointSymbol))
        fields.push({ field: "pointSymbol", code: "symbol_wrong", limit: null });
      if (
        draft.centralAddress !== "" &&
        !/^(https:|http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\/?$)/.test(draft.centralAddress)
      )
        fields.push({ field: "centralAddress", code: "address_not_loopback", limit: null });
      if (fields.length > 0) fail("required", fields);
      this.#settings = draft;
      this.#tell({ event: "settings_changed" });
      return this.#settingsView();
    },
    settings_print_test_label: () =>
      this.#settings.printerLink === "none"
        ? fail("device_not_configured")
        : this.#scene.printer === "media_out"
          ? fail("device_unreachable")
          : { model: "ZD421-203dpi", picture: null },
    settings_test_scan: async () => {
      if (this.#settings.mfpAddress === "") fail("device_not_configured");
      if (this.#scene.scanner === "off") fail("device_unreachable");
      if (this.#scene.scanner === "empty") fail("feeder_empty");
      const bytes = new Uint8Array(
        await drawPage({ heading: "Strona próbna", lines: ["Skan z podajnika"] }, "thumbnail"),
      );
      const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
      return { model: "Kyocera M2040dn", picture: `data:image/jpeg;base64,${btoa(text)}` };
    },
    settings_test_central: () =>
      this.#settings.centralAddress === ""
        ? fail("device_not_configured")
        : this.#scene.central === "off"
          ? fail("central_unreachable")
          : { model: "Okienko central 0.1.0", picture: null },
    settings_serial_ports: () => ["/dev/ttyUSB0", "/dev/ttyS0"],
    intake_open: () => this.#intake(),
    intake_keep_draft: ({ draft }) => {
      this.#draft = draft;
      return null;
    },
    intake_discard_draft: () => {
      this.#draft = this.#emptyDraft();
      return this.#intake();
    },
    intake_register: ({ draft }) => {
      if (this.#scene.disk === "full") fail("disk_full");
      if (this.#missing().length > 0) fail("not_configured");
      if (this.#dayAsked) fail("office_day_unconfirmed");
      if (this.#locked !== null) fail("numbers_locked");
      const known = this.#letters.find((stored) => stored.view.letter.id === draft.id);
      if (known !== undefined) return this.#registered(known);
      const fields = this.#check(draft);
      if (fields.length > 0) fail("required", fields);
      this.#minute += 1;
      const stored = this.#store(draft);
      this.#draft = this.#emptyDraft();
      this.#tell({ event: "letter_registered", letterId: draft.id });
      this.#print(stored, 0, null);
      return this.#registered(stored);
    },
    intake_confirm_day: () => {
      this.#dayAsked = false;
      return this.#intake();
    },
    intake_name_highest_label: () => {
      this.#locked = null;
      return this.#intake();
    },
    directory_addressees: () => addressees,
    slip_issue_key: ({ letterId }) => {
      const stored = this.#find(letterId);
      stored.view.statusKey = "7K2M-QX4R-9TBD-C0NE-H";
      stored.view.history.push(this.#happened({ kind: "key_issued" }));
      return this.#changed(stored);
    },
    people_suggest: ({ typed }) => {
      const wanted = fold(typed.trim());
      const all = people.map((_, index) => this.#person(index));
      return all.filter(
        (one) =>
          wanted !== "" &&
          (fold(one.name).includes(wanted) || (one.draft.identifier !== "" && one.draft.identifier.startsWith(wanted))),
      );
    },
    people_check_identifier: ({ typed }) => checkIdentifier(typed),
    letters_list: ({ query }) => {
      if (this.#scene.account === "desk") fail("account_needed");
      const words = fold(query.text)
        .split(" ")
        .filter((word) => word !== "");
      const found = this.#letters
        .toReversed()
        .map((stored) => this.#row(stored))
        .filter((row) => {
          const text = fold(`${row.number} ${row.sender} ${row.title} ${row.reference ?? ""}`);
          return words.every((word) => text.includes(word));
        });
      const from = Number(query.after ?? 0);
      const rows = found.slice(from, from + 50);
      return { rows, next: from + 50 < found.length ? String(from + 50) : null, total: this.#letters.length };
    },
    letters_get: ({ id }) => this.#find(id).view,
    letters_correct: ({ draft: { draft, reason } }) => {
      const fields = this.#check(draft);
      if (reason.trim() === "") fields.push({ field: "reason", code: "reason_required", limit: null });
      if (fields.length > 0) fail("required", fields);
      const stored = this.#find(draft.id);
      const before = stored.draft;
      const changes: T.FieldChange[] = [];
      const compare = (field: string, old: string, now: string) => {
        if (old !== now) changes.push({ field, old, new: now });
      };
      compare("sender", nameOf(before.sender), nameOf(draft.sender));
      for (const field of ["title", "letterDate", "reference", "attachments", "remarks"] as const)
        compare(field, before[field], draft[field]);
      this.#corrections.delete(draft.id);
      stored.draft = draft;
      stored.view.letter.facts = this.#facts(draft);
      stored.view.history.push(this.#happened({ kind: "corrected", changes, reason }));
      return this.#changed(stored);
    },
    letters_cancel: ({ draft }) => {
      if (draft.reason.trim() === "") fail("required", [{ field: "reason", code: "reason_required", limit: null }]);
      const stored = this.#find(draft.letterId);
      stored.view.cancelled = { reason: draft.reason, by: this.#clerkName(), at: this.#now() };
      stored.view.history.push(this.#happened({ kind: "cancelled", reason: draft.reason }));
      return this.#changed(stored);
    },
    letters_set_stage: ({ draft }) => {
      const stored = this.#find(draft.letterId);
      const unit = orNull(draft.unit);
      if (unit !== stored.view.unit) stored.view.history.push(this.#happened({ kind: "unit_set", unit }));
      if (draft.stage !== stored.view.stage)
        stored.view.history.push(this.#happened({ kind: "stage_set", stage: draft.stage }));
      stored.view.stage = draft.stage;
      stored.view.unit = unit;
      stored.view.stageChangedOn = today;
      return this.#changed(stored);
    },
    tasks_list: async () => {
      if (this.#scene.account === "desk") fail("account_needed");
      if (this.#scene.lists === "late") {
        await new Promise((come) => window.addEventListener("fake:lists", come, { once: true }));
      }
      return this.#tasks;
    },
    tasks_settle: ({ draft }) => this.#settle(draft.task),
    tasks_decide: ({ draft }) => {
      if (draft.reason.trim() === "") fail("required", [{ field: "reason", code: "reason_required", limit: null }]);
      return this.#settle(draft.task);
    },
    letters_draft_of: ({ id }) => this.#correction(id),
    letters_keep_correction: ({ draft }) => {
      if (this.#scene.disk === "full") fail("disk_full");
      this.#corrections.set(draft.draft.id, draft);
      return null;
    },
    letters_discard_correction: ({ id }) => {
      this.#corrections.delete(id);
      return this.#correction(id);
    },
    labels_reprint: ({ letterId, reason }) => {
      const stored = this.#find(letterId);
      const copy = stored.view.labels.length;
      stored.view.history.push(this.#happened({ kind: "label_reprinted", copy, reason }));
      return this.#print(stored, copy, reason);
    },
    labels_answer: ({ id, answer }) => {
      const stored = this.#letters.find((one) => one.view.labels.some((label) => label.id === id));
      const label = stored?.view.labels.find((one) => one.id === id);
      if (stored === undefined || label === undefined) return fail("not_found");
      label.state = answer === "printed" ? { state: "confirmed" } : { state: "reprinted" };
      if (answer === "not_printed") this.#print(stored, stored.view.labels.length, "etykieta nie wyszła");
      this.#tell({ event: "label_changed", letterId: stored.view.letter.id });
      return label;
    },
    labels_retry: () => null,
    slip_pdf: ({ letterId }) => {
      const { view } = this.#find(letterId);
      return drawPdf([
        {
          heading: "Potwierdzenie wniesienia pisma",
          lines: [
            this.#settings.officeName,
            "",
            `Numer w rejestrze: ${view.number}`,
            `Wpłynęło: ${view.registered}`,
            `Dotyczy: ${view.letter.facts.title}`,
            `Liczba załączników: ${view.letter.facts.attachments}`,
            `Przyjęcie: ${view.letter.registeredBy}`,
            "",
            `Klucz sprawy: ${view.statusKey ?? ""}`,
            `${this.#settings.statusAddress}`,
          ],
        },
      ]);
    },
    slip_save: () => true,
    audit_read: ({ draft }) => fakeAudit(draft),
    audit_export: () => true,
    day_sheet_pdf: () =>
      drawPdf([{ heading: "Arkusz dnia 23.11.2026", lines: [this.#settings.officeName, "", "Pisma przyjęte: 12"] }]),
    day_sheet_save: () => true,
    held_file_save: () => ({ operations: 22, scans: 3, leftOut: 0 }),
    recovery_card: () =>
      drawPdf([
        {
          heading: "Karta odzyskiwania stanowiska",
          lines: [this.#settings.officeName, "", "0487-VJ2M-…", "", "Trzymać w sejfie urzędu."],
        },
      ]),
    recovery_save_card: () => {
      this.#cardSavedOn = "19.11.2026";
      return true;
    },
    startup_recover: ({ letters }) => {
      if (letters.replace(/[^0-9a-z]/gi, "").length !== 60) fail("card_wrong");
      if (letters.startsWith("0")) fail("key_wrong");
      this.#startup = null;
      return { state: "ready" };
    },
    scanning_open: () => this.#batch,
    scanning_start: () => {
      if (this.#scene.scanner === "off") fail("device_unreachable");
      if (this.#scene.scanner === "empty") fail("feeder_empty");
      if (this.#batch === null) {
        this.#begin([], "scanning");
        const jam = this.#scene.scanner === "jam";
        this.#feed(jam ? ["label", "plain"] : ["label", "plain", "label", "stranger", "label", "plain", "plain"], jam);
      } else {
        this.#batch.state = { state: "scanning" };
        this.#feed(["plain", "label"], false);
      }
      return this.#mustBatch();
    },
    scanning_stop: () => {
      this.#run += 1;
      const batch = this.#mustBatch();
      batch.state = { state: "uncertain", why: "scan_stopped" };
      return this.#batchChanged();
    },
    scanning_decide: ({ group: index, decision }) => {
      const batch = this.#mustBatch();
      const group = batch.groups[index];
      if (group === undefined) return fail("not_found");
      const before = structuredClone(batch.groups);
      if (decision.decision === "join_previous") {
        const previous = batch.groups[index - 1];
        if (previous === undefined) return fail("not_allowed_now");
        previous.pages.push(...group.pages);
        batch.groups.splice(index, 1);
      } else if (decision.decision === "assign_to") {
        const typed = decision.number.trim();
        const stored = this.#letters.find(
          ({ view }) =>
            view.number === typed || view.letter.identifier === typed || String(view.letter.number.n) === typed,
        );
        if (stored === undefined) return fail("not_found");
        group.letter = this.#groupLetter(stored);
        group.question = null;
      } else {
        batch.groups.splice(index, 1);
      }
      this.#undo.push(before);
      return this.#batchChanged();
    },
    scanning_undo: () => {
      const before = this.#undo.pop();
      if (before === undefined) return fail("not_allowed_now");
      this.#mustBatch().groups = before;
      return this.#batchChanged();
    },
    scanning_accept_incomplete: () => {
      this.#mustBatch().state = { state: "complete" };
      return this.#batchChanged();
    },
    scanning_close: () => {
      const batch = this.#mustBatch();
      if (!batch.canClose) fail("batch_has_questions");
      const attached: T.GroupLetter[] = [];
      for (const group of batch.groups) {
        if (group.letter === null) continue;
        const stored = this.#find(group.letter.id);
        stored.view.scan = {
          id: group.pages.join("+"),
          pages: group.pages.length,
          bytes: group.pages.length * 92_000,
          uploaded: false,
          here: true,
          mine: true,
        };
        stored.view.history.push(this.#happened({ kind: "scan_attached", pages: group.pages.length }));
        attached.push(group.letter);
        this.#tell({ event: "letter_changed", letterId: group.letter.id });
      }
      const { id } = batch;
      this.#batch = null;
      this.#tell({ event: "batch_changed", batchId: id });
      return { attached };
    },
    scanning_discard: () => {
      const { id } = this.#mustBatch();
      this.#run += 1;
      this.#batch = null;
      this.#tell({ event: "batch_changed", batchId: id });
      return null;
    },
    scanning_page_image: ({ pageId, size }) => drawPage(this.#paper.get(pageId) ?? { lines: [] }, size),
    scanning_document: ({ scanId }) => {
      if (this.#scene.scan === "away") fail("central_unreachable");
      return drawPdf(scanId.split("+").map((id) => this.#paper.get(id) ?? { lines: [] }));
    },
    status_line: () => this.#status(),
    window_quit: () => null,
  };

  #tell(event: T.DeskEvent): void {
    after(0, () => {
      for (const told of this.#listeners) told(event);
    });
  }

  #offered(): boolean {
    return this.#scene.provider !== "none";
  }

  #out(): T.SessionView {
    return { state: "signed_out", clerks: this.#clerks, provider: this.#offered() };
  }

  #seat(session: T.SessionView): T.SessionView {
    this.#session = session;
    return session;
  }

  #clerkName(): string {
    return "clerk" in this.#session ? this.#session.clerk.name : "";
  }

  #hour(): string {
    return `${String(Math.floor(this.#minute / 60)).padStart(2, "0")}:${String(this.#minute % 60).padStart(2, "0")}`;
  }

  #now(): string {
    return `23.11.2026 ${this.#hour()}`;
  }

  #happened(what: T.HistoryKind): T.HistoryEntry {
    return { at: this.#now(), by: this.#clerkName(), what };
  }

  #missing(): string[] {
    const needed = ["officeName", "teryt", "incomingSymbol"] as const;
    return needed.filter((field) => this.#settings[field] === "");
  }

  #settingsView(): T.SettingsView {
    return {
      settings: this.#settings,
      enrolment: this.#bounds,
      cardSavedOn: this.#cardSavedOn,
      numberingFixed: this.#letters.length > 0,
      symbolFixed: this.#letters.length > 0,
      missing: this.#missing(),
      dataFolder: "/home/kancelaria/.local/share/okienko",
      version: "0.1.0",
    };
  }

  #correction(id: T.LetterId): T.CorrectionView {
    const kept = this.#corrections.get(id);
    const { draft, reason } = kept ?? { draft: this.#find(id).draft, reason: "" };
    const overtaken = kept !== undefined && this.#scene.correction === "overtaken";
    return { basedOn: "op-1", draft, reason, unfinished: kept !== undefined, overtaken };
  }

  #emptyDraft(): T.LetterDraft {
    return {
      id: crypto.randomUUID(),
      sender: { ...emptyParty },
      title: "",
      letterDate: "",
      futureDateConfirmed: false,
      reference: "",
      receivedOn: "",
      earlierReason: "",
      postedOn: "",
      delivery: "in_person",
      postingNumber: "",
      attachments: "",
      kind: "",
      access: "non_public",
      unit: "",
      remarks: "",
    };
  }

  #check(draft: T.LetterDraft): T.FieldError[] {
    const fields: T.FieldError[] = [];
    const wrong = (field: string, code: T.ErrorCode, limit: number | null = null) =>
      fields.push({ field, code, limit });
    const { sender } = draft;
    const required = (field: string, text: string, limit: number) => {
      if (text.trim() === "") wrong(field, "required");
      else if (text.length > limit) wrong(field, "too_long", limit);
    };
    if (sender.kind === "person") required("sender.surname", sender.surname, 250);
    if (sender.kind === "organisation") required("sender.name", sender.name, 250);
    if (sender.kind !== "unknown") required("sender.town", sender.town, 60);
    const identifier = checkIdentifier(sender.identifier);
    if (identifier.state === "wrong") wrong("sender.identifier", identifier.code);
    required("title", draft.title, 250);
    if (draft.letterDate.trim() === "") wrong("letterDate", "required");
    else if (draft.letterDate.trim() !== "-") {
      const date = readDate(draft.letterDate);
      if (date === null) wrong("letterDate", "not_a_date");
      else if (date > today && !draft.futureDateConfirmed) wrong("letterDate", "future_date_unconfirmed");
    }
    required("reference", draft.reference, 100);
    if (draft.receivedOn.trim() !== "") {
      const date = readDate(draft.receivedOn);
      if (date === null) wrong("receivedOn", "not_a_date");
      else if (date > today) wrong("receivedOn", "date_in_future");
      else if (date < today && draft.earlierReason.trim() === "") wrong("earlierReason", "reason_required");
    }
    if (!/^\d{0,4}$/.test(draft.attachments.trim())) wrong("attachments", "not_a_number", 9999);
    return fields;
  }

  #facts(draft: T.LetterDraft): T.LetterFacts {
    const { sender } = draft;
    const identifier = checkIdentifier(sender.identifier);
    return {
      sender: {
        name:
          sender.kind === "person"
            ? { kind: "person", surname: sender.surname, givenNames: sender.givenNames }
            : sender.kind === "organisation"
              ? { kind: "organisation", name: sender.name }
              : { kind: "unknown" },
        address: {
          postcode: orNull(sender.postcode),
          town: orNull(sender.town),
          street: orNull(sender.street),
          building: orNull(sender.building),
          flat: orNull(sender.flat),
          poBox: orNull(sender.poBox),
          country: sender.country === "" ? "Polska" : sender.country,
          email: orNull(sender.email),
        },
        identifier: identifier.state === "valid" ? { kind: identifier.kind, value: sender.identifier } : null,
      },
      title: draft.title,
      letterDate: draft.letterDate.trim() === "-" ? null : readDate(draft.letterDate),
      reference: orNull(draft.reference),
      receivedOn: readDate(draft.receivedOn) ?? today,
      earlierReason: orNull(draft.earlierReason),
      postedOn: readDate(draft.postedOn),
      delivery: draft.delivery,
      postingNumber: orNull(draft.postingNumber),
      attachments: Number(draft.attachments || 0),
      kind: orNull(draft.kind),
      access: draft.access,
      remarks: orNull(draft.remarks),
      documentType: "Text",
    };
  }

  #store(draft: T.LetterDraft): Stored {
    const n = this.#next;
    this.#next += 1;
    const symbol = this.#settings.pointSymbol;
    const number = [this.#settings.incomingSymbol, symbol, String(n), "2026"].filter((part) => part !== "").join("/");
    const identifier = `W${symbol || "0"}-26-${String(n).padStart(6, "0")}-${String((n * 37) % 97).padStart(2, "0")}`;
    const by = this.#clerkName() || "Anna Lis";
    const view: T.LetterView = {
      letter: {
        id: draft.id,
        number: { register: "incoming", symbol, year: 2026, n },
        identifier,
        registeredAt: "2026-11-23T08:14:00Z",
        registeredBy: by,
        facts: this.#facts(draft),
      },
      number,
      registered: this.#now(),
      stage: "registered",
      unit: orNull(draft.unit),
      stageChangedOn: today,
      cancelled: null,
      label: {
        office: this.#settings.officeName,
        number,
        identifier,
        received: this.#now(),
        attachments: Number(draft.attachments || 0),
        clerk: "A. Lis",
        copy: 0,
      },
      labels: [],
      registeredHere: this.#scene.scan !== "elsewhere",
      erased: false,
      tasks: 0,
      scan: null,
      statusKey: "RD6Z-1RV0-WHE6-M111-A",
      synced: false,
      history: [{ at: this.#now(), by, what: { kind: "registered" } }],
    };
    const stored = { view, draft, hour: this.#hour() };
    this.#letters.push(stored);
    return stored;
  }

  #fill(count: number): void {
    this.#next = Math.max(1, 1235 - count);
    for (let index = 0; index < count; index += 1) {
      const person = this.#person((index * 5 + 2) % people.length);
      this.#minute = 8 * 60 + Math.floor((index * 74) / Math.max(count, 1));
      const stored = this.#store({
        ...this.#emptyDraft(),
        sender: person.draft,
        title: titles[(index * 3) % titles.length] ?? "",
        letterDate: index % 4 === 0 ? "-" : `${String((index % 19) + 1).padStart(2, "0")}.11.2026`,
        reference: index % 3 === 0 ? `GP.6730.${index + 1}.2026` : "-",
        attachments: String(index % 4),
        unit: units[index % units.length] ?? "",
      });
      const newest = index === count - 1;
      const doubted = this.#scene.older ? count - 20 : count - 2;
      const ask = this.#scene.printer === "uncertain" && index === doubted;
      stored.view.labels.push(this.#label(stored, 0, ask ? { state: "uncertain" } : { state: "confirmed" }));
      stored.view.synced = !newest;
      if (index % 6 === 3) stored.view.stage = "handed_to_unit";
      if (index % 9 === 4)
        stored.view.cancelled = { reason: "przyjęte dwa razy", by: "Anna Lis", at: "23.11.2026 08:30" };
      if (index < count - 5) {
        const id = crypto.randomUUID();
        this.#paper.set(id, { heading: stored.draft.title, label: stored.view.number, lines: this.#text() });
        stored.view.scan = {
          id,
          pages: 1,
          bytes: 92_000,
          uploaded: true,
          here: this.#scene.scan === "here",
          mine: this.#scene.scan === "here" || this.#scene.scan === "made_room",
        };
      }
    }
    this.#minute = 9 * 60 + 14;
  }

  #settle(id: string): null {
    if (!this.#tasks.some((task) => task.id === id)) fail("not_found");
    this.#tasks = this.#tasks.filter((task) => task.id !== id);
    this.#tell({ event: "status_changed" });
    return null;
  }

  #openTasks(count: number): T.TaskView[] {
    const letters = this.#letters.filter((stored) => stored.view.cancelled === null);
    const kinds: [string, T.TaskWay][] = [
      ["overlap", "choose"],
      ["cancellation_asked", "decide"],
      ["not_permitted", "acknowledge"],
      ["internal", "administrator"],
      ["new_label", "acknowledge"],
    ];
    return Array.from({ length: count }, (_, index) => {
      const stored = letters[index % letters.length];
      const [reason, way] = kinds[index % kinds.length] ?? ["other", "administrator"];
      return {
        id: String(index + 1),
        reason,
        since: "23.11.2026 09:14",
        by: "Jan Kowalik",
        letter:
          stored === undefined
            ? null
            : {
                id: stored.view.letter.id,
                number: stored.view.number,
                sender: nameOf(stored.draft.sender),
                title: stored.draft.title,
              },
        overlap:
          way !== "choose"
            ? null
            : {
                earlierBy: "Anna Lis",
                laterBy: "Jan Kowalik",
                changes: [
                  { field: "title", old: "Wniosek o wycięcie dwóch lip", new: "Wniosek o wycinkę drzew" },
                  { field: "delivery", old: "registered", new: "in_person" },
                ],
              },
        cancellation: way === "decide" ? "wpisano dwa razy" : null,
        way,
      };
    });
  }

  #text(): string[] {
    return [
      "Szanowni Państwo,",
      "zwracam się z uprzejmą prośbą o rozpatrzenie sprawy",
      "opisanej w załącznikach do niniejszego pisma.",
      "",
      "Nieruchomość położona jest w Kruszynie przy ulicy",
      "Głównej, na działce numer 214/3.",
      "",
      "Z poważaniem",
    ];
  }

  #person(index: number): T.PartySuggestion {
    const [kind, first, second, town, street, building, identifier] = people[index % people.length] ?? [
      "unknown",
      "",
      "",
      "",
      "",
      "",
      "",
    ];
    const person = kind === "person";
    const id = `party-${index}`;
    return {
      id,
      name: `${first} ${second}`.trim(),
      address: `${town}, ul. ${street} ${building}`,
      identifierHint: identifier === "" ? null : [person ? "pesel" : "nip", identifier.slice(-3)],
      letters: [7, 2, 5, 1, 22, 12, 3, 4, 6][index] ?? 1,
      lastOn: "2026-11-03",
      draft: {
        ...emptyParty,
        typed: `${first} ${second}`.trim(),
        partyId: id,
        kind,
        surname: person ? first : "",
        givenNames: second,
        name: person ? "" : first,
        town,
        street,
        building,
        identifier,
      },
    };
  }

  #find(id: T.LetterId): Stored {
    return this.#letters.find((stored) => stored.view.letter.id === id) ?? fail("not_found");
  }

  #changed(stored: Stored): T.LetterView {
    this.#tell({ event: "letter_changed", letterId: stored.view.letter.id });
    return stored.view;
  }

  #row({ view }: Stored): T.RegisterRow {
    return {
      id: view.letter.id,
      number: view.number,
      receivedOn: view.letter.facts.receivedOn,
      sender: this.#senderName(view),
      title: view.letter.facts.title,
      reference: view.letter.facts.reference,
      stage: view.stage,
      unit: view.unit,
      cancelled: view.cancelled !== null,
      pages: view.scan?.pages ?? 0,
      labelWaits: view.labels.some((label) => label.state.state === "uncertain" || label.state.state === "blocked"),
      synced: view.synced,
      outside: false,
      erased: view.erased,
    };
  }

  /** Nothing is left of the newest letter but number and state. */
  #erase(): void {
    const newest = this.#letters.at(-1)?.view;
    if (newest === undefined) return;
    newest.erased = true;
    newest.scan = null;
    newest.statusKey = null;
    newest.letter.facts.sender.name = { kind: "unknown" };
    newest.letter.facts.title = "";
    newest.letter.facts.reference = null;
    newest.history = [this.#happened({ kind: "erased" })];
  }

  #senderName(view: T.LetterView): string {
    const { name } = view.letter.facts.sender;
    if (name.kind === "person") return `${name.surname} ${name.givenNames}`.trim();
    return name.kind === "organisation" ? name.name : "";
  }

  #registered({ view }: Stored): T.Registered {
    return { id: view.letter.id, number: view.number, label: view.label, statusKey: view.statusKey ?? "" };
  }

  #intake(): T.IntakeView {
    const symbol = this.#settings.pointSymbol;
    const parts = [this.#settings.incomingSymbol, symbol, String(this.#next), "2026"].filter((part) => part !== "");
    return {
      draft: this.#draft,
      unfinished: this.#draft.title !== "" || this.#draft.sender.typed !== "",
      nextNumber: this.#missing().length > 0 ? null : parts.join("/"),
      officeDay: today,
      dayQuestion: this.#dayAsked ? { stored: today, claimed: "2027-01-02" } : null,
      numbersLocked:
        this.#locked === null ? null : { lastNumber: this.#letters.at(-1)?.view.number ?? null, why: this.#locked },
      missingSettings: this.#missing(),
      recent: this.#letters
        .slice(-8)
        .toReversed()
        .map(({ view, hour }) => ({
          id: view.letter.id,
          number: view.number,
          sender: this.#senderName(view),
          title: view.letter.facts.title,
          hour,
          outside: false,
          cancelled: view.cancelled !== null,
          label: view.labels.at(-1) ?? null,
        })),
    };
  }

  #label({ view }: Stored, copy: number, state: T.LabelState, reason: string | null = null): T.LabelView {
    return {
      id: crypto.randomUUID(),
      letterId: view.letter.id,
      number: view.number,
      copy,
      state,
      changedAt: "2026-11-23T08:14:00Z",
      reason,
    };
  }

  #print(stored: Stored, copy: number, reason: string | null): T.LabelView {
    const label = this.#label(stored, copy, { state: "queued" }, reason);
    stored.view.labels.push(label);
    const become = (milliseconds: number, state: T.LabelState) =>
      after(milliseconds, () => {
        label.state = state;
        this.#tell({ event: "label_changed", letterId: stored.view.letter.id });
        this.#tell({ event: "status_changed" });
      });
    if (this.#scene.printer === "none") return label;
    if (this.#scene.printer === "media_out") {
      become(120, { state: "blocked", reason: "media_out" });
      return label;
    }
    become(80, { state: "sending" });
    become(260, this.#scene.printer === "uncertain" && copy === 0 ? { state: "uncertain" } : { state: "confirmed" });
    after(900, () => {
      stored.view.synced = this.#scene.central === "on";
      this.#tell({ event: "letter_changed", letterId: stored.view.letter.id });
    });
    return label;
  }

  #status(): T.StatusView {
    const blocked = this.#letters.filter(({ view }) =>
      view.labels.some((label) => label.state.state === "blocked"),
    ).length;
    const labelQuestions = this.#letters.filter(({ view }) =>
      view.labels.some((label) => label.state.state === "uncertain"),
    ).length;
    const unsent = this.#letters.filter(({ view }) => !view.synced).length;
    return {
      printer:
        this.#settings.printerLink === "none"
          ? { state: "none" }
          : this.#scene.printer === "media_out"
            ? { state: "blocked", reason: "media_out", waiting: blocked }
            : { state: "ready" },
      mfp:
        this.#settings.mfpAddress === ""
          ? { state: "none" }
          : this.#scene.scanner === "off"
            ? { state: "fault", why: "device_unreachable" }
            : this.#batch?.state.state === "scanning"
              ? { state: "scanning" }
              : { state: "ready", loaded: null },
      central:
        this.#settings.centralAddress === ""
          ? { state: "none" }
          : this.#scene.central === "off"
            ? { state: "offline", why: "central_unreachable", waiting: unsent, oldest: "23.11.2026 09:11" }
            : { state: "online", at: "09:14:02", waiting: Math.max(0, unsent - 1) },
      tasks: this.#tasks.length,
      questions: labelQuestions + (this.#batch?.groups.filter((group) => group.question !== null).length ?? 0),
      keyInFile: this.#scene.key === "file",
    };
  }

  #mustBatch(): T.BatchView {
    return this.#batch ?? fail("not_found");
  }

  #groupLetter({ view }: Stored): T.GroupLetter {
    return {
      id: view.letter.id,
      number: view.number,
      sender: this.#senderName(view),
      title: view.letter.facts.title,
      attachments: view.letter.facts.attachments,
    };
  }

  #begin(papers: Paper[], state: "scanning" | "uncertain"): void {
    const awaited = this.#letters.filter(({ view }) => view.scan === null && view.cancelled === null);
    this.#batch = {
      id: crypto.randomUUID(),
      started: `23.11.2026 ${state === "scanning" ? "10:02" : "09:02"}`,
      state: state === "scanning" ? { state } : { state, why: "scan_interrupted" },
      device: "Kyocera M2040dn",
      pages: [],
      groups: [],
      awaited: awaited.map(({ view }) => ({ id: view.letter.id, number: view.number, pages: null })),
      canClose: false,
    };
    for (const paper of papers) this.#receive(paper);
    this.#batchChanged();
  }

  #receive(paper: Paper): void {
    const batch = this.#mustBatch();
    const id = crypto.randomUUID();
    const waiting = this.#letters.find(
      ({ view }) =>
        view.scan === null &&
        view.cancelled === null &&
        !batch.groups.some((group) => group.letter?.id === view.letter.id),
    );
    const named = paper === "label" ? waiting : undefined;
    this.#paper.set(id, {
      heading: named?.draft.title,
      label: named?.view.number,
      lines: paper === "blank" ? [] : this.#text().slice(0, paper === "label" ? 8 : 5),
    });
    batch.pages.push({
      id,
      place: batch.pages.length + 1,
      label: named?.view.letter.identifier ?? null,
      broken: false,
    });
    const last = batch.groups.at(-1);
    if (named !== undefined) batch.groups.push({ letter: this.#groupLetter(named), pages: [id], question: null });
    else if (paper === "stranger" || last === undefined)
      batch.groups.push({ letter: null, pages: [id], question: "no_label" });
    else last.pages.push(id);
  }

  #feed(papers: Paper[], jam: boolean): void {
    this.#run += 1;
    const run = this.#run;
    papers.forEach((paper, index) => {
      after(300 * (index + 1), () => {
        if (run !== this.#run) return;
        this.#receive(paper);
        this.#batchChanged();
      });
    });
    after(300 * (papers.length + 1), () => {
      if (run !== this.#run) return;
      this.#mustBatch().state = jam ? { state: "uncertain", why: "feeder_jam" } : { state: "complete" };
      this.#batchChanged();
    });
  }

  #batchChanged(): T.BatchView {
    const batch = this.#mustBatch();
    batch.canClose = batch.state.state === "complete" && batch.groups.every((group) => group.question === null);
    for (const one of batch.awaited) {
      one.pages = batch.groups.find((group) => group.letter?.id === one.id)?.pages.length ?? null;
    }
    this.#tell({ event: "batch_changed", batchId: batch.id });
    this.#tell({ event: "status_changed" });
    return batch;
  }
}

type Paper = "label" | "plain" | "blank" | "stranger";

export function fakeHost(search: string): Host {
  return new FakeOffice(sceneOf(search)).host();
}
