import styles from "./Shape.module.css";

/** A state at a glance: colour *and* shape; words always stand beside it. */
export function Shape({ state }: { state: "ok" | "busy" | "warn" | "bad" | "off" }) {
  return (
    <svg className={styles[state]} viewBox="0 0 12 12" aria-hidden="true">
      {state === "ok" && <circle cx="6" cy="6" r="5" />}
      {state === "busy" && <path d="M6 1a5 5 0 0 1 0 10zM6 1.5a4.5 4.5 0 0 0 0 9" />}
      {state === "warn" && <path d="M6 .5 11.8 11H.2z" />}
      {state === "bad" && <path d="M1 1h10v10H1z" />}
      {state === "off" && <circle cx="6" cy="6" r="4.2" fill="none" strokeWidth="1.6" />}
    </svg>
  );
}
