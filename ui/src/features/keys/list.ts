/** The keys of the window, as the list shows them. */
export const groups = [
  {
    name: "everywhere",
    keys: [
      [["Ctrl+1", "…", "Ctrl+6"], "places"],
      [["F2"], "newLetter"],
      [["F6"], "scan"],
      [["F9"], "repeatLabel"],
      [["Ctrl+Enter"], "main"],
      [["Ctrl+D"], "slip"],
      [["Ctrl+E"], "question"],
      [["Ctrl+L"], "lock"],
      [["F4"], "otherClerk"],
      [["F1"], "help"],
      [["Esc"], "back"],
    ],
  },
  {
    name: "form",
    keys: [
      [["Enter", "Tab"], "next"],
      [["Shift+Enter", "Shift+Tab"], "previous"],
      [["-"], "none"],
      [["Backspace"], "undoNone"],
      [["Ctrl+N"], "newSender"],
      [["Ctrl+K"], "keep"],
      [["F3"], "more"],
      [["Ctrl+Delete"], "clear"],
      [["T", "N"], "answer"],
    ],
  },
  {
    name: "registerList",
    keys: [
      [["/"], "search"],
      [["↑", "↓"], "choose"],
      [["Enter"], "open"],
      [["Ctrl+P"], "daySheet"],
      [["P"], "correct"],
      [["E"], "stage"],
      [["K"], "newKey"],
      [["S"], "scanAgain"],
      [["A"], "cancel"],
    ],
  },
  {
    name: "scanning",
    keys: [
      [["←", "→"], "pages"],
      [["Enter"], "zoom"],
      [["P"], "previousLetter"],
      [["W"], "assign"],
      [["O"], "aside"],
      [["T"], "last"],
      [["Ctrl+Z"], "undo"],
    ],
  },
] as const;
