/** Light or dark: as the system is, until somebody says otherwise. */

const KEY = "pitboss.desk.theme";
const NEXT = { auto: "light", light: "dark", dark: "auto" };

export const theme = () => localStorage.getItem(KEY) ?? "auto";

export const applyTheme = () => {
  document.documentElement.dataset.theme = theme();
};

export const turnTheme = () => {
  localStorage.setItem(KEY, NEXT[theme()]);
  applyTheme();
};
