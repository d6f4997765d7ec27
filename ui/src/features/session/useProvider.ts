import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useHost } from "../../host/host";
import { keys } from "../../host/queries";

/** Signing in and unlocking by the office's identity provider: the desk opens the browser and waits for it. */
export function useProvider() {
  const host = useHost();
  const client = useQueryClient();
  const attempt = useMutation({
    mutationFn: () => host.call("session_sign_in_by_provider"),
    onSuccess: (session) => client.setQueryData(keys.session, session),
  });
  const start = () => {
    if (!attempt.isPending) attempt.mutate();
  };
  const giveUp = () => void host.call("session_give_up");
  const failure = attempt.error?.code === "given_up" ? null : attempt.error;
  return { start, giveUp, failure, waiting: attempt.isPending };
}
