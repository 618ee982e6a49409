// Uploads a file with tus-js-client, as the browser does, and prints what happens as lines of JSON.
//   node tus_upload.mjs {"modules": "web/package.json", "endpoint": "...", "file": "...", ...options of tus.Upload}
import { createReadStream, statSync } from "node:fs";
import { createRequire } from "node:module";

const { modules, file, ...options } = JSON.parse(process.argv[2]);
const tus = createRequire(modules)("tus-js-client");
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

const upload = new tus.Upload(createReadStream(file), {
  uploadSize: statSync(file).size,
  retryDelays: Array(180).fill(500),
  ...options,
  onError: (error) => {
    say({ error: error.message, status: error.originalResponse?.getStatus() ?? 0 });
    process.exitCode = 1;
  },
  onSuccess: () => say({ success: upload.url }),
});
upload.start();
