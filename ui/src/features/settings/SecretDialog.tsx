import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { Field } from "../../components/Field";
import { enterMovesOn } from "../../components/flow";
import { say } from "../../components/Live";
import { errorAt, failureText } from "../../i18n/failures";
import styles from "./Settings.module.css";

type Draft<Name extends string> = Record<Name, string>;

type Props<Name extends string> = {
  /** Begins the test ids. */
  name: string;
  title: string;
  lead: string;
  /** In their order; the first one proves who it is. */
  fields: readonly { name: Name; label: string; hint?: string }[];
  save: (draft: Draft<Name>) => Promise<unknown>;
  /** What is said when it is done. */
  done: (draft: Draft<Name>) => string;
  onClose: () => void;
};

/** Sets something that only the clerk knows: what she knows until now, and the new one twice. */
export function SecretDialog<Name extends string>({ name, title, lead, fields, save, done, onClose }: Props<Name>) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(() => Object.fromEntries(fields.map((one) => [one.name, ""])) as Draft<Name>);
  const saving = useMutation({
    mutationFn: () => save(draft),
    onSuccess: () => {
      say(done(draft));
      onClose();
    },
    // The first field stands for whatever is of none.
    onError: (failure) => {
      const wrong = fields.find((one) => failure.fields.some(({ field }) => field === one.name)) ?? fields[0];
      document.querySelector<HTMLElement>(`[data-testid="${name}.${wrong?.name}"]`)?.focus();
    },
  });
  const submit = () => {
    if (!saving.isPending) saving.mutate();
  };
  const other = saving.error !== null && saving.error.fields.length === 0 ? failureText(t, saving.error) : undefined;
  return (
    <Dialog
      title={title}
      onClose={onClose}
      keys={{ "Ctrl+Enter": submit }}
      testId={`${name}-dialog`}
      actions={
        <>
          <Button kind="main" kbd="Ctrl+Enter" onPress={submit} testId={`${name}-save`}>
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
        <p>{lead}</p>
        {fields.map((one, index) => (
          <Field
            key={one.name}
            name={`${name}.${one.name}`}
            label={one.label}
            type="password"
            value={draft[one.name]}
            onChange={(value) => setDraft((before) => ({ ...before, [one.name]: value }))}
            error={errorAt(t, saving.error, one.name) ?? (index === 0 ? other : undefined)}
            hint={one.hint}
            autoFocus={index === 0}
          />
        ))}
      </div>
    </Dialog>
  );
}
