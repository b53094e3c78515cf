// Who the phone is: one login, one device, its keys in memory alone.

import * as sdk from "matrix-js-sdk";
import { AllDevicesIsolationMode, CryptoEvent, OnlySignedDevicesIsolationMode } from "matrix-js-sdk/lib/crypto-api/index.js";

import { read, typed } from "./ephemeral.mjs";
import { me } from "./me.mjs";
import { watch } from "./trust.mjs";
import { stir } from "./wire.mjs";

const IMPATIENCE_MS = 250;
const CHANGES = [
    sdk.RoomEvent.Timeline,
    sdk.RoomEvent.LocalEchoUpdated,
    sdk.RoomEvent.Redaction,
    sdk.RoomEvent.MyMembership,
    sdk.RoomStateEvent.Events,
    sdk.RoomMemberEvent.Membership,
    sdk.MatrixEventEvent.Decrypted,
    sdk.MatrixEventEvent.Replaced,
    sdk.ClientEvent.AccountData,
    CryptoEvent.DevicesUpdated,
    CryptoEvent.UserTrustStatusChanged,
    CryptoEvent.KeysChanged,
];
const quiet = {
    trace() {},
    debug() {},
    info() {},
    warn: console.warn,
    error: console.error,
    getChild: () => quiet,
};

let account;

export const verbs = {
    async login({ url, user, password, isStrict = true, isSigned = true, takesRequests = true, secrets }) {
        account = { user, password };
        await open(url);
        me.crypto.setDeviceIsolationMode(
            isStrict ? new OnlySignedDevicesIsolationMode() : new AllDevicesIsolationMode(false),
        );
        listen(takesRequests);
        const isReady = new Promise((resolve) => {
            me.client.on(sdk.ClientEvent.Sync, (state) => state === sdk.SyncState.Prepared && resolve());
        });
        await me.client.startClient({ initialSyncLimit: 100, threadSupport: false });
        await isReady;
        if (secrets) await adopt(secrets);
        else if (isSigned) await bootstrap({});
        return { user: me.client.getUserId(), device: me.client.getDeviceId() };
    },
    logout: async () => await me.client.logout(true),
    secrets: async () => await me.crypto.exportSecretsBundle(),
    resetIdentity: async () => await bootstrap({ setupNewCrossSigning: true }),
};

async function open(url) {
    const door = sdk.createClient({ baseUrl: url, logger: quiet });
    const found = await door.loginRequest({
        ...proof(),
        initial_device_display_name: "Phone",
    });
    me.client = sdk.createClient({
        baseUrl: url,
        userId: found.user_id,
        deviceId: found.device_id,
        accessToken: found.access_token,
        timelineSupport: true,
        logger: quiet,
        verificationMethods: ["m.sas.v1"],
    });
    await me.client.initRustCrypto({ useIndexedDB: false });
    me.crypto = me.client.getCrypto();
}

function listen(takesRequests) {
    for (const change of CHANGES) me.client.on(change, stir);
    me.client.on(sdk.ClientEvent.Event, read);
    me.client.on(sdk.RoomMemberEvent.Typing, (event, member) => typed(member));
    me.client.on(CryptoEvent.VerificationRequestReceived, (request) => watch(request, takesRequests));
    // A phone tries again as soon as its network is back; the SDK by itself only after seconds.
    me.client.on(sdk.ClientEvent.Sync, (state) => {
        stir();
        if (state === sdk.SyncState.Reconnecting || state === sdk.SyncState.Error)
            setTimeout(() => me.client.retryImmediately(), IMPATIENCE_MS);
    });
}

async function adopt(secrets) {
    await me.crypto.importSecretsBundle(secrets);
    await me.crypto.crossSignDevice(me.client.getDeviceId());
}

async function bootstrap(options) {
    await me.crypto.bootstrapCrossSigning({
        ...options,
        authUploadDeviceSigningKeys: async (upload) => {
            try {
                return await upload(null);
            } catch (error) {
                return await upload({ ...proof(), session: error.data.session });
            }
        },
    });
}

const proof = () => ({
    type: "m.login.password",
    identifier: { type: "m.id.user", user: account.user },
    password: account.password,
});
