/** Text size, colours and language of the window, as the settings say; remembered for the screens before sign-in. */
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useHost } from "../host/host";
import { queries } from "../host/queries";
import type { SettingsDraft, Theme } from "../host/types";
import { i18next } from "../i18n";

type Look = Pick<SettingsDraft, "textScale" | "theme" | "language">;
const place = "okienko.look";

function shown(theme: Theme): string {
  if (theme !== "system") return theme === "high_contrast" ? "contrast" : theme;
  if (matchMedia("(prefers-contrast: more)").matches) return "contrast";
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function applyLook(look: Look): void {
  const root = document.documentElement;
  root.dataset.theme = shown(look.theme);
  root.style.setProperty("--scale", String(Math.min(200, Math.max(100, look.textScale)) / 100));
  root.lang = look.language;
  if (i18next.language !== look.language) void i18next.changeLanguage(look.language);
}

function remembered(): Look {
  try {
    return { textScale: 100, theme: "system", language: "pl", ...JSON.parse(localStorage.getItem(place) ?? "{}") };
  } catch {
    return { textScale: 100, theme: "system", language: "pl" };
  }
}

export function useAppearance(ready: boolean): void {
  const host = useHost();
  const { data } = useQuery({ ...queries.settings(host), enabled: ready });
  const saved = data?.settings;
  useEffect(() => {
    const look = saved ?? remembered();
    const { textScale, theme, language } = look;
    applyLook(look);
    if (saved !== undefined) localStorage.setItem(place, JSON.stringify({ textScale, theme, language }));
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const again = () => applyLook(look);
    dark.addEventListener("change", again);
    return () => dark.removeEventListener("change", again);
  }, [saved]);
}
