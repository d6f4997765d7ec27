import "@fontsource-variable/atkinson-hyperlegible-next/wght.css";
import "@fontsource-variable/atkinson-hyperlegible-mono/wght.css";
import "./styles/tokens.css";
import "./styles/global.css";
import "./i18n";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import type { Host } from "./host/host";

async function openHost(): Promise<Host> {
  if (import.meta.env.MODE !== "production" && new URLSearchParams(location.search).get("host") === "fake") {
    const { fakeHost } = await import("./host/fake");
    return fakeHost(location.search);
  }
  const { tauriHost } = await import("./host/tauri");
  return tauriHost;
}

const root = document.getElementById("root");
if (root !== null) {
  const host = await openHost();
  createRoot(root).render(
    <StrictMode>
      <App host={host} />
    </StrictMode>,
  );
}
