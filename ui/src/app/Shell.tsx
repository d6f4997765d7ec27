/**
 * The office's places, the keys that work everywhere, and the way between them. Nothing typed is lost on the way:
 * a place that is left stays as it was.
 */
import { useIsMutating, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Activity, lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Kbd } from "../components/Kbd";
import { Mark } from "../components/Mark";
import { useKeys } from "../components/useKeys";
import { Intake } from "../features/intake/Intake";
import { KeysDialog } from "../features/keys/KeysDialog";
import { keepersOf } from "../host/draftKeeper";
import { useHost } from "../host/host";
import { forgetRecords, keys, queries } from "../host/queries";
import type { BatchView, ClerkView, IntakeView, LetterId, RegisterPage, Role } from "../host/types";
import { useIdle } from "./idle";
import styles from "./Shell.module.css";
import { StatusLine } from "./StatusLine";
import { useFocusMemory } from "./useFocusMemory";

const Register = lazy(() => import("../features/register/Register").then((m) => ({ default: m.Register })));
const Letter = lazy(() => import("../features/letter/Letter").then((m) => ({ default: m.Letter })));
const Correction = lazy(() => import("../features/intake/Correction").then((m) => ({ default: m.Correction })));
const Scanning = lazy(() => import("../features/scanning/Scanning").then((m) => ({ default: m.Scanning })));
const Tasks = lazy(() => import("../features/tasks/Tasks").then((m) => ({ default: m.Tasks })));
const JoinForm = lazy(() => import("../features/session/JoinForm").then((m) => ({ default: m.JoinForm })));
const Audit = lazy(() => import("../features/audit/Audit").then((m) => ({ default: m.Audit })));
const Settings = lazy(() => import("../features/settings/Settings").then((m) => ({ default: m.Settings })));
const HeldFileDialog = lazy(() =>
  import("../features/heldFile/HeldFileDialog").then((m) => ({ default: m.HeldFileDialog })),
);
const SlipDialog = lazy(() => import("../features/letter/SlipDialog").then((m) => ({ default: m.SlipDialog })));
const ReprintDialog = lazy(() =>
  import("../features/letter/ReprintDialog").then((m) => ({ default: m.ReprintDialog })),
);

const places = ["intake", "register", "scanning", "settings", "tasks", "audit"] as const;
type Place = (typeof places)[number];
type Spot = { place: Place; letter: LetterId | null; correcting: boolean };
type Paper = { letterId: LetterId; number: string };

const spotAt = (place: Place): Spot => ({ place, letter: null, correcting: false });
/** Who takes nothing in works in the register; who reads no letters has the audit, or the settings alone. */
const placesOf = (roles: readonly Role[]): readonly Place[] => {
  const reads = roles.some((role) => role !== "data_protection_officer" && role !== "administrator");
  const has: Record<Place, boolean> = {
    intake: roles.includes("reception"),
    register: reads,
    scanning: roles.includes("reception"),
    settings: true,
    tasks: reads,
    audit: roles.includes("data_protection_officer"),
  };
  return places.filter((place) => has[place]);
};
const nameOf = (spot: Spot) => `${spot.place}/${spot.letter ?? ""}${spot.correcting ? "/correct" : ""}`;

export function Shell({ clerk, roles }: { clerk: ClerkView; roles: readonly Role[] }) {
  const { t } = useTranslation();
  const host = useHost();
  const client = useQueryClient();
  const open = placesOf(roles);
  const first = open.find((place) => place !== "settings") ?? "settings";
  const [spot, setSpot] = useState(() => spotAt(first));
  const [trail, setTrail] = useState<Spot[]>([]);
  const [seen, setSeen] = useState<ReadonlySet<Place>>(new Set<Place>([first]));
  const [slip, setSlip] = useState<Paper | null>(null);
  const [reprint, setReprint] = useState<Paper | null>(null);
  const [heldFile, setHeldFile] = useState(false);
  const [help, setHelp] = useState(false);
  const focus = useFocusMemory(nameOf(spot));
  const { data: status } = useQuery({ ...queries.status(host), refetchInterval: 15_000 });
  const questions = status?.questions ?? 0;
  const tasks = status?.tasks ?? 0;

  const goTo = (next: Spot) => {
    if (nameOf(next) === nameOf(spot)) return;
    setTrail((before) => [...before.slice(-20), spot]);
    setSpot(next);
    setSeen((before) => (before.has(next.place) ? before : new Set([...before, next.place])));
  };
  const goToPlace = (place: Place) => {
    if (open.includes(place)) goTo(spotAt(place));
  };
  const openLetter = (letter: LetterId) => goTo({ place: "register", letter, correcting: false });
  const back = () => {
    const before = trail.at(-1);
    if (before === undefined) return;
    setTrail(trail.slice(0, -1));
    setSpot(before);
  };

  const lock = useMutation({
    mutationFn: async () => {
      await keepersOf(host).flush();
      return host.call("session_lock");
    },
    onSuccess: (session) => client.setQueryData(keys.session, session),
  });
  const signOut = useMutation({
    mutationFn: async () => {
      await keepersOf(host).flush();
      return host.call("session_sign_out");
    },
    onSuccess: (session) => {
      client.setQueryData(keys.session, session);
      forgetRecords(client);
    },
  });
  const scan = useMutation({
    mutationKey: ["scan"],
    mutationFn: () => host.call("scanning_start"),
    onSuccess: (batch) => client.setQueryData(keys.batch, batch),
  });
  const busy = useIsMutating() > 0;

  const paperHere = (): Paper | null => {
    if (spot.letter !== null) {
      const letter = client.getQueryData(queries.letter(host, spot.letter).queryKey);
      if (letter !== undefined) return { letterId: spot.letter, number: letter.number };
    }
    const newest = client.getQueryData<IntakeView>(keys.intake)?.recent[0];
    return newest === undefined ? null : { letterId: newest.id, number: newest.number };
  };

  const startScan = () => {
    goToPlace("scanning");
    if (!scan.isPending) scan.mutate();
  };
  const toNewLetter = () => {
    goToPlace("intake");
    focus.wish("intake/", "[data-first]");
  };
  // A label in doubt may belong to a letter that is no longer among the recent ones.
  const olderQuestion = async () => {
    let after: string | null = null;
    do {
      const page: RegisterPage = await host.call("letters_list", { query: { text: "", after } });
      const waiting = page.rows.find((row) => row.labelWaits);
      if (waiting !== undefined) return openLetter(waiting.id);
      after = page.next;
    } while (after !== null);
    goToPlace("register");
  };
  const toQuestion = () => {
    if (focus.returnFromQuestion((place) => place !== nameOf(spot) && back())) return;
    const batch = client.getQueryData<BatchView | null>(keys.batch);
    const inBatch =
      batch?.groups.some((group) => group.question !== null) === true || batch?.state.state === "uncertain";
    const label = client
      .getQueryData<IntakeView>(keys.intake)
      ?.recent.findLast((letter) => letter.label?.state.state === "uncertain")?.label;
    if (spot.place === "scanning" && inBatch) focus.question(nameOf(spot), "[data-question]", nameOf(spot));
    else if (label != null) {
      goToPlace("intake");
      focus.question("intake/", `[data-question="${label.id}"]`, nameOf(spot));
    } else if (inBatch) {
      goToPlace("scanning");
      focus.question("scanning/", "[data-question]", nameOf(spot));
    } else if (questions > 0) void olderQuestion();
  };

  useKeys({ "Ctrl+L": () => lock.mutate() }, { always: true, base: true });
  const { data: settings } = useQuery(queries.settings(host));
  useIdle(settings?.settings.lockAfterMinutes, !lock.isError, () => {
    if (!lock.isPending) lock.mutate();
  });
  useKeys(
    {
      "Ctrl+1": () => goToPlace("intake"),
      "Ctrl+2": () => goToPlace("register"),
      "Ctrl+3": () => goToPlace("scanning"),
      "Ctrl+4": () => goToPlace("settings"),
      "Ctrl+5": () => goToPlace("tasks"),
      "Ctrl+6": () => goToPlace("audit"),
      F1: () => setHelp(true),
      F2: open.includes("intake") ? toNewLetter : undefined,
      F6: open.includes("scanning") ? startScan : undefined,
      F9: () => setReprint(paperHere()),
      "Ctrl+D": () => setSlip(paperHere()),
      "Ctrl+E": toQuestion,
      Escape: () => {
        void keepersOf(host).flush();
        back();
      },
    },
    { base: true },
  );

  const hidden = (place: Place) => (spot.place === place ? "visible" : "hidden");
  return (
    <div className={styles.window}>
      <div className={styles.desk}>
        <nav className={styles.nav} aria-label={t("shell.places")}>
          <p className={styles.brand}>
            <Mark />
            {t("shell.appName")}
          </p>
          <ul className={styles.places}>
            {open.map((place) => (
              <li key={place}>
                <button
                  type="button"
                  className={styles.place}
                  aria-current={spot.place === place ? "page" : undefined}
                  data-testid={`place-${place}`}
                  onClick={() => goToPlace(place)}
                >
                  <span>{t(`shell.${place}`)}</span>
                  {place === "tasks" && tasks > 0 && (
                    <span className={styles.count} data-testid="tasks-count">
                      {tasks}
                    </span>
                  )}
                  <Kbd>{`Ctrl+${places.indexOf(place) + 1}`}</Kbd>
                </button>
              </li>
            ))}
          </ul>
          {questions > 0 && (
            <div className={styles.tasks}>
              <p className={styles.heading}>{t("shell.waiting")}</p>
              <button
                type="button"
                className={styles.place}
                onClick={toQuestion}
                aria-label={t("shell.questionsWaiting", { count: questions })}
                data-testid="questions"
              >
                <span>{t("shell.questions")}</span>
                <span className={styles.count}>{questions}</span>
                <Kbd>Ctrl+E</Kbd>
              </button>
            </div>
          )}
          <div className={styles.foot}>
            <button type="button" className={styles.place} onClick={() => setHelp(true)} data-testid="keys">
              <span>{t("shell.keysList")}</span>
              <Kbd>F1</Kbd>
            </button>
          </div>
        </nav>
        <main className={styles.place_} ref={focus.main} aria-busy={busy}>
          {open.includes("intake") && (
            <Activity mode={hidden("intake")}>
              <div className={styles.fill} data-spot="intake/">
                <Intake
                  clerk={clerk}
                  onSlip={setSlip}
                  onReprint={setReprint}
                  onOpen={openLetter}
                  onSettings={() => goToPlace("settings")}
                  onHeldFile={() => setHeldFile(true)}
                  onAnswered={() => focus.returnFromQuestion(() => undefined)}
                />
              </div>
            </Activity>
          )}
          {seen.has("register") && (
            <Activity mode={hidden("register")}>
              <Suspense>
                <Activity mode={spot.letter === null ? "visible" : "hidden"}>
                  <div className={styles.fill} data-spot="register/">
                    <Register onOpen={openLetter} daySheet={open.includes("intake")} />
                  </div>
                </Activity>
                {spot.place === "register" && spot.letter !== null && (
                  <div className={styles.fill} data-spot={nameOf(spot)} key={nameOf(spot)}>
                    {spot.correcting ? (
                      <Correction id={spot.letter} onDone={back} onBack={back} />
                    ) : (
                      <Letter
                        id={spot.letter}
                        onSlip={setSlip}
                        onReprint={setReprint}
                        onCorrect={() => goTo({ ...spot, correcting: true })}
                        onBack={back}
                      />
                    )}
                  </div>
                )}
              </Suspense>
            </Activity>
          )}
          {seen.has("scanning") && (
            <Activity mode={hidden("scanning")}>
              <Suspense>
                <div className={styles.fill} data-spot="scanning/">
                  <Scanning
                    start={startScan}
                    starting={scan.isPending}
                    startFailure={scan.error}
                    onOpen={openLetter}
                    onSettings={() => goToPlace("settings")}
                  />
                </div>
              </Suspense>
            </Activity>
          )}
          {seen.has("tasks") && (
            <Activity mode={hidden("tasks")}>
              <Suspense>
                <div className={styles.fill} data-spot="tasks/">
                  <Tasks onOpen={openLetter} onBack={back} />
                </div>
              </Suspense>
            </Activity>
          )}
          {seen.has("audit") && (
            <Activity mode={hidden("audit")}>
              <Suspense>
                <div className={styles.fill} data-spot="audit/">
                  <Audit onBack={back} />
                </div>
              </Suspense>
            </Activity>
          )}
          {seen.has("settings") && (
            <Activity mode={hidden("settings")}>
              <Suspense>
                <div className={styles.fill} data-spot="settings/">
                  <Settings
                    onSignOut={() => signOut.mutate()}
                    onHeldFile={() => setHeldFile(true)}
                    join={(onJoined) => <JoinForm modal autoFocus onJoined={onJoined} />}
                  />
                </div>
              </Suspense>
            </Activity>
          )}
        </main>
      </div>
      <StatusLine
        status={status}
        clerk={clerk}
        onLock={() => lock.mutate()}
        onDevice={(section) => {
          goToPlace("settings");
          focus.wish("settings/", `[data-section="${section}"] input, [data-section="${section}"] button`);
        }}
      />
      <Suspense>
        {slip !== null && <SlipDialog paper={slip} onClose={() => setSlip(null)} />}
        {heldFile && <HeldFileDialog onClose={() => setHeldFile(false)} />}
        {reprint !== null && <ReprintDialog paper={reprint} onClose={() => setReprint(null)} />}
      </Suspense>
      {help && <KeysDialog onClose={() => setHelp(false)} />}
    </div>
  );
}
