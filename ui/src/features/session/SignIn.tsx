import { useState } from "react";
import { Label, Radio, RadioGroup } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Button } from "../../components/Button";
import { Field } from "../../components/Field";
import { useKeys } from "../../components/useKeys";
import type { ClerkView } from "../../host/types";
import { errorAt, failureText } from "../../i18n/failures";
import { Gate } from "./Gate";
import styles from "./Gate.module.css";
import { ProviderFailure, ProviderWait } from "./Provider";
import { usePassword } from "./usePassword";
import { useProvider } from "./useProvider";

/** Stands for somebody who is not on the list yet. */
const byLogin = "login";

/** Who works today: a list of clerks and a password; the focus stands in the password. */
export function SignIn({ clerks, offered }: { clerks: ClerkView[]; offered: boolean }) {
  const { t } = useTranslation();
  const [clerk, setClerk] = useState(clerks[0]?.id ?? byLogin);
  const [login, setLogin] = useState("");
  const { password, setPassword, submit, failure } = usePassword(clerk === byLogin ? { login } : { clerk });
  const provider = useProvider();
  useKeys({ "Ctrl+Enter": submit, F8: offered ? provider.start : undefined });
  const another = (step: number) => {
    const all = [...clerks.map((one) => one.id), byLogin];
    setClerk(all[(all.indexOf(clerk) + step + all.length) % all.length] ?? byLogin);
  };
  if (provider.waiting) return <ProviderWait onGiveUp={provider.giveUp} />;
  return (
    <Gate title={t("session.signInTitle")} testId="sign-in">
      <div className={styles.form}>
        <RadioGroup className={styles.clerks} value={clerk} onChange={setClerk}>
          <Label className={styles.label}>{t("session.who")}</Label>
          {clerks.map((one) => (
            <Radio key={one.id} value={one.id} className={styles.clerk} data-testid={`clerk-${one.name}`}>
              <span className={styles.dot} aria-hidden="true" />
              {one.name}
            </Radio>
          ))}
          <Radio value={byLogin} className={styles.clerk} data-testid="by-login">
            <span className={styles.dot} aria-hidden="true" />
            {t("session.byLogin")}
          </Radio>
        </RadioGroup>
        {clerk === byLogin && (
          <Field
            name="login"
            label={t("session.login")}
            value={login}
            onChange={setLogin}
            error={errorAt(t, failure, "login")}
            hint={t("session.loginHint")}
          />
        )}
        <ProviderFailure failure={provider.failure} />
        <Field
          name="password"
          label={t("session.password")}
          type="password"
          value={password}
          onChange={setPassword}
          error={failure === null || failure.fields.length > 0 ? undefined : failureText(t, failure)}
          autoFocus
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.ctrlKey) submit();
            if (event.key === "ArrowUp") another(-1);
            if (event.key === "ArrowDown") another(1);
          }}
          hint={t("session.whoHint")}
        />
        <div className={styles.actions}>
          <Button kind="main" kbd="Enter" onPress={submit} testId="sign-in-go">
            {t("session.signIn")}
          </Button>
          {offered && (
            <Button kbd="F8" onPress={provider.start} testId="by-provider">
              {t("session.provider.signIn")}
            </Button>
          )}
        </div>
        {offered && <p className={styles.hint}>{t("session.provider.hint")}</p>}
      </div>
    </Gate>
  );
}
