/**
 * Sends documents from one PouchDB to another over loopback, and from there into a third, as a desk does with central.
 *
 * Reads one JSON document a line from the file named first, works in the folder named second, and prints
 * `{"push":SECONDS,"pull":SECONDS,"documents":N}`.
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import express from "express";
import expressPouchDb from "express-pouchdb";
import PouchDB from "pouchdb";

const [documents, folder, role] = process.argv.slice(2);

if (role === "server") {
  const app = express();
  app.use("/", expressPouchDb(PouchDB.defaults({ prefix: path.join(folder, "server-") }), { mode: "minimumForPouchDB", logPath: path.join(folder, "log.txt") }));
  const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
} else {
  // The server is a process of its own, as central is.
  const server = spawn(process.execPath, [fileURLToPath(import.meta.url), documents, folder, "server"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const port = await new Promise((told) => server.stdout.once("data", (line) => told(String(line).trim())));
  const lines = readFileSync(documents, "utf8").split("\n").filter((line) => line !== "");
  const sending = new PouchDB(path.join(folder, "sending"));
  const receiving = new PouchDB(path.join(folder, "receiving"));
  const remote = new PouchDB(`http://127.0.0.1:${port}/letters`);
  await sending.bulkDocs(lines.map((line, index) => ({ _id: String(index).padStart(8, "0"), ...JSON.parse(line) })));
  const timed = async (work) => {
    const start = process.hrtime.bigint();
    const result = await work();
    if (!result.ok || result.docs_written !== lines.length) throw new Error(JSON.stringify(result));
    return Number(process.hrtime.bigint() - start) / 1e9;
  };
  const push = await timed(() => sending.replicate.to(remote));
  const pull = await timed(() => receiving.replicate.from(remote));
  console.log(JSON.stringify({ push, pull, documents: lines.length }));
  server.kill();
  process.exit(0);
}
