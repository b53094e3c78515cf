// What a room shows: each event as it stands now, with what the phone thinks of it.

import { EventShieldColour, EventShieldReason } from "matrix-js-sdk/lib/crypto-api/index.js";

import { readBy } from "./ephemeral.mjs";
import { me } from "./me.mjs";

export const verbs = {
    async timeline({ room }) {
        const known = me.client.getRoom(room);
        if (!known) return [];
        const events = known.getLiveTimeline().getEvents().filter((event) => !event.status || event.status === "sent");
        return await Promise.all(events.map((event) => shown(known, event)));
    },
    async earlier({ room, limit = 100 }) {
        const timeline = me.client.getRoom(room).getLiveTimeline();
        while (await me.client.paginateEventTimeline(timeline, { backwards: true, limit }));
    },
};

async function shown(room, event) {
    if (event.isBeingDecrypted()) await event.getDecryptionPromise();
    const actions = me.client.getPushActionsForEvent(event, true);
    return {
        event: event.getId(),
        sender: event.getSender(),
        kind: event.getType(),
        key: event.getStateKey() ?? null,
        at: event.getTs(),
        content: event.getContent(),
        original: event.getOriginalContent(),
        wire: event.getWireContent(),
        isRedacted: event.isRedacted(),
        isEncrypted: event.isEncrypted(),
        isFailing: event.isDecryptionFailure(),
        why: event.decryptionFailureReason ?? "",
        ...(await shield(event)),
        edits: children(room, event, "m.replace", event.getType()).length,
        reactions: children(room, event, "m.annotation", "m.reaction").map((each) => ({
            event: each.getId(),
            sender: each.getSender(),
            sign: each.getRelation()?.key ?? "",
        })),
        readBy: readBy(event.getId()),
        notifies: actions?.notify ?? false,
        highlights: actions?.tweaks?.highlight ?? false,
    };
}

async function shield(event) {
    const info = event.isEncrypted() ? await me.crypto.getEncryptionInfoForEvent(event) : null;
    return {
        shield: info?.shieldColour ?? null,
        shieldName: info ? EventShieldColour[info.shieldColour] : "",
        shieldReason: EventShieldReason[info?.shieldReason] ?? "",
    };
}

const children = (room, event, relation, kind) =>
    room.relations.getChildEventsForEvent(event.getId(), relation, kind)?.getRelations() ?? [];
