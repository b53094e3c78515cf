// A phone: matrix-js-sdk with its Rust crypto, told what to do by lines of JSON on its input.
//
// A request is {"id", "verb", ...arguments}; the answer {"id", "ok"} or {"id", "error"}. What
// happens by itself comes as {"event": ...}. It ends with its input.

import { createInterface } from "node:readline";
import * as sdk from "matrix-js-sdk";
import {
    AllDevicesIsolationMode,
    OnlySignedDevicesIsolationMode,
    VerificationPhase,
    VerificationRequestEvent,
    VerifierEvent,
} from "matrix-js-sdk/lib/crypto-api/index.js";
import { logger } from "matrix-js-sdk/lib/logger.js";

logger.setLevel("silent");
const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, getChild: () => quiet };
console.log = console.info = console.warn = console.error = console.debug = () => {};

let client;
let crypto;
const verifications = new Map();
const typed = new Map();

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const verbs = {
    async login({ url, user, password, isStrict = true, isSigned = true, secrets }) {
        const door = sdk.createClient({ baseUrl: url, logger: quiet });
        const found = await door.loginRequest({
            type: "m.login.password",
            identifier: { type: "m.id.user", user },
            password,
            initial_device_display_name: "Phone",
        });
        client = sdk.createClient({
            baseUrl: url,
            userId: found.user_id,
            deviceId: found.device_id,
            accessToken: found.access_token,
            timelineSupport: true,
            logger: quiet,
            verificationMethods: ["m.sas.v1"],
        });
        await client.initRustCrypto({ useIndexedDB: false });
        crypto = client.getCrypto();
        crypto.setDeviceIsolationMode(
            isStrict ? new OnlySignedDevicesIsolationMode() : new AllDevicesIsolationMode(false),
        );
        const stir = () => say({ event: "stirred" });
        client.on(sdk.RoomEvent.Timeline, stir);
        client.on(sdk.RoomEvent.Redaction, stir);
        client.on(sdk.RoomEvent.Receipt, stir);
        client.on(sdk.RoomEvent.MyMembership, stir);
        client.on(sdk.RoomMemberEvent.Membership, stir);
        client.on(sdk.MatrixEventEvent.Decrypted, stir);
        client.on(sdk.MatrixEventEvent.Replaced, stir);
        client.on(sdk.RoomMemberEvent.Typing, (event, member) => {
            if (member.typing) typed.set(member.userId, (typed.get(member.userId) ?? 0) + 1);
            stir();
        });
        client.on("crypto.verificationRequestReceived", (request) => {
            verifications.set(request.transactionId ?? "new", watched(request));
            stir();
        });
        await client.startClient({ initialSyncLimit: 100, threadSupport: false });
        await new Promise((resolve) => {
            client.on(sdk.ClientEvent.Sync, (state) => state === "PREPARED" && resolve());
        });
        if (secrets) {
            await crypto.importSecretsBundle(secrets);
            await crypto.crossSignDevice(found.device_id);
        } else if (isSigned) {
            const auth = { type: "m.login.password", identifier: { type: "m.id.user", user }, password };
            await crypto.bootstrapCrossSigning({
                authUploadDeviceSigningKeys: async (upload) => {
                    try {
                        return await upload(null);
                    } catch (error) {
                        return await upload({ ...auth, session: error.data.session });
                    }
                },
            });
        }
        return { user: found.user_id, device: found.device_id };
    },

    secrets: async () => await crypto.exportSecretsBundle(),
    device: async () => client.getDeviceId(),

    async create({ isEncrypted, isDirect = false, preset = "private_chat", invite = [], version }) {
        const state = { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } };
        const found = await client.createRoom({
            preset,
            invite,
            is_direct: isDirect,
            room_version: version,
            initial_state: isEncrypted ? [state] : [],
        });
        return found.room_id;
    },
    encrypt: ({ room }) =>
        client.sendStateEvent(room, "m.room.encryption", { algorithm: "m.megolm.v1.aes-sha2" }, ""),
    invite: ({ room, user }) => client.invite(room, user),
    join: async ({ room }) => (await client.joinRoom(room)).roomId,
    leave: ({ room }) => client.leave(room),
    kick: ({ room, user }) => client.kick(room, user),
    upgrade: async ({ room, version }) => (await client.upgradeRoom(room, version)).replacement_room,
    rooms: async () => client.getRooms().map((room) => [room.roomId, room.getMyMembership()]),
    members: async ({ room }) =>
        Object.fromEntries(client.getRoom(room)?.getMembers().map((each) => [each.userId, each.membership]) ?? []),
    directs: async () => client.getAccountData("m.direct")?.getContent() ?? {},

    send: async ({ room, content, kind = "m.room.message" }) => (await client.sendEvent(room, kind, content)).event_id,
    redact: async ({ room, target }) => (await client.redactEvent(room, target)).event_id,
    async toDevice({ kind, messages }) {
        await client.sendToDevice(kind, new Map(Object.entries(messages).map(([user, by]) => [user, new Map(Object.entries(by))])));
    },

    async timeline({ room }) {
        const known = client.getRoom(room);
        if (!known) return [];
        return await Promise.all(known.getLiveTimeline().getEvents().map(shown(known)));
    },
    async more({ room, limit = 100 }) {
        const timeline = client.getRoom(room).getLiveTimeline();
        while (await client.paginateEventTimeline(timeline, { backwards: true, limit }));
    },
    typing: async ({ room, user }) => ({
        isTyping: client.getRoom(room)?.getMember(user)?.typing ?? false,
        times: typed.get(user) ?? 0,
    }),

    async trust({ user }) {
        const devices = (await crypto.getUserDeviceInfo([user], true)).get(user) ?? new Map();
        const found = {};
        for (const id of devices.keys()) {
            const status = await crypto.getDeviceVerificationStatus(user, id);
            found[id] = { isSigned: status?.signedByOwner ?? false, isVerified: status?.isVerified() ?? false };
        }
        const status = await crypto.getUserVerificationStatus(user);
        return { devices: found, isVerified: status.isCrossSigningVerified(), needsApproval: status.needsUserApproval };
    },

    async verify({ user, room }) {
        const request = room
            ? await crypto.requestVerificationDM(user, room)
            : await crypto.requestDeviceVerification(user, (await devicesOf(user))[0]);
        verifications.set(request.transactionId, watched(request));
        return request.transactionId;
    },
    verifications: async () => [...verifications.values()].map((each) => each.told()),
    async accept({ transaction }) {
        await found(transaction).request.accept();
    },
    async start({ transaction }) {
        const each = found(transaction);
        await each.begin(await each.request.startVerification("m.sas.v1"));
    },
    confirm: async ({ transaction }) => await found(transaction).sas.confirm(),
    mismatch: async ({ transaction }) => found(transaction).sas.mismatch(),
    cancel: async ({ transaction }) => await found(transaction).request.cancel(),

    logout: async () => await client.logout(true),
};

const devicesOf = async (user) => [...((await crypto.getUserDeviceInfo([user], true)).get(user)?.keys() ?? [])];

function found(transaction) {
    for (const each of verifications.values()) if (each.request.transactionId === transaction) return each;
    throw new Error("no such verification");
}

function watched(request) {
    const each = {
        request,
        sas: undefined,
        error: "",
        async begin(verifier) {
            if (each.verifier) return;
            each.verifier = verifier;
            verifier.on(VerifierEvent.ShowSas, (sas) => {
                each.sas = sas;
                say({ event: "stirred" });
            });
            verifier.verify().catch((error) => {
                each.error = String(error.message ?? error);
                say({ event: "stirred" });
            });
        },
        told: () => ({
            transaction: request.transactionId,
            phase: VerificationPhase[request.phase],
            other: request.otherUserId,
            emoji: each.sas?.sas.emoji?.map(([, name]) => name) ?? [],
            code: request.cancellationCode ?? "",
            error: each.error,
        }),
    };
    const stir = () => {
        if (request.phase === VerificationPhase.Started && request.verifier) each.begin(request.verifier);
        say({ event: "stirred" });
    };
    request.on(VerificationRequestEvent.Change, stir);
    return each;
}

const shown = (room) => async (event) => {
    if (event.isBeingDecrypted()) await event.getDecryptionPromise();
    const info = event.isEncrypted() ? await crypto.getEncryptionInfoForEvent(event) : null;
    const edits = room.relations.getChildEventsForEvent(event.getId(), "m.replace", "m.room.message");
    const reactions = room.relations.getChildEventsForEvent(event.getId(), "m.annotation", "m.reaction");
    return {
        event: event.getId(),
        sender: event.getSender(),
        kind: event.getType(),
        content: event.getContent(),
        original: event.getOriginalContent(),
        wire: event.getWireContent(),
        isEncrypted: event.isEncrypted(),
        isFailing: event.isDecryptionFailure(),
        why: event.decryptionFailureReason ?? "",
        shield: info ? info.shieldColour : null,
        shieldReason: info?.shieldReason ?? null,
        isRedacted: event.isRedacted(),
        edits: edits?.getRelations().length ?? 0,
        reactions: reactions?.getRelations().map((each) => each.getContent()["m.relates_to"].key) ?? [],
        readBy: room.getUsersReadUpTo(event),
        notifies: client.getPushActionsForEvent(event)?.notify ?? false,
    };
};

for await (const line of createInterface({ input: process.stdin })) {
    const { id, verb, ...given } = JSON.parse(line);
    verbs[verb](given).then(
        (ok) => say({ id, ok: ok ?? null }),
        (error) => say({ id, error: String(error.message ?? error) }),
    );
}
process.exit(0);
