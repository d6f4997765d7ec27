/** The unfinished form: what it holds, what was wrong with it at the last attempt, and which parts are folded away. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { createStore, type Store, useStore } from "../../components/store";
import type { Keeping } from "../../host/draftKeeper";
import type { CommandFailed } from "../../host/host";
import type { FieldError, LetterDraft, PartyDraft } from "../../host/types";
import { fieldText } from "../../i18n/failures";

export const emptySender: PartyDraft = {
  typed: "",
  partyId: null,
  kind: "person",
  surname: "",
  givenNames: "",
  name: "",
  postcode: "",
  town: "",
  street: "",
  building: "",
  flat: "",
  poBox: "",
  country: "",
  email: "",
  identifier: "",
};

/** How an unfinished form is kept, in words of `intake`. */
export const keptWords = {
  untouched: "draftSaved",
  saving: "draftSaving",
  saved: "draftSaved",
  failed: "draftUnsaved",
} as const satisfies Record<Keeping, string>;

const addressFields = ["identifier", "postcode", "street", "building", "flat", "poBox", "country", "email"] as const;
const moreFields = [
  "receivedOn",
  "earlierReason",
  "postedOn",
  "postingNumber",
  "kind",
  "unit",
  "access",
  "remarks",
] as const;

export type Fold = "address" | "more";

export type LetterForm = {
  draft: LetterDraft;
  store: Store<LetterDraft>;
  change: (patch: Partial<LetterDraft>) => void;
  changeSender: (patch: Partial<PartyDraft>) => void;
  /** Takes another draft in; nothing of the earlier one stays. */
  replace: (draft: LetterDraft) => void;
  errorOf: (field: string) => string | undefined;
  /** Wrong fields not edited since the last attempt. */
  wrong: readonly FieldError[];
  attempt: number;
  /** Notes what the desk said of an attempt; opens the folds that hide a wrong field. */
  judged: (failure: CommandFailed | null) => void;
  isOpen: (fold: Fold) => boolean;
  toggle: (fold: Fold) => void;
  labelOf: (field: string) => string;
  /** Test ids of the fields begin with it: two forms may be in the window at once. */
  prefix: string;
};

export function useLetterForm(initial: LetterDraft, changed: (draft: LetterDraft) => void, prefix = ""): LetterForm {
  const { t } = useTranslation();
  const [store] = useState(() => createStore(initial));
  const draft = useStore(store);
  const [wrong, setWrong] = useState<readonly FieldError[]>([]);
  const [attempt, setAttempt] = useState(0);
  const [open, setOpen] = useState<Record<Fold, boolean>>({ address: false, more: hasMore(initial) });

  const forget = (fields: string[]) => {
    if (wrong.some((error) => fields.includes(error.field))) {
      setWrong(wrong.filter((error) => !fields.includes(error.field)));
    }
  };
  const put = (next: LetterDraft) => {
    store.set(next);
    changed(next);
  };
  return {
    draft,
    store,
    prefix,
    wrong,
    attempt,
    change: (patch) => {
      const confirmed = "letterDate" in patch ? { futureDateConfirmed: false } : {};
      put({ ...store.get(), ...confirmed, ...patch });
      forget(Object.keys(patch));
    },
    changeSender: (patch) => {
      const before = store.get();
      put({ ...before, sender: { ...before.sender, ...patch } });
      forget(Object.keys(patch).map((field) => `sender.${field}`));
    },
    replace: (next) => {
      store.set(next);
      setWrong([]);
      setOpen({ address: false, more: hasMore(next) });
    },
    errorOf: (field) => {
      const error = wrong.find((one) => one.field === field);
      return error === undefined ? undefined : fieldText(t, error);
    },
    judged: (failure) => {
      const fields = failure?.fields ?? [];
      setWrong(fields);
      setAttempt(attempt + 1);
      setOpen({
        address: open.address || fields.some((error) => addressFields.some((name) => error.field === `sender.${name}`)),
        more: open.more || fields.some((error) => moreFields.some((name) => error.field === name)),
      });
    },
    isOpen: (fold) => open[fold],
    toggle: (fold) => setOpen({ ...open, [fold]: !open[fold] }),
    labelOf: (field) => {
      const name = fieldNames[field];
      return name === undefined ? field : t(`intake.${name}`);
    },
  };
}

/** Whether nothing has been typed yet; what a new form begins with (delivery, access) does not count. */
export function isEmpty({ sender, ...letter }: LetterDraft): boolean {
  const own = { ...letter, id: "", delivery: "", access: "" };
  const texts = [...Object.values(own), ...Object.values({ ...sender, kind: "" })];
  return texts.every((value) => typeof value !== "string" || value === "");
}

function hasMore(draft: LetterDraft): boolean {
  return moreFields.some((field) => field !== "access" && draft[field] !== "");
}

/** The field's label in the texts of intake. */
export const fieldNames: Record<
  string,
  | "surname"
  | "givenNames"
  | "organisationName"
  | "town"
  | "identifier"
  | "postcode"
  | "street"
  | "building"
  | "flat"
  | "poBox"
  | "country"
  | "email"
  | "letterTitle"
  | "letterDate"
  | "reference"
  | "attachments"
  | "delivery"
  | "postingNumber"
  | "postedOn"
  | "receivedOn"
  | "earlierReason"
  | "kind"
  | "unit"
  | "access"
  | "remarks"
  | "sender"
> = {
  sender: "sender",
  "sender.typed": "sender",
  "sender.surname": "surname",
  "sender.givenNames": "givenNames",
  "sender.name": "organisationName",
  "sender.town": "town",
  "sender.identifier": "identifier",
  "sender.postcode": "postcode",
  "sender.street": "street",
  "sender.building": "building",
  "sender.flat": "flat",
  "sender.poBox": "poBox",
  "sender.country": "country",
  "sender.email": "email",
  title: "letterTitle",
  letterDate: "letterDate",
  reference: "reference",
  attachments: "attachments",
  delivery: "delivery",
  postingNumber: "postingNumber",
  postedOn: "postedOn",
  receivedOn: "receivedOn",
  earlierReason: "earlierReason",
  kind: "kind",
  unit: "unit",
  access: "access",
  remarks: "remarks",
};
