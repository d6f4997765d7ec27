/** The window: opens the host, follows the desk's events, and shows the session's screens or the office's places. */
import { QueryClientProvider, useQuery, useQueryClient } from "@tanstack/react-query";
import { Activity, useEffect, useState } from "react";
import { useOnChange } from "../components/effects";
import { Live } from "../components/Live";
import { FirstStart } from "../features/session/FirstStart";
import { Locked } from "../features/session/Locked";
import { SignIn } from "../features/session/SignIn";
import { StartupFailed } from "../features/session/StartupFailed";
import { keepersOf } from "../host/draftKeeper";
import { type Host, HostProvider, useHost } from "../host/host";
import { forgetRecords, keys, newQueryClient, queries, refreshAfter } from "../host/queries";
import { useAppearance } from "./appearance";
import { Shell } from "./Shell";

export function App({ host }: { host: Host }) {
  const [client] = useState(newQueryClient);
  return (
    <HostProvider value={host}>
      <QueryClientProvider client={client}>
        <Root />
        <Live />
      </QueryClientProvider>
    </HostProvider>
  );
}

function Root() {
  const host = useHost();
  const client = useQueryClient();
  useEffect(() => host.listen((event) => refreshAfter(client, event)), [host, client]);
  const startup = useQuery(queries.startup(host));
  const ready = startup.data?.state === "ready";
  const session = useQuery({ ...queries.session(host), enabled: ready });
  useAppearance(ready);

  const state = session.data;
  const clerk = state?.state === "signed_in" || state?.state === "locked" ? state.clerk.id : null;
  // However she left, also when central showed her out: what was read for her is not shown to the next.
  useOnChange(clerk, (now) => {
    if (now !== null) return;
    forgetRecords(client);
    // Her last key, where it came too late: it belongs to nobody else's form.
    keepersOf(host).forget();
  });
  // Settings may answer only somebody who is signed in.
  useEffect(() => {
    if (clerk !== null) void client.invalidateQueries({ queryKey: keys.settings });
  }, [client, clerk]);

  if (startup.error !== null) return <StartupFailed code={startup.error.code} dataFolder="" />;
  if (startup.data?.state === "failed")
    return <StartupFailed code={startup.data.code} dataFolder={startup.data.dataFolder} />;
  if (session.error !== null) return <StartupFailed code={session.error.code} dataFolder="" />;
  switch (state?.state) {
    case undefined:
      return null;
    case "first_start":
      return <FirstStart />;
    case "signed_out":
      return <SignIn clerks={state.clerks} offered={state.provider} />;
    case "signed_in":
    case "locked":
      return (
        <>
          <Activity mode={state.state === "locked" ? "hidden" : "visible"}>
            <Shell key={state.clerk.id} clerk={state.clerk} roles={state.roles} />
          </Activity>
          {state.state === "locked" && <Locked clerk={state.clerk} pin={state.pin} offered={state.provider} />}
        </>
      );
  }
}
