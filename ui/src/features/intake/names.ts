/** Proposes how a new sender's name splits; the clerk sees the proposal and corrects it. */
import type { PartyDraft } from "../../host/types";

const firmWords = new Set(
  `sp spółka spolka sa sc s.a s.c sp.j sp.k sp.p z.o.o zoo urząd urzad sąd sad wspólnota wspolnota gmina powiat
  starostwo województwo ministerstwo spółdzielnia spoldzielnia fundacja stowarzyszenie parafia szkoła szkola przedszkole
  zakład zaklad przedsiębiorstwo przedsiebiorstwo zus krus nfz prokuratura komornik kancelaria bank policja komenda
  instytut izba inspektorat inspekcja zarząd zarzad rada biuro firma phu pphu f.h związek zwiazek towarzystwo osp
  ochotnicza koło klub oddział oddzial agencja centrum ośrodek osrodek gops mops nadleśnictwo nadlesnictwo wody poczta
  pkp dyrekcja delegatura muzeum biblioteka szpital przychodnia uniwersytet politechnika samorządowe kolegium`.split(
    /\s+/,
  ),
);

/** Whether the text looks like the name of a firm, an office or an association. */
export function looksLikeOrganisation(typed: string): boolean {
  const words = typed
    .toLowerCase()
    .replace(/[„”",]/g, " ")
    .split(/\s+/);
  return words.some((word) => firmWords.has(word.replace(/\.+$/, "")) || firmWords.has(word.replaceAll(".", "")));
}

const capital = (word: string) =>
  word.replace(/(^|-)(\p{Ll})/gu, (_, before: string, letter: string) => before + letter.toUpperCase());

/** The fields of a new sender as far as the typed text tells: first word surname, the rest given names. */
export function proposeSender(typed: string): Partial<PartyDraft> {
  const text = typed.trim().replace(/\s+/g, " ");
  if (/^(PL)?[\d -]{9,20}$/i.test(text)) {
    const digits = text.replace(/\D/g, "").length;
    return { kind: digits === 11 ? "person" : "organisation", identifier: text };
  }
  if (looksLikeOrganisation(text)) return { kind: "organisation", name: text, surname: "", givenNames: "" };
  const written = text === text.toLowerCase() ? text.split(" ").map(capital).join(" ") : text;
  const [surname = "", ...rest] = written.split(" ");
  return { kind: "person", surname, givenNames: rest.join(" "), name: "" };
}

/** How a sender in the form is called, for the search field. */
export function senderName(sender: PartyDraft): string {
  if (sender.kind === "person") return `${sender.surname} ${sender.givenNames}`.trim();
  return sender.kind === "organisation" ? sender.name.trim() : "";
}

/** Whether the form describes a new sender, field by field. */
export function hasDetails(sender: PartyDraft): boolean {
  return (
    sender.kind !== "person" ||
    [sender.surname, sender.givenNames, sender.name, sender.town, sender.identifier, sender.street].some(
      (text) => text !== "",
    )
  );
}
