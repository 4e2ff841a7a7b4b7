/**
 * The header in which the Worker tells an object where an upgrade comes from: hashes of the address, newest
 * key first, separated by commas. Set on every upgrade, over whatever a client sent.
 */
export const ADDRESS_HEADER = "x-roomcast-address";
