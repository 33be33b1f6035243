// Usage: node start.js [PORT [FILE [CERTIFICATE KEY]]]
// Starts Azurite's table service on the port or a free one, and prints that port. Ends when standard input does: with whoever started it,
// however that ends; or on SIGTERM. What it holds is kept in the file, or in memory without one (or ""). With a certificate and its key (PEM
// files) it serves https, and takes tokens of Entra too, whose claims it checks but not their signatures.
// Azurite's own command prints the port that it was asked for, which for a free one is 0.
"use strict";
const { default: TableConfiguration } = require("azurite/dist/src/table/TableConfiguration");
const { default: TableServer } = require("azurite/dist/src/table/TableServer");
const Logger = require("azurite/dist/src/common/Logger");

// A given port is kept over a restart.
const port = Number(process.argv[2] ?? 0);
const file = process.argv[3] || undefined;
const [certificate, key] = process.argv.slice(4);
Logger.configLogger(false);
const server = new TableServer(new TableConfiguration("127.0.0.1", port, /* keepAliveTimeout */ 300, file ?? "memory",
  /* enableDebugLog */ false, /* enableAccessLog */ false, /* accessLogWriteStream */ undefined, /* debugLogFilePath */ undefined,
  /* loose */ false, /* skipApiVersionCheck */ true, certificate ?? "", key ?? "", /* pwd */ "", /* oauth */ certificate && "basic",
  /* disableProductStyleUrl */ true, /* isMemoryPersistence */ file === undefined));
server.start().then(
  () => console.log(server.httpServer.address().port),
  (error) => { console.error(error.message); process.exit(1); });

// What was acknowledged must be in the file, or a restart is no stand-in for Azure's. Azurite's own closing waits neither for the requests that
// are under way nor for a write of the file that its timer has begun.
const answered = () => new Promise((resolve) => server.httpServer.stop(resolve));
const written = () => new Promise((resolve, reject) => server.metadataStore.db.saveDatabase((error) => (error ? reject(error) : resolve())));
const keep = () => answered().then(() => server.close()).then(written);
const end = () => (file === undefined ? Promise.resolve() : keep()).then(
  () => process.exit(0),
  (error) => { console.error(error.message); process.exit(1); });
process.stdin.on("end", end).on("error", end).resume();
process.on("SIGTERM", end);
