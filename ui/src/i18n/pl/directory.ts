export const directory = {
  head: "kieruje {{name}}",
  noHead: "komórka bez kierownika",
  written: "wpisywano wcześniej",
  away: "{{name}}: nieobecność do {{until}}, bez zastępstwa",
  awayWithDeputy: "{{name}}: nieobecność do {{until}}, zastępstwo: {{deputy}}",
};
