// A storage that speaks S3, on a free port of loopback, with one bucket and its keys (S3RVER, S3RVER). Tells its address in one line
// of JSON and ends with its standard input. `node storage.mjs FOLDER [PORT]`
import S3rver from "s3rver";

const [folder, port] = process.argv.slice(2);
const storage = new S3rver({
  directory: folder,
  address: "127.0.0.1",
  port: Number(port ?? 0),
  silent: true,
  configureBuckets: [{ name: "okienko" }],
});
const address = await storage.run();
console.log(JSON.stringify({ address: `http://127.0.0.1:${address.port}` }));
process.stdin.on("end", () => process.exit(0)).resume();
