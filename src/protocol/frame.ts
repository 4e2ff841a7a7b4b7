/**
 * The native envelope, and the two heartbeat texts that a client and the runtime must spell alike.
 *
 * command `{"seq","cmd","data"}` · reply `{"seq","cmd","response":{"code","codeMsg","data"}}` ·
 * event `{"cmd","data"}`. Several may share a WebSocket frame, separated by `\n`.
 */

/** The WebSocket subprotocol of the native protocol. */
export const SUBPROTOCOL = "roomcast.v1";

/** Answered by the runtime without waking the room, if it is this text to the letter. */
export const HEARTBEAT = '{"seq":"0","cmd":"heartbeat","data":{}}';

/** What the runtime answers to `HEARTBEAT`. */
export const HEARTBEAT_REPLY =
  '{"seq":"0","cmd":"heartbeat","response":{"code":200,"codeMsg":"Success","data":null}}';

export type Command = { readonly seq: string; readonly cmd: string; readonly data: unknown };

export type Reply = {
  readonly seq: string;
  readonly cmd: string;
  readonly response: { readonly code: number; readonly codeMsg: string; readonly data: unknown };
};
