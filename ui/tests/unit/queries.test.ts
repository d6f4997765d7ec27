import { expect, test } from "vitest";
import { forgetRecords, keys, newQueryClient } from "../../src/host/queries";

test("what was read for a clerk goes with her", () => {
  const client = newQueryClient();
  const records = [
    keys.intake,
    [...keys.letters, "list", "podatek"],
    [...keys.letter, "1"],
    ["document", "1"],
    ["page", "1", "full"],
    [...keys.people, "now"],
    keys.tasks,
    keys.batch,
    ["slip", "1"],
  ];
  for (const key of [...records, keys.session, keys.settings]) client.setQueryData(key, "kept");
  forgetRecords(client);
  for (const key of records) expect(client.getQueryData(key), key.join("/")).toBeUndefined();
  expect(client.getQueryData(keys.session)).toBe("kept");
  expect(client.getQueryData(keys.settings)).toBe("kept");
});
