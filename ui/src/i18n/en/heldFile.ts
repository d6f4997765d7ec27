export const heldFile = {
  title: "File for central",
  open: "Save a file for central…",
  settingsLead: "Where this desk cannot send any more: all that central lacks, in one file.",
  lead: "All that central has not got yet goes into the file: letters, changes and scans. Only this office's central can open it, so any medium may carry it.",
  after:
    "Give the file to the administrator, who reads it by central import-held. Nothing changes at this desk, and the file can be saved again.",
  save: "Save the file",
  saving: "Saving…",
  saved: "The file is saved.",
  notSaved: "Not saved.",
  operations_one: "{{count}} entry of the log",
  operations_other: "{{count}} entries of the log",
  scans_one: "{{count}} scan",
  scans_other: "{{count}} scans",
  leftOut_one: "{{count}} scan cannot be read here and is not in the file. Scan the paper again.",
  leftOut_other: "{{count}} scans cannot be read here and are not in the file. Scan the papers again.",
} as const;
