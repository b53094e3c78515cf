// A phone: matrix-js-sdk with its Rust crypto, told what to do by lines of JSON on its input.
//
// A request is {"id", "verb", ...arguments}; the answer {"id", "ok"} or {"id", "error", "code"}. When what
// it shows may have changed, it says {"event": "stirred"}. It ends with its input.

import { createInterface } from "node:readline";

const complain = (...words) => process.stderr.write(`${words.map(String).join(" ")}\n`);
Object.assign(console, { log() {}, info() {}, debug() {}, trace() {}, warn: complain, error: complain });
process.on("unhandledRejection", complain);

const { logger } = await import("matrix-js-sdk/lib/logger.js");
logger.setLevel("warn");
const { say } = await import("./wire.mjs");
const parts = ["session", "rooms", "timeline", "ephemeral", "trust"];
const verbs = Object.assign({}, ...(await Promise.all(parts.map(async (part) => (await import(`./${part}.mjs`)).verbs))));

for await (const line of createInterface({ input: process.stdin })) {
    const { id, verb, ...given } = JSON.parse(line);
    Promise.resolve(verbs[verb]?.(given) ?? Promise.reject(new Error(`no such verb: ${verb}`))).then(
        (ok) => say({ id, ok: ok ?? null }),
        (error) => say({ id, error: String(error.message ?? error), code: error.data?.errcode ?? "" }),
    );
}
process.exit(0);
