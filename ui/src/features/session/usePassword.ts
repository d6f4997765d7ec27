import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useHost } from "../../host/host";
import { keys } from "../../host/queries";

type Who = { clerk: string } | { login: string };

/** Signing in and unlocking: one password, one attempt at a time, emptied after a wrong one. */
export function usePassword(who: Who) {
  const host = useHost();
  const client = useQueryClient();
  const [password, setPassword] = useState("");
  const attempt = useMutation({
    mutationFn: () =>
      "clerk" in who
        ? host.call("session_sign_in", { draft: { ...who, password } })
        : host.call("session_sign_in_by_login", { draft: { ...who, password } }),
    onSuccess: (session) => client.setQueryData(keys.session, session),
    onError: (failure) => {
      // What was typed into the other field is wrong then, not the password.
      if (failure.fields.length === 0) setPassword("");
    },
  });
  const submit = () => {
    if (!attempt.isPending) attempt.mutate();
  };
  return { password, setPassword, submit, failure: attempt.error, pending: attempt.isPending };
}
