// Preloaded into every Node process of one preview (NODE_OPTIONS=--require): writes down which modules and native addons the
// provider process loads, where it connects to, and which processes it starts. One JSON line each, in the file that
// BYOK_BENCH_WITNESS names.
"use strict";
const { appendFileSync } = require("node:fs");
const { ChildProcess } = require("node:child_process");
const Module = require("node:module");
const net = require("node:net");

const file = process.env.BYOK_BENCH_WITNESS;
const isProvider = /[\\/]cmd[\\/]dynamic-provider([\\/]|$)/.test(process.argv[1] ?? "");

const watch = (owner, method, kind, what) => {
  const original = owner[method];
  owner[method] = function (...args) {
    appendFileSync(file, `${JSON.stringify({ kind, what: what(args) })}\n`);
    return original.apply(this, args);
  };
};

if (file !== undefined && isProvider) {
  watch(Module.prototype, "load", "module", ([filename]) => filename);
  watch(process, "dlopen", "addon", ([, filename]) => filename);
  watch(ChildProcess.prototype, "spawn", "process", ([options]) => options.file);
  watch(net.Socket.prototype, "connect", "connection", ([first]) => {
    const options = Array.isArray(first) ? first[0] : first;
    return typeof options === "object" ? `${options.host ?? ""}:${options.port ?? options.path ?? ""}` : String(first);
  });
}
