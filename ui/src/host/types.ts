/** The shapes that cross the border between window and desk: generated from Rust, and the few that only the border has. */
import type { ErrorCode, FieldError, Stage } from "../bindings";

export type * from "../bindings";

/** What a refused command carries (`src-tauri/src/error.rs`). */
export type CommandError = { code: ErrorCode; fields: FieldError[]; incident: string | null };

/** The stages in the order a case usually passes them. */
export const stages: readonly Stage[] = ["registered", "handed_to_unit", "in_progress", "closed"];
