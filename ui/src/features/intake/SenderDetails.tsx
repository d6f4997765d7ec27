/** The fields of a sender that no earlier letter knows. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Choice } from "../../components/Choice";
import { Field } from "../../components/Field";
import { useHost } from "../../host/host";
import { queries } from "../../host/queries";
import type { PartyDraft } from "../../host/types";
import { FoldButton } from "./FoldButton";
import type { LetterForm } from "./form";
import styles from "./LetterFields.module.css";

export function SenderDetails({ form }: { form: LetterForm }) {
  const { t } = useTranslation();
  const host = useHost();
  const { sender } = form.draft;
  const identifier = useQuery(queries.identifier(host, sender.identifier.trim()));
  const field = (name: keyof PartyDraft & string, label: string) => ({
    name: `sender.${name}`,
    testId: `${form.prefix}sender.${name}`,
    label,
    value: String(sender[name] ?? ""),
    onChange: (value: string) => form.changeSender({ [name]: value, partyId: null }),
    error: form.errorOf(`sender.${name}`),
  });
  const check = sender.identifier.trim() === "" ? undefined : identifier.data;
  const unknown = sender.kind === "unknown";
  return (
    <section className={styles.sender} aria-label={t("intake.newSenderEmpty")} data-testid={`${form.prefix}new-sender`}>
      <Choice
        label={t("intake.senderKind")}
        value={sender.kind}
        testId={`${form.prefix}sender.kind`}
        options={(["person", "organisation", "unknown"] as const).map((value) => ({
          value,
          label: t(`intake.${value}`),
        }))}
        onChange={(kind) => {
          if (kind === "organisation" && sender.name === "") {
            form.changeSender({ kind, partyId: null, name: `${sender.surname} ${sender.givenNames}`.trim() });
          } else if (kind === "person" && sender.surname === "") {
            const [surname = "", ...rest] = sender.name.trim().split(" ");
            form.changeSender({ kind, partyId: null, surname, givenNames: rest.join(" ") });
          } else form.changeSender({ kind, partyId: null });
        }}
      />
      <div className={styles.row3}>
        {sender.kind === "person" && (
          <>
            <Field {...field("surname", t("intake.surname"))} />
            <Field {...field("givenNames", t("intake.givenNames"))} />
          </>
        )}
        {sender.kind === "organisation" && (
          <div className={styles.wide2}>
            <Field {...field("name", t("intake.organisationName"))} />
          </div>
        )}
        {!unknown && (
          <Field
            {...field("town", t("intake.town"))}
            none={t("intake.townNone")}
            aside={<NoneHint words={t("intake.townHint")} />}
          />
        )}
      </div>
      {!unknown && (
        <>
          <FoldButton form={form} fold="address" />
          {form.isOpen("address") && (
            <div className={styles.fold}>
              <div className={styles.row4}>
                <div className={styles.wide2}>
                  <Field
                    {...field("identifier", t("intake.identifier"))}
                    mono
                    error={
                      form.errorOf("sender.identifier") ??
                      (check?.state === "wrong" ? t(`errors.${check.code}`, { limit: 0 }) : undefined)
                    }
                    hint={
                      check?.state === "valid" ? (
                        <span className={styles.ok}>
                          {t("intake.identifierValid", { kind: t(`intake.kinds.${check.kind}`) })}
                        </span>
                      ) : undefined
                    }
                  />
                </div>
                <div className={styles.wide2}>
                  <Field {...field("email", t("intake.email"))} />
                </div>
                <Field {...field("postcode", t("intake.postcode"))} mono />
                <Field {...field("street", t("intake.street"))} />
                <Field {...field("building", t("intake.building"))} />
                <Field {...field("flat", t("intake.flat"))} />
                <Field {...field("poBox", t("intake.poBox"))} />
                <div className={styles.wide2}>
                  <Field {...field("country", t("intake.country"))} hint={t("intake.countryHint")} />
                </div>
              </div>
            </div>
          )}
        </>
      )}
    </section>
  );
}

/** `-` with what it means here. */
export function NoneHint({ words }: { words: string }) {
  return (
    <span className={styles.noneHint}>
      <kbd>-</kbd> {words}
    </span>
  );
}
