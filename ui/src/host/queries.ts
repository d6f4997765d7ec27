/** Server state: one place names every query, so that an event of the desk finds what it makes stale. */
import { infiniteQueryOptions, QueryClient, queryOptions } from "@tanstack/react-query";
import { keepersOf } from "./draftKeeper";
import type { CommandFailed, Host } from "./host";
import type { AuditDraft, DeskEvent, LetterId, PageId, ScanId } from "./types";

declare module "@tanstack/react-query" {
  interface Register {
    defaultError: CommandFailed;
  }
}

export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: false,
        staleTime: Number.POSITIVE_INFINITY,
        networkMode: "always",
        refetchOnWindowFocus: false,
      },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}

export const keys = {
  startup: ["startup"],
  session: ["session"],
  settings: ["settings"],
  status: ["status"],
  intake: ["intake"],
  letters: ["letters"],
  addressees: ["letters", "addressees"],
  letter: ["letter"],
  batch: ["batch"],
  tasks: ["tasks"],
  people: ["people"],
} as const;

export const queries = {
  startup: (host: Host) => queryOptions({ queryKey: keys.startup, queryFn: () => host.call("startup_state") }),
  session: (host: Host) => queryOptions({ queryKey: keys.session, queryFn: () => host.call("session_state") }),
  settings: (host: Host) => queryOptions({ queryKey: keys.settings, queryFn: () => host.call("settings_get") }),
  serialPorts: (host: Host) =>
    queryOptions({ queryKey: [...keys.settings, "ports"], queryFn: () => host.call("settings_serial_ports") }),
  status: (host: Host) => queryOptions({ queryKey: keys.status, queryFn: () => host.call("status_line") }),
  intake: (host: Host) => queryOptions({ queryKey: keys.intake, queryFn: () => host.call("intake_open") }),
  addressees: (host: Host) =>
    queryOptions({ queryKey: keys.addressees, queryFn: () => host.call("directory_addressees") }),
  suggestions: (host: Host, typed: string) =>
    queryOptions({
      queryKey: [...keys.people, typed],
      queryFn: () => host.call("people_suggest", { typed }),
      enabled: typed !== "",
    }),
  identifier: (host: Host, typed: string) =>
    queryOptions({
      queryKey: ["identifier", typed],
      queryFn: () => host.call("people_check_identifier", { typed }),
      enabled: typed !== "",
    }),
  letter: (host: Host, id: LetterId) =>
    queryOptions({ queryKey: [...keys.letter, id], queryFn: () => host.call("letters_get", { id }) }),
  draftOf: (host: Host, id: LetterId) =>
    queryOptions({
      queryKey: [...keys.letter, id, "draft"],
      queryFn: async () => {
        // The last key of before is in it, also where the disk refused it.
        const keeper = keepersOf(host).correctionOf(id);
        await keeper.flush();
        const view = await host.call("letters_draft_of", { id });
        const typed = keeper.waiting();
        return typed === null ? view : { ...view, ...typed, basedOn: typed.basedOn ?? view.basedOn, unfinished: true };
      },
      staleTime: 0,
      gcTime: 0,
    }),
  audit: (host: Host, draft: AuditDraft) =>
    infiniteQueryOptions({
      queryKey: ["audit", draft],
      queryFn: ({ pageParam }) => host.call("audit_read", { draft: { ...draft, after: pageParam } }),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next,
      gcTime: 0,
    }),
  daySheet: (host: Host) =>
    queryOptions({ queryKey: ["day-sheet"], queryFn: () => host.call("day_sheet_pdf"), gcTime: 0, staleTime: 0 }),
  recoveryCard: (host: Host) =>
    queryOptions({ queryKey: ["recovery-card"], queryFn: () => host.call("recovery_card"), gcTime: 0, staleTime: 0 }),
  slip: (host: Host, letterId: LetterId) =>
    queryOptions({ queryKey: ["slip", letterId], queryFn: () => host.call("slip_pdf", { letterId }), gcTime: 0 }),
  document: (host: Host, letterId: LetterId, scanId: ScanId) =>
    queryOptions({
      queryKey: ["document", letterId, scanId],
      queryFn: () => host.call("scanning_document", { letterId, scanId }),
    }),
  batch: (host: Host) => queryOptions({ queryKey: keys.batch, queryFn: () => host.call("scanning_open") }),
  tasks: (host: Host) => queryOptions({ queryKey: keys.tasks, queryFn: () => host.call("tasks_list") }),
  page: (host: Host, pageId: PageId, size: "thumbnail" | "full") =>
    queryOptions({
      queryKey: ["page", pageId, size],
      queryFn: () => host.call("scanning_page_image", { pageId, size }),
      gcTime: size === "full" ? 0 : 600_000,
    }),
};

/** What anybody may know: the rest is the clerk's, and goes with her. */
const ofNobody: readonly string[] = [keys.startup[0], keys.session[0], keys.settings[0], keys.status[0]];

/** Forgets every record that was read for a clerk who leaves: the next one is answered by the desk, in her own roles. */
export function forgetRecords(client: QueryClient): void {
  client.removeQueries({ predicate: ({ queryKey }) => !ofNobody.includes(String(queryKey[0])) });
}

/** Reads again what an event of the desk made stale. */
export function refreshAfter(client: QueryClient, event: DeskEvent): void {
  for (const queryKey of staleAfter(event)) void client.invalidateQueries({ queryKey });
}

function staleAfter(event: DeskEvent): (readonly string[])[] {
  switch (event.event) {
    case "letter_registered":
      return [keys.intake, keys.letters, keys.status, keys.people];
    case "letter_changed":
      return [keys.intake, keys.letters, [...keys.letter, event.letterId], keys.tasks, keys.status];
    case "label_changed":
      return [keys.intake, keys.letters, [...keys.letter, event.letterId], keys.status];
    case "batch_changed":
      return [keys.batch, keys.status];
    case "status_changed":
      return [keys.status, keys.tasks];
    case "session_changed":
      return [keys.session];
    case "directory_changed":
      return [keys.addressees];
    case "settings_changed":
      return [keys.settings, keys.intake, keys.status];
  }
}
