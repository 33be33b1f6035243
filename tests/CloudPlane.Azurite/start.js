// Starts Azurite's table service on a free port and prints that port. Ends when standard input does: with whoever started it, however that ends.
// Azurite's own command prints the port that it was asked for, which for a free one is 0.
"use strict";
const { default: TableConfiguration } = require("azurite/dist/src/table/TableConfiguration");
const { default: TableServer } = require("azurite/dist/src/table/TableServer");
const Logger = require("azurite/dist/src/common/Logger");

// An optional argument keeps the port over a restart.
const port = Number(process.argv[2] ?? 0);
Logger.configLogger(false);
const server = new TableServer(new TableConfiguration("127.0.0.1", port, 300, "memory", false, false, undefined, false, undefined, false, true,
  "", "", "", undefined, true, true));
server.start().then(
  () => console.log(server.httpServer.address().port),
  (error) => { console.error(error.message); process.exit(1); });
process.stdin.on("end", () => process.exit(0)).on("error", () => process.exit(0)).resume();
