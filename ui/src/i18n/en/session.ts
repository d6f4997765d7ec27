export const session = {
  firstTitle: "First start",
  firstLead: "First an account for the first clerk of this desk. The office's settings come right after.",
  givenName: "Given name",
  surname: "Surname",
  password: "Password",
  passwordHint: "at least 8 characters",
  passwordAgain: "Password again",
  create: "Create account",
  signInTitle: "Sign in",
  who: "Who works",
  whoHint: "up and down arrows choose the person",
  signIn: "Sign in",
  lockedTitle: "Okienko is locked",
  lockedLead: "The form waits as it was left.",
  unlock: "Unlock",
  otherClerk: "Somebody else",
  wrongFields: "To correct",
  quit: "Close the program",
  dataFolder: "Data of this desk: {{folder}}",
  startup: {
    title: "Okienko cannot open",
    wayOut: "What to do",
    key_missing: {
      what: "The data is in its place, but this computer's key store holds no key for it.",
      out: "Sign in to the computer with the account under which Okienko was set up. If the computer was replaced or reinstalled, the administrator is needed. Delete nothing: without the key the data is unreadable, but whole.",
    },
    key_wrong: {
      what: "The key from this computer's store does not fit the desk's database.",
      out: "The data folder probably comes from another computer or from a copy. The administrator should restore the right folder or the right key. Delete nothing.",
    },
    database_damaged: {
      what: "The desk's database file is damaged.",
      out: "Do not run repairs. The administrator should put a copy of the data folder aside and restore the last good backup. Letters sent to central are safe there.",
    },
    database_newer: {
      what: "A newer version of Okienko has worked with this data.",
      out: "Install the newest version of the program. An older one does not open newer data, so as not to spoil it.",
    },
    already_running: {
      what: "Okienko is open already and uses this data.",
      out: "Switch to the open window (Alt+Tab). If it cannot be seen, sign in to the computer again.",
    },
    disk_fault: {
      what: "The disk does not let the desk's data be read or written.",
      out: "Check that the disk is connected and that the account may use the data folder. If so, the administrator is needed before the disk fails for good.",
    },
    disk_full: {
      what: "The disk has no room to open the desk's data.",
      out: "Make room on the disk and start Okienko again. Nothing is lost.",
    },
    other: {
      what: "Something happened at the start that the program did not foresee.",
      out: "Start Okienko again. If it happens again, the administrator finds the details in the program's log.",
    },
  },
} as const;
