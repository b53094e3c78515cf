// Whom the phone trusts, and comparing emoji until it does.

import { VerificationPhase, VerificationRequestEvent, VerifierEvent } from "matrix-js-sdk/lib/crypto-api/index.js";

import { me } from "./me.mjs";
import { stir } from "./wire.mjs";

const SAS = "m.sas.v1";
const running = new Map();
let counted = 0;

export const verbs = {
    async trust({ user }) {
        const known = (await me.crypto.getUserDeviceInfo([user], true)).get(user) ?? new Map();
        const status = await me.crypto.getUserVerificationStatus(user);
        return {
            devices: Object.fromEntries(await Promise.all([...known.values()].map(judged))),
            isVerified: status.isCrossSigningVerified(),
            wasVerified: status.wasCrossSigningVerified(),
            needsApproval: status.needsUserApproval,
        };
    },
    approve: async ({ user }) => await me.crypto.pinCurrentUserIdentity(user),
    withdraw: async ({ user }) => await me.crypto.withdrawVerificationRequirement(user),

    // In a room; or, without one, to a device.
    async verify({ user, room, device }) {
        if (!room) await me.crypto.getUserDeviceInfo([user], true);
        const request = room
            ? await me.crypto.requestVerificationDM(user, room)
            : await me.crypto.requestDeviceVerification(user, device);
        return watch(request, false);
    },
    verifications: async () => [...running.entries()].map(told),
    accept: async ({ number }) => await running.get(number).request.accept(),
    async start({ number }) {
        const each = running.get(number);
        begin(each, await each.request.startVerification(SAS));
    },
    confirm: async ({ number }) => await running.get(number).sas.confirm(),
    mismatch: async ({ number }) => running.get(number).sas.mismatch(),
    cancel: async ({ number }) => await running.get(number).request.cancel(),
};

export function watch(request, isAccepted) {
    const number = ++counted;
    const each = { request, verifier: undefined, sas: undefined, problem: "" };
    running.set(number, each);
    request.on(VerificationRequestEvent.Change, () => {
        if (request.verifier) begin(each, request.verifier);
        stir();
    });
    if (isAccepted) request.accept().catch((error) => fail(each, error));
    stir();
    return number;
}

function begin(each, verifier) {
    if (each.verifier) return;
    each.verifier = verifier;
    verifier.on(VerifierEvent.ShowSas, (sas) => {
        each.sas = sas;
        stir();
    });
    verifier.verify().catch((error) => fail(each, error));
}

function fail(each, error) {
    each.problem = String(error.message ?? error);
    stir();
}

const told = ([number, { request, sas, problem }]) => ({
    number,
    user: request.otherUserId,
    device: request.otherDeviceId ?? "",
    room: request.roomId ?? "",
    isMine: request.initiatedByMe,
    phase: VerificationPhase[request.phase].toLowerCase(),
    emoji: sas?.sas.emoji ?? [],
    code: request.cancellationCode ?? "",
    problem,
});

async function judged(device) {
    const status = await me.crypto.getDeviceVerificationStatus(device.userId, device.deviceId);
    return [
        device.deviceId,
        {
            name: device.displayName ?? "",
            isSigned: status?.signedByOwner ?? false,
            isVerified: status?.isVerified() ?? false,
        },
    ];
}
