// The one client of this process, once it has logged in.

export const me = { client: undefined, crypto: undefined };
