/** Settings of this desk: the office, its numbers, its devices, central, and the window itself. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Card } from "../../components/Card";
import { Choice } from "../../components/Choice";
import { Dialog } from "../../components/Dialog";
import { ErrorSummary } from "../../components/ErrorSummary";
import { useOnChange } from "../../components/effects";
import { Field } from "../../components/Field";
import { enterMovesOn } from "../../components/flow";
import { say } from "../../components/Live";
import { Notice } from "../../components/Notice";
import { Screen } from "../../components/Screen";
import { useKeys } from "../../components/useKeys";
import { type CommandFailed, useHost } from "../../host/host";
import { keys, queries } from "../../host/queries";
import type { DeviceTest, EnrolledView, SettingsDraft, SettingsView } from "../../host/types";
import { errorAt, failureText, fieldText } from "../../i18n/failures";
import { CardDialog } from "./CardDialog";
import { PasswordDialog } from "./PasswordDialog";
import { PinDialog } from "./PinDialog";
import styles from "./Settings.module.css";

type TextField = {
  [Name in keyof SettingsDraft]: string extends SettingsDraft[Name] ? Name : never;
}[keyof SettingsDraft];

const lockTimes = ["1", "2", "5", "10", "15"] as const;
const scales = ["100", "125", "150", "175", "200"] as const;
const textFields: readonly TextField[] = [
  "officeName",
  "officeTown",
  "teryt",
  "pointSymbol",
  "incomingSymbol",
  "outgoingSymbol",
  "printerHost",
  "printerPort",
  "printerSerialPath",
  "printerBaud",
  "mfpAddress",
  "centralAddress",
  "statusAddress",
];

type Joined = (view: EnrolledView) => void;
type Props = { onSignOut: () => void; onHeldFile: () => void; join: (onJoined: Joined) => ReactNode };

export function Settings({ onSignOut, onHeldFile, join }: Props) {
  const { t } = useTranslation();
  const host = useHost();
  const { data, error } = useQuery(queries.settings(host));
  if (data === undefined) {
    return (
      <Screen title={t("settings.title")} testId="settings">
        {error !== null && <Notice kind="bad" title={failureText(t, error)} />}
      </Screen>
    );
  }
  return <Form view={data} onSignOut={onSignOut} onHeldFile={onHeldFile} join={join} />;
}

function Form({ view, onSignOut, onHeldFile, join }: Props & { view: SettingsView }) {
  const { t } = useTranslation();
  const host = useHost();
  const client = useQueryClient();
  const [draft, setDraft] = useState(view.settings);
  const [attempt, setAttempt] = useState(0);
  const [joining, setJoining] = useState(false);
  const [cardShown, setCardShown] = useState(false);
  const [pinning, setPinning] = useState(false);
  const [changing, setChanging] = useState(false);
  const dirty = JSON.stringify(draft) !== JSON.stringify(view.settings);
  const ports = useQuery({ ...queries.serialPorts(host), enabled: draft.printerLink === "serial" });
  const save = useMutation({
    mutationFn: () => host.call("settings_save", { draft }),
    onSuccess: (saved) => {
      client.setQueryData(keys.settings, saved);
      setDraft(saved.settings);
      void client.invalidateQueries({ queryKey: keys.intake });
      void client.invalidateQueries({ queryKey: keys.status });
      say(t("settings.saved"));
    },
    onSettled: () => setAttempt((count) => count + 1),
  });
  const submit = () => {
    if (!save.isPending) save.mutate();
  };
  const wrong = save.error?.fields ?? [];
  const goTo = (field: string) => document.querySelector<HTMLElement>(`[data-testid="${field}"]`)?.focus();
  useOnChange(attempt, () => {
    const [only, ...others] = wrong;
    if (only !== undefined && others.length === 0) goTo(only.field);
  });
  useKeys({ "Ctrl+Enter": submit });

  // Central says where it is, which office this is and under which symbol; what was typed beside stays as typed.
  const takeOver = async (joined: EnrolledView) => {
    setJoining(false);
    const fresh = await client.fetchQuery({ ...queries.settings(host), staleTime: 0 });
    const { centralAddress, teryt, pointSymbol, officeName } = fresh.settings;
    setDraft((before) => ({
      ...before,
      centralAddress,
      teryt,
      pointSymbol,
      officeName: before.officeName || officeName,
    }));
    say(t("session.join.done", { office: joined.officeName }));
  };

  // A test asks the devices as they are saved, so what is typed is saved first.
  const tested = async <A,>(ask: () => Promise<A>): Promise<A> => {
    if (dirty) await save.mutateAsync();
    return ask();
  };
  const label = useMutation({ mutationFn: () => tested(() => host.call("settings_print_test_label")) });
  const scan = useMutation({ mutationFn: () => tested(() => host.call("settings_test_scan")) });
  const central = useMutation({ mutationFn: () => tested(() => host.call("settings_test_central")) });

  const change = (patch: Partial<SettingsDraft>) => {
    setDraft((before) => ({ ...before, ...patch }));
    if (save.isSuccess) save.reset();
  };
  const field = (name: TextField, options: { mono?: boolean; hint?: string; fixed?: boolean } = {}) => (
    <Field
      name={name}
      label={t(`settings.${name}`)}
      value={draft[name]}
      onChange={(value) => change({ [name]: value })}
      error={errorAt(t, save.error, name)}
      mono={options.mono}
      hint={options.fixed === true ? t("settings.numberingFixed") : options.hint}
      isDisabled={options.fixed}
      list={name === "printerSerialPath" ? ports.data : undefined}
    />
  );
  const nameOf = (name: string) => {
    const known = textFields.find((one) => one === name);
    return known === undefined ? name : t(`settings.${known}`);
  };

  return (
    <Screen
      testId="settings"
      title={t("settings.title")}
      aside={t("settings.version", { version: view.version })}
      actions={
        <>
          <Button kind="main" kbd="Ctrl+Enter" onPress={submit} testId="settings-save">
            {t(save.isPending ? "settings.saving" : "settings.save")}
          </Button>
          <Button onPress={() => setChanging(true)} testId="change">
            {t("session.change.open")}
          </Button>
          <Button onPress={() => setPinning(true)} testId="pin">
            {t("session.pin.open")}
          </Button>
          <Button onPress={onSignOut} testId="sign-out">
            {t("settings.signOut")}
          </Button>
        </>
      }
      foot={
        <span data-testid="settings-state">
          {dirty
            ? t("settings.unsaved")
            : save.isSuccess
              ? t("settings.saved")
              : t("settings.dataFolder", { folder: view.dataFolder })}
        </span>
      }
    >
      {view.missing.length > 0 && (
        <Notice kind="calm" title={t("settings.missing", { fields: view.missing.map(nameOf).join(", ") })} />
      )}
      {save.error !== null && wrong.length === 0 && (
        <div role="alert">
          <Notice kind="bad" title={failureText(t, save.error)} />
        </div>
      )}
      {wrong.length > 1 && (
        <ErrorSummary
          title={t("settings.wrongFields")}
          attempt={attempt}
          lines={wrong.map((error) => ({ field: error.field, label: nameOf(error.field), text: fieldText(t, error) }))}
          goTo={goTo}
        />
      )}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: Enter moves on within the fields of this form */}
      <div className={styles.sections} onKeyDown={enterMovesOn}>
        <div className={styles.column}>
          <Card title={t("settings.office")}>
            <div className={styles.grid} data-section="office">
              <div className={styles.wide}>
                <Field
                  name="officeName"
                  label={t("settings.officeName")}
                  value={draft.officeName}
                  onChange={(officeName) => change({ officeName })}
                  error={errorAt(t, save.error, "officeName")}
                  hint={t("settings.officeNameHint")}
                  autoFocus
                />
              </div>
              {field("officeTown")}
              {field("teryt", { mono: true, fixed: view.numberingFixed })}
              {field("pointSymbol", {
                mono: true,
                hint: t(view.numberingFixed ? "settings.symbolHandOver" : "settings.pointSymbolHint"),
                fixed: view.symbolFixed,
              })}
              {field("incomingSymbol", { mono: true })}
              {field("outgoingSymbol", { mono: true })}
              <div className={styles.wide}>
                <Choice
                  label={t("settings.defaultAccess")}
                  value={draft.defaultAccess}
                  options={(["non_public", "public_part", "public_whole"] as const).map((value) => ({
                    value,
                    label: t(`intake.accesses.${value}`),
                  }))}
                  onChange={(defaultAccess) => change({ defaultAccess })}
                  testId="defaultAccess"
                />
              </div>
            </div>
          </Card>
          <Card title={t("settings.slip")}>
            <div className={styles.grid} data-section="slip">
              <div className={styles.wide}>{field("statusAddress", { mono: true })}</div>
              <Choice
                label={t("settings.slipPage")}
                value={draft.slipPage}
                options={(["A5", "A4"] as const).map((value) => ({ value, label: value }))}
                onChange={(slipPage) => change({ slipPage })}
                testId="slipPage"
              />
            </div>
          </Card>
          <Card title={t("settings.window")}>
            <div className={styles.grid} data-section="window">
              <div className={styles.wide}>
                <Choice
                  label={t("settings.lockAfterMinutes")}
                  value={String(draft.lockAfterMinutes)}
                  options={lockTimes.map((value) => ({
                    value: value as string,
                    label: t("settings.minutes", { minutes: value }),
                  }))}
                  onChange={(minutes) => change({ lockAfterMinutes: Number(minutes) })}
                  testId="lockAfterMinutes"
                />
              </div>
              <div className={styles.wide}>
                <Choice
                  label={t("settings.textScale")}
                  value={String(draft.textScale)}
                  options={scales.map((value) => ({
                    value: value as string,
                    label: t("settings.percent", { scale: value }),
                  }))}
                  onChange={(scale) => change({ textScale: Number(scale) })}
                  testId="textScale"
                />
              </div>
              <div className={styles.wide}>
                <Choice
                  label={t("settings.theme")}
                  value={draft.theme}
                  options={(["system", "light", "dark", "high_contrast"] as const).map((value) => ({
                    value,
                    label: t(`settings.themes.${value}`),
                  }))}
                  onChange={(theme) => change({ theme })}
                  testId="theme"
                />
              </div>
              <Choice
                label={t("settings.language")}
                value={draft.language}
                options={(["pl", "en"] as const).map((value) => ({ value, label: t(`settings.languages.${value}`) }))}
                onChange={(language) => change({ language })}
                testId="language"
              />
            </div>
          </Card>
        </div>
        <div className={styles.column}>
          <Card title={t("settings.printer")}>
            <div className={styles.grid} data-section="printer">
              <div className={styles.wide}>
                <Choice
                  label={t("settings.printerLink")}
                  value={draft.printerLink}
                  options={(["none", "tcp", "serial"] as const).map((value) => ({
                    value,
                    label: t(`settings.links.${value}`),
                  }))}
                  onChange={(printerLink) => change({ printerLink })}
                  testId="printerLink"
                />
              </div>
              {draft.printerLink === "tcp" && (
                <>
                  {field("printerHost", { mono: true })}
                  {field("printerPort", { mono: true })}
                </>
              )}
              {draft.printerLink === "serial" && (
                <>
                  {field("printerSerialPath", { mono: true })}
                  {field("printerBaud", { mono: true })}
                </>
              )}
              <Choice
                label={t("settings.printerDpi")}
                value={draft.printerDpi}
                options={(["203", "300"] as const).map((value) => ({
                  value,
                  label: t("settings.dpi", { dpi: value }),
                }))}
                onChange={(printerDpi) => change({ printerDpi })}
                testId="printerDpi"
              />
              <Choice
                label={t("settings.labelSize")}
                value={draft.labelSize}
                options={(["50x25", "50x30"] as const).map((value) => ({
                  value,
                  label: t("settings.mm", { size: value.replace("x", " × ") }),
                }))}
                onChange={(labelSize) => change({ labelSize })}
                testId="labelSize"
              />
              <Test
                name="test-label"
                words={t("settings.testLabel")}
                saves={dirty}
                run={() => label.mutate()}
                pending={label.isPending}
                answer={label.data}
                failure={label.error}
              />
            </div>
          </Card>
          <Card title={t("settings.mfp")}>
            <div className={styles.grid} data-section="mfp">
              <div className={styles.wide}>{field("mfpAddress", { mono: true })}</div>
              <Test
                name="test-scan"
                words={t("settings.testScan")}
                saves={dirty}
                run={() => scan.mutate()}
                pending={scan.isPending}
                answer={scan.data}
                failure={scan.error}
              />
            </div>
          </Card>
          <Card title={t("settings.cardTitle")}>
            <div className={styles.grid} data-section="card">
              <p className={styles.wide}>
                {t("settings.cardLead")}{" "}
                <span className={view.cardSavedOn === null ? styles.bad : styles.soft}>
                  {view.cardSavedOn === null
                    ? t("settings.cardNever")
                    : t("settings.cardSavedOn", { day: view.cardSavedOn })}
                </span>
              </p>
              <div className={styles.wide}>
                <Button onPress={() => setCardShown(true)} testId="card-open">
                  {t("settings.cardOpen")}
                </Button>
              </div>
            </div>
          </Card>
          <Card title={t("settings.central")}>
            <div className={styles.grid} data-section="central">
              <div className={styles.wide}>
                <Bounds bounds={view.enrolment} />
                <Button onPress={() => setJoining(true)} testId="join-office">
                  {t("session.join.again")}
                </Button>
              </div>
              <div className={styles.wide}>{field("centralAddress", { mono: true })}</div>
              <Test
                name="test-central"
                words={t("settings.testCentral")}
                saves={dirty}
                run={() => central.mutate()}
                pending={central.isPending}
                answer={central.data}
                failure={central.error}
              />
              <div className={styles.wide}>
                <p className={styles.soft}>{t("heldFile.settingsLead")}</p>
                <Button onPress={onHeldFile} testId="held-file">
                  {t("heldFile.open")}
                </Button>
              </div>
            </div>
          </Card>
        </div>
      </div>
      {changing && <PasswordDialog onClose={() => setChanging(false)} />}
      {pinning && <PinDialog onClose={() => setPinning(false)} />}
      {cardShown && <CardDialog onClose={() => setCardShown(false)} />}
      {joining && (
        <Dialog title={t("session.join.title")} onClose={() => setJoining(false)} testId="join-dialog">
          <p>{t("session.join.lead")}</p>
          {join((joined) => void takeOver(joined))}
        </Dialog>
      )}
    </Screen>
  );
}

/** What central lets this desk hold and do. */
function Bounds({ bounds }: { bounds: SettingsView["enrolment"] }) {
  const { t } = useTranslation();
  if (bounds === null) return <p className={styles.soft}>{t("session.join.not")}</p>;
  return (
    <dl className={styles.bounds} data-testid="bounds">
      <dt>{t("session.join.kinds")}</dt>
      <dd>{bounds.kinds.map((kind) => t(`session.kinds.${kind}`)).join(", ")}</dd>
      <dt>{t("session.join.roles")}</dt>
      <dd>{bounds.roles.map((role) => t(`session.roles.${role}`)).join(", ")}</dd>
    </dl>
  );
}

function Test(props: {
  name: string;
  words: string;
  saves: boolean;
  run: () => void;
  pending: boolean;
  answer: DeviceTest | undefined;
  failure: CommandFailed | null;
}) {
  const { name, words, saves, run, pending, answer, failure } = props;
  const { t } = useTranslation();
  return (
    <div className={styles.test}>
      <Button onPress={() => !pending && run()} testId={name}>
        {words}
      </Button>
      <p role="status" data-testid={`${name}-answer`} className={failure === null ? styles.good : styles.bad}>
        {pending && t("settings.testing")}
        {!pending && failure !== null && failure.fields.length === 0 && failureText(t, failure)}
        {!pending &&
          failure === null &&
          answer !== undefined &&
          (answer.model === null ? t("settings.testOkUnnamed") : t("settings.testOk", { model: answer.model }))}
        {!pending && failure === null && answer === undefined && saves && (
          <span className={styles.soft}>{t("settings.testSaves")}</span>
        )}
      </p>
      {answer?.picture != null && (
        <img className={styles.picture} src={answer.picture} alt={t("settings.testPicture")} />
      )}
    </div>
  );
}
