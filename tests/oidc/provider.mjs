// The identity provider of the journeys: oidc-provider, with the clients of two offices and its own pages to sign in.
// Prints one line of JSON when it listens; ends when its standard input is closed.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const native = { application_type: "native", redirect_uris: ["http://127.0.0.1/zalogowano"], response_types: ["code"] };
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      { ...native, client_id: "okienko", client_secret: "nie-prawdziwy-sekret" },
      { ...native, client_id: "inny-urzad", token_endpoint_auth_method: "none" },
    ],
    cookies: { keys: ["nie-prawdziwy-klucz"] },
    pkce: { required: () => true },
  });
  server.on("request", provider.callback());
  process.stdout.write(`${JSON.stringify({ issuer })}\n`);
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
