/** Texts of the window. Polish is the original; English has the same keys (held by a test). */
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { en } from "./en";
import { pl } from "./pl";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: typeof pl };
  }
}

void i18next.use(initReactI18next).init({
  resources: { pl: { translation: pl }, en: { translation: en } },
  lng: "pl",
  fallbackLng: "pl",
  interpolation: { escapeValue: false },
  initAsync: false,
});

export { i18next };
