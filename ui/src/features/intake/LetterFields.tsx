/** The facts of a letter, in the order in which the paper shows them; what is rarely needed is folded away. */
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Choice } from "../../components/Choice";
import { Field } from "../../components/Field";
import { day } from "../../components/format";
import { Kbd } from "../../components/Kbd";
import { SuggestField } from "../../components/SuggestField";
import { useHost } from "../../host/host";
import { queries } from "../../host/queries";
import type { Access, Delivery, LetterDraft } from "../../host/types";
import { addresseeSuggestions } from "../../i18n/addressees";
import { FoldButton } from "./FoldButton";
import type { LetterForm } from "./form";
import styles from "./LetterFields.module.css";
import { NoneHint } from "./SenderDetails";

const deliveries: readonly Delivery[] = ["in_person", "ordinary", "registered", "messenger", "other"];
const accesses: readonly Access[] = ["non_public", "public_part", "public_whole"];

type Props = { form: LetterForm; officeDay?: string; kept?: boolean; onKeep?: () => void };

export function LetterFields({ form, officeDay, kept, onKeep }: Props) {
  const { t } = useTranslation();
  const { draft } = form;
  const more = form.isOpen("more");
  const host = useHost();
  const addressees = useQuery({ ...queries.addressees(host), enabled: more });
  const field = (
    name: Exclude<keyof LetterDraft, "id" | "sender" | "futureDateConfirmed" | "delivery" | "access">,
    label: string,
  ) => ({
    name,
    testId: `${form.prefix}${name}`,
    label,
    value: draft[name],
    onChange: (value: string) => form.change({ [name]: value }),
    error: form.errorOf(name),
  });
  return (
    <>
      <Field {...field("title", t("intake.letterTitle"))} />
      <div className={styles.facts}>
        <Field
          {...field("letterDate", t("intake.letterDate"))}
          mono
          none={t("intake.noDate")}
          aside={<NoneHint words={t("intake.noDate")} />}
        />
        <Field
          {...field("reference", t("intake.reference"))}
          mono
          none={t("intake.noReference")}
          aside={<NoneHint words={t("intake.noReference")} />}
        />
        <Field {...field("attachments", t("intake.attachments"))} mono none="0" inputMode="numeric" />
      </div>
      <Choice
        label={t("intake.delivery")}
        value={draft.delivery}
        options={deliveries.map((value) => ({ value, label: t(`intake.deliveries.${value}`) }))}
        onChange={(delivery) => form.change({ delivery })}
        testId={`${form.prefix}delivery`}
        kept={kept}
        aside={
          onKeep !== undefined && (
            <button type="button" className={styles.keep} onClick={onKeep} tabIndex={-1} data-testid="keep-delivery">
              {t(kept ? "intake.kept" : "intake.keptOff")} <Kbd>Ctrl+K</Kbd>
            </button>
          )
        }
      />
      {draft.delivery === "registered" && !more && (
        <div className={styles.row3}>
          <div className={styles.wide2}>
            <Field {...field("postingNumber", t("intake.postingNumber"))} mono />
          </div>
          <Field {...field("postedOn", t("intake.postedOn"))} mono />
        </div>
      )}
      <FoldButton form={form} fold="more" />
      {more && (
        <div className={styles.fold} data-fold="more">
          <div className={styles.row3}>
            <Field
              {...field("receivedOn", t("intake.receivedOn"))}
              mono
              hint={officeDay === undefined ? undefined : t("intake.receivedHint", { day: day(officeDay) })}
            />
            <div className={styles.wide2}>
              <Field {...field("earlierReason", t("intake.earlierReason"))} />
            </div>
            <Field {...field("postedOn", t("intake.postedOn"))} mono />
            <div className={styles.wide2}>
              <Field {...field("postingNumber", t("intake.postingNumber"))} mono />
            </div>
            <Field {...field("kind", t("intake.kind"))} />
            <div className={styles.wide2}>
              <SuggestField
                {...field("unit", t("intake.unit"))}
                suggestions={addresseeSuggestions(t, addressees.data)}
              />
            </div>
          </div>
          <Choice
            label={t("intake.access")}
            value={draft.access}
            options={accesses.map((value) => ({ value, label: t(`intake.accesses.${value}`) }))}
            onChange={(access) => form.change({ access })}
            testId={`${form.prefix}access`}
          />
          <Field {...field("remarks", t("intake.remarks"))} />
        </div>
      )}
    </>
  );
}
