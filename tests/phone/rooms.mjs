// What is done in rooms. Each answers only when the phone itself knows of it.

import * as sdk from "matrix-js-sdk";

import { me } from "./me.mjs";

const ENCRYPTED = { algorithm: "m.megolm.v1.aes-sha2" };

export const verbs = {
    async create({ isEncrypted, isDirect = false, preset = "private_chat", invite = [], version, name }) {
        const state = { type: "m.room.encryption", state_key: "", content: ENCRYPTED };
        const { room_id: room } = await me.client.createRoom({
            preset,
            invite,
            name,
            is_direct: isDirect,
            room_version: version,
            initial_state: isEncrypted ? [state] : [],
        });
        await joined(room);
        if (isEncrypted) await encrypted(room);
        if (isDirect && invite.length) await noteDirect(room, invite[0]);
        return room;
    },
    async encrypt({ room }) {
        await me.client.sendStateEvent(room, "m.room.encryption", ENCRYPTED, "");
        await encrypted(room);
    },
    invite: async ({ room, user }) => void (await me.client.invite(room, user)),
    async join({ room }) {
        await me.client.joinRoom(room);
        await joined(room);
        return room;
    },
    async leave({ room }) {
        await me.client.leave(room);
        await once(() => me.client.getRoom(room).getMyMembership() === "leave");
    },
    kick: async ({ room, user }) => void (await me.client.kick(room, user)),
    upgrade: async ({ room, version }) => {
        const { replacement_room: next } = await me.client.upgradeRoom(room, version);
        await joined(next);
        return next;
    },
    rooms: async () => me.client.getRooms().map((room) => [room.roomId, room.getMyMembership()]),
    directs: async () => me.client.getAccountData("m.direct")?.getContent() ?? {},
    members: async ({ room }) =>
        Object.fromEntries(me.client.getRoom(room)?.getMembers().map((each) => [each.userId, each.membership]) ?? []),
    async about({ room }) {
        const known = inside(room);
        return {
            name: known.name,
            version: known.getVersion(),
            isEncrypted: known.hasEncryptionStateEvent(),
            membership: known.getMyMembership(),
            next: known.currentState.getStateEvents("m.room.tombstone", "")?.getContent().replacement_room ?? "",
        };
    },
    // Encrypted where the room is.
    async send({ room, content, kind = "m.room.message", transaction }) {
        inside(room);
        return (await me.client.sendEvent(room, kind, content, transaction)).event_id;
    },
    // As it stands, whatever the room is.
    async sendRaw({ room, kind, content, transaction = me.client.makeTxnId() }) {
        const path = `/rooms/${[room, "send", kind, transaction].map(encodeURIComponent).join("/")}`;
        return (await me.client.http.authedRequest(sdk.Method.Put, path, undefined, content)).event_id;
    },
    sendState: async ({ room, kind, key, content }) =>
        (await me.client.sendStateEvent(room, kind, content, key)).event_id,
    redact: async ({ room, target, reason }) =>
        (await me.client.redactEvent(room, target, undefined, reason ? { reason } : undefined)).event_id,
    async toDevice({ kind, messages }) {
        const byDevice = Object.entries(messages).map(([user, by]) => [user, new Map(Object.entries(by))]);
        await me.client.sendToDevice(kind, new Map(byDevice));
    },
};

function inside(room) {
    const known = me.client.getRoom(room);
    if (!known) throw new Error("the phone knows no such room");
    return known;
}

// Before the sync has brought a room, the SDK would write to it in clear.
const joined = (room) => once(() => me.client.getRoom(room)?.getMyMembership() === "join");
const encrypted = (room) => once(() => me.crypto.isEncryptionEnabledInRoom(room));

async function once(isSo) {
    while (!(await isSo())) await new Promise((resolve) => me.client.once(sdk.ClientEvent.Sync, resolve));
}

async function noteDirect(room, user) {
    const directs = { ...(me.client.getAccountData("m.direct")?.getContent() ?? {}) };
    directs[user] = [...(directs[user] ?? []), room];
    await me.client.setAccountData("m.direct", directs);
}
