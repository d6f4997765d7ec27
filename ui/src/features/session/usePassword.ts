import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useHost } from "../../host/host";
import { keys } from "../../host/queries";

/** Signing in and unlocking: one password, one attempt at a time, emptied after a wrong one. */
export function usePassword(clerk: string | undefined) {
  const host = useHost();
  const client = useQueryClient();
  const [password, setPassword] = useState("");
  const attempt = useMutation({
    mutationFn: (draft: { clerk: string; password: string }) => host.call("session_sign_in", { draft }),
    onSuccess: (session) => client.setQueryData(keys.session, session),
    onError: () => setPassword(""),
  });
  const submit = () => {
    if (clerk !== undefined && !attempt.isPending) attempt.mutate({ clerk, password });
  };
  return { password, setPassword, submit, failure: attempt.error, pending: attempt.isPending };
}
