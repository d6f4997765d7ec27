/** Code 128 as widths of bars and gaps, for the picture of a label on the screen (set B, and set C for runs of digits). */

const patterns =
  "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221223211221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321112313132113132311211313231113231311112133112331132131113123113321133121313121211331231131213113213311213131311123311321331121312113312311332111314111221411431111111224111422121124121421141122141221112214112412122114122411142112142211241211221114413111241112134111111242121142121241114212124112124211411212421112421211212141214121412121111143111341131141114113114311411113411311113141114131311141411131211412211214211232".match(
    /.{6}/g,
  ) ?? [];
const stop = "2331112";
const startB = 104;
const startC = 105;
const toB = 100;
const toC = 99;

/** Widths in modules, beginning with a bar. Takes printable ASCII. */
export function bars(text: string): number[] {
  const codes: number[] = [];
  let set: "B" | "C" | null = null;
  let at = 0;
  while (at < text.length) {
    const digits = /^\d*/.exec(text.slice(at))?.[0].length ?? 0;
    const wanted: "B" | "C" = digits >= 4 || (set === "C" && digits >= 2) ? "C" : "B";
    if (wanted !== set) {
      codes.push(wanted === "C" ? (set === null ? startC : toC) : set === null ? startB : toB);
      set = wanted;
    }
    if (set === "C") {
      codes.push(Number(text.slice(at, at + 2)));
      at += 2;
    } else {
      codes.push(text.charCodeAt(at) - 32);
      at += 1;
    }
  }
  const check = codes.reduce((sum, code, index) => sum + code * Math.max(1, index), 0) % 103;
  return [...[...codes, check].map((code) => patterns[code] ?? "").join(""), ...stop].map(Number);
}
