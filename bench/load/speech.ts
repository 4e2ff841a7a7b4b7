import { randomBytes } from "node:crypto";
import { HEARTBEAT, SUBPROTOCOL } from "../../src/protocol/frame.ts";

/**
 * How a kind of client talks: what it says when it comes in, how it publishes, and what it must answer.
 * One for each dialect of Roomcast's and for each kind of server it is compared with.
 */
export type Speech = {
  readonly protocol?: string;
  /** Where a connection to this room is upgraded. */
  readonly path: (room: string) => string;
  /** What is said as soon as the socket is open; null if nothing. Without words, it is in at once. */
  readonly hello: ((index: number, room: string) => string) | null;
  /** What a frame without messages asks for. */
  readonly hears: (text: string, lastOffset: number) => Heard;
  readonly publish: (publisher: number, number: number, body: string) => string;
  /** A sign of life; null where none is needed. */
  readonly heartbeat: string | null;
};

/** In at last, to be answered with a text, or nothing to do. */
export type Heard = "ready" | { readonly answer: string } | "nothing";

export type SpeechName = "roomcast.v1" | "acc" | "raw" | "socket.io";

export const SPEECHES: Readonly<Record<SpeechName, Speech>> = {
  [SUBPROTOCOL]: {
    protocol: SUBPROTOCOL,
    path: (room) => `/api/rooms/${room}/ws`,
    hello: (index) => envelope("login", { userId: `u${index}` }),
    hears(text, lastOffset) {
      if (text.startsWith('{"cmd":"sync"')) return { answer: envelope("ack", { offset: lastOffset }) };
      if (text.startsWith('{"cmd":"probe"')) return { answer: HEARTBEAT };
      return isAccepted(text, "login") ? "ready" : "nothing";
    },
    publish: (publisher, number, msg) => envelope("publish", { msgId: msgId(publisher, number), msg }),
    heartbeat: HEARTBEAT,
  },

  // Listens only: the original's clients publish over HTTP. Publishers beside it speak the native protocol.
  acc: {
    path: (room) => `/acc?appId=${room}`,
    hello: (index, room) =>
      JSON.stringify({ seq: "1", cmd: "login", data: { userId: `u${index}`, appId: Number(room) } }),
    hears: (text) => (isAccepted(text, "login") ? "ready" : "nothing"),
    publish: () => "",
    heartbeat: HEARTBEAT,
  },

  // A server that sends on whatever text it is sent.
  raw: {
    path: (room) => `/room/${room}`,
    hello: null,
    hears: () => "nothing",
    publish: (_publisher, _number, body) => body,
    heartbeat: null,
  },

  "socket.io": {
    path: () => "/socket.io/?EIO=4&transport=websocket",
    hello: () => "40",
    hears(text) {
      if (text === "2") return { answer: "3" };
      return text.startsWith("40") ? "ready" : "nothing";
    },
    publish: (_publisher, _number, body) => `42["m","${body}"]`,
    heartbeat: null,
  },
};

function envelope(cmd: string, data: unknown): string {
  return JSON.stringify({ seq: "1", cmd, data });
}

function isAccepted(text: string, cmd: string): boolean {
  return text.includes(`"cmd":"${cmd}","response":{"code":200`);
}

/** As long as the ids that real clients make, and others in each run: a room takes an id it knows for a resend. */
function msgId(publisher: number, number: number): string {
  return `${RUN}-${String(publisher).padStart(4, "0")}-4000-8000-${String(number).padStart(12, "0")}`;
}

const RUN = randomBytes(4).toString("hex");
