import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components";
import styles from "./Button.module.css";
import { classes } from "./classes";
import { Kbd } from "./Kbd";

type Props = {
  children: ReactNode;
  onPress: () => void;
  kbd?: string;
  kind?: "main" | "plain" | "quiet" | "danger";
  isDisabled?: boolean;
  isPending?: boolean;
  autoFocus?: boolean;
  testId?: string;
};

export function Button({ children, kbd, kind = "plain", testId, ...rest }: Props) {
  return (
    <AriaButton className={classes(styles.button, styles[kind])} data-testid={testId} {...rest}>
      <span>{children}</span>
      {kbd !== undefined && <Kbd>{kbd}</Kbd>}
    </AriaButton>
  );
}
