import { DIALECT_HEADER, type DialectName } from "../dialects/dialect";
import { ADDRESS_HEADER } from "../durable/address-header";
import { CLOSE, CLOSE_REASON, type CloseCode } from "../protocol/close-codes";
import { CODE } from "../protocol/codes";
import { SUBPROTOCOL } from "../protocol/frame";
import { canonicalName, nameFault } from "../protocol/names";
import { Refusal } from "../protocol/refusal";
import { addressHashes } from "./address-hash";
import { type EdgeContext, isWellEncoded, roomNamed } from "./context";
import { Refused } from "./errors";
import { hangUp } from "./hang-up";
import { isAllowedOrigin } from "./origins";

/** The way of a WebSocket to its room. The room's 101 is given back untouched: anything between costs hibernation. */
export function connectToRoom(c: EdgeContext): Response | Promise<Response> {
  const offered = offeredSubprotocols(c);
  if (!isAllowedOrigin(c)) return refuseSocket(c, CLOSE.origin, echoed(offered));
  if (offered.length > 0 && !offered.includes(SUBPROTOCOL)) return refuseSocket(c, CLOSE.version, offered[0]);
  const room = c.req.param("room") ?? "";
  if (!isWellEncoded(c) || nameFault(room) !== undefined)
    return refuseSocket(c, CLOSE.badAddress, echoed(offered));
  return upgrade(c, canonicalName(room), SUBPROTOCOL);
}

/** The WebSocket's address, asked without an upgrade. */
export function refusePlainRequest(): never {
  throw new Refused(
    new Refusal(CODE.badParameter, "this address takes WebSocket upgrades", { field: "Upgrade" }),
  );
}

/** Hands an upgrade to a room, with the dialect that its socket will speak. */
export async function upgrade(c: EdgeContext, room: string, dialect: DialectName): Promise<Response> {
  const headers: Record<string, string> = {
    upgrade: "websocket",
    [DIALECT_HEADER]: dialect,
    [ADDRESS_HEADER]: await addressHashes(c),
  };
  for (const name of PASSED_ON) {
    const value = c.req.header(name);
    if (value !== undefined) headers[name] = value;
  }
  // A request of its own: to copy the client's whole one costs a crowd's arrival a tenth of its time.
  const response = await roomNamed(c, room).fetch("https://room/", { headers });
  return response.status === FULL_STATUS ? refuseSocket(c, CLOSE.full, subprotocolOf(c)) : response;
}

/**
 * Refuses a socket in the one way that a browser can read: accepts it, and closes it with a code. A
 * client that offered subprotocols must be given one of them, or it never sees the code.
 */
export function refuseSocket(c: EdgeContext, code: CloseCode, subprotocol?: string): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  hangUp(c, server);
  server.accept();
  server.close(code, CLOSE_REASON[code]);
  const headers: Record<string, string> =
    subprotocol === undefined ? {} : { "sec-websocket-protocol": subprotocol };
  return new Response(null, { status: 101, webSocket: client, headers });
}

/** What a room reads of a client's headers. */
const PASSED_ON = ["accept-language", "authorization", "sec-websocket-protocol"] as const;

/** A room that is full takes no socket, not even to refuse it: one that is not answered keeps a room awake. */
const FULL_STATUS = 503;

/** The subprotocol with which a refusal has to answer the request. */
export function subprotocolOf(c: EdgeContext): string | undefined {
  return echoed(offeredSubprotocols(c));
}

/** The subprotocol with which a refusal has to answer. */
function echoed(offered: readonly string[]): string | undefined {
  return offered.includes(SUBPROTOCOL) ? SUBPROTOCOL : offered[0];
}

/** What the client offers, in its order. */
export function offeredSubprotocols(c: EdgeContext): string[] {
  const header = c.req.header("sec-websocket-protocol") ?? "";
  return header
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}
