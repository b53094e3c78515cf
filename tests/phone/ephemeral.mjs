// What a room shows for a moment: who types, who has read up to where.

import { me } from "./me.mjs";
import { stir } from "./wire.mjs";

const TYPING_MS = 30_000;
const typing = new Map();
const counts = new Map();
const receipts = new Map();

export const verbs = {
    read: async ({ room, event }) => void (await me.client.sendReadReceipt(me.client.getRoom(room).findEventById(event))),
    type: async ({ room, isTyping }) => void (await me.client.sendTyping(room, isTyping, TYPING_MS)),
    // `times`: how often each began, since the login.
    typing: async ({ room }) => ({ now: [...(typing.get(room) ?? [])], times: counts.get(room) ?? {} }),
};

export function typed({ roomId: room, userId: user, typing: isTyping }) {
    const now = typing.get(room) ?? new Set();
    const times = counts.get(room) ?? {};
    if (isTyping && !now.has(user)) times[user] = (times[user] ?? 0) + 1;
    if (isTyping) now.add(user);
    else now.delete(user);
    typing.set(room, now);
    counts.set(room, times);
    stir();
}

export function read(event) {
    if (event.getType() !== "m.receipt") return;
    for (const [id, kinds] of Object.entries(event.getContent())) {
        const users = { ...readBy(id) };
        for (const [user, { thread_id: thread }] of Object.entries(kinds["m.read"] ?? {})) users[user] = thread ?? "";
        receipts.set(id, users);
    }
    stir();
}

export const readBy = (event) => receipts.get(event) ?? {};
