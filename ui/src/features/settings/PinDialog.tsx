import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { Field } from "../../components/Field";
import { enterMovesOn } from "../../components/flow";
import { say } from "../../components/Live";
import { useHost } from "../../host/host";
import type { PinDraft } from "../../host/types";
import { errorAt, failureText } from "../../i18n/failures";
import styles from "./Settings.module.css";

/** Sets the PIN of the screen lock, or takes it away. */
export function PinDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const host = useHost();
  const [draft, setDraft] = useState<PinDraft>({ password: "", pin: "", pinAgain: "" });
  const save = useMutation({
    mutationFn: () => host.call("session_set_pin", { draft }),
    onSuccess: () => {
      say(t(draft.pin === "" ? "session.pin.removed" : "session.pin.saved"));
      onClose();
    },
  });
  const submit = () => {
    if (!save.isPending) save.mutate();
  };
  const other = save.error !== null && save.error.fields.length === 0 ? failureText(t, save.error) : undefined;
  const field = (name: keyof PinDraft, label: string, extra: { hint?: string; error?: string; first?: boolean }) => (
    <Field
      name={`pin.${name}`}
      label={label}
      type="password"
      value={draft[name]}
      onChange={(value) => setDraft((before) => ({ ...before, [name]: value }))}
      error={errorAt(t, save.error, name) ?? extra.error}
      hint={extra.hint}
      autoFocus={extra.first ?? false}
    />
  );
  return (
    <Dialog
      title={t("session.pin.title")}
      onClose={onClose}
      keys={{ "Ctrl+Enter": submit }}
      testId="pin-dialog"
      actions={
        <>
          <Button kind="main" kbd="Ctrl+Enter" onPress={submit} testId="pin-save">
            {t("session.pin.save")}
          </Button>
          <Button kbd="Esc" onPress={onClose}>
            {t("letter.back")}
          </Button>
        </>
      }
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: Enter moves on, as in every form */}
      <div className={styles.column} onKeyDown={enterMovesOn}>
        <p>{t("session.pin.lead")}</p>
        {field("password", t("session.password"), { first: true, ...(other === undefined ? {} : { error: other }) })}
        {field("pin", t("session.pin.pin"), { hint: t("session.pin.hint") })}
        {field("pinAgain", t("session.pin.again"), {})}
      </div>
    </Dialog>
  );
}
