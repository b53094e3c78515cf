// What a room shows for a moment: who types, who has read up to where.

import { stir } from "./wire.mjs";

const typing = new Map();
const counts = new Map();
const receipts = new Map();

export function heard(event) {
    if (event.getType() === "m.typing") typed(event.getRoomId(), event.getContent().user_ids ?? []);
    if (event.getType() === "m.receipt") read(event.getContent());
}

export const readBy = (event) => receipts.get(event) ?? {};

export const verbs = {
    // `times`: how often each began, since the login.
    typing: async ({ room }) => ({ now: typing.get(room) ?? [], times: counts.get(room) ?? {} }),
};

function typed(room, users) {
    const before = typing.get(room) ?? [];
    const times = counts.get(room) ?? {};
    for (const user of users) if (!before.includes(user)) times[user] = (times[user] ?? 0) + 1;
    typing.set(room, users);
    counts.set(room, times);
    stir();
}

function read(content) {
    for (const [event, kinds] of Object.entries(content)) {
        const users = { ...readBy(event) };
        for (const [user, { thread_id: thread }] of Object.entries(kinds["m.read"] ?? {})) users[user] = thread ?? "";
        receipts.set(event, users);
    }
    stir();
}
