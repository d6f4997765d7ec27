export const directory = {
  head: "headed by {{name}}",
  noHead: "unit without a head",
  written: "typed before",
  away: "{{name}}: away until {{until}}, nobody stands in",
  awayWithDeputy: "{{name}}: away until {{until}}, deputy: {{deputy}}",
};
