import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The window's own policy: what `index.html` may load. The Tauri window sets the same one.
export const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self' ipc: http://ipc.localhost",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

export default defineConfig(({ mode }) => ({
  plugins: [react()],
  // Mode `fake` also holds the in-memory office that browser tests and pictures use.
  build: {
    outDir: mode === "fake" ? "dist-fake" : "dist",
    target: "safari16",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
  },
  server: { port: 1420, strictPort: true },
  preview: { headers: { "Content-Security-Policy": contentPolicy } },
}));
