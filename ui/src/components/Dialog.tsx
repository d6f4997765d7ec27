import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { classes } from "./classes";
import styles from "./Dialog.module.css";
import type { KeyMap } from "./keyLayers";
import { useKeys } from "./useKeys";

type Props = {
  title: string;
  onClose: () => void;
  keys?: KeyMap;
  children: ReactNode;
  actions?: ReactNode;
  wide?: boolean;
  /** The body is longer than the window and has nothing to focus in it: arrows scroll it. */
  scrolls?: boolean;
  testId?: string;
};

/** A question or a picture above the screen; Esc always goes back, and the focus returns to where it was. */
export function Dialog({ title, onClose, keys, children, actions, wide, scrolls, testId }: Props) {
  useKeys({ Escape: () => onClose(), ...keys }, { modal: true });
  return (
    <ModalOverlay isOpen onOpenChange={(open) => !open && onClose()} className={styles.veil} isDismissable>
      <Modal className={classes(styles.box, wide && styles.wide)}>
        <AriaDialog className={styles.dialog} data-testid={testId}>
          <Heading slot="title" className={styles.title}>
            {title}
          </Heading>
          {scrolls ? (
            <section className={styles.body} tabIndex={0} aria-label={title}>
              {children}
            </section>
          ) : (
            <div className={styles.body}>{children}</div>
          )}
          {actions !== undefined && <div className={styles.actions}>{actions}</div>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
