/** A connection of the fuzzer: sends whatever it is given, and comes back when it is thrown out. */
import { once } from "node:events";
import { WebSocket } from "ws";
import type { FuzzFrame } from "./frames.ts";
import type { FuzzTally } from "./fuzz-tally.ts";

/** Where it connects, and what it says first. */
export type Entrance = { readonly path: string; readonly subprotocol?: string; readonly login: string };

const WAIT_MS = 30_000;

export class FuzzConnection {
  readonly #origin: string;
  readonly #entrances: readonly Entrance[];
  readonly #tally: FuzzTally;
  #socket: WebSocket | undefined;
  #visits = 0;
  #syncs = 0;
  /** Told of each answered ping; without one, of the connection's end. */
  #settled: (sync?: string) => void = () => undefined;

  /** `entrances` are taken in turn: who was banned under one name comes back under the next. */
  constructor(origin: string, entrances: readonly Entrance[], tally: FuzzTally) {
    this.#origin = origin.replace("http", "ws");
    this.#entrances = entrances;
    this.#tally = tally;
  }

  /** Sends all frames, and returns when the server has answered behind the last one, or has closed. */
  async send(frames: readonly FuzzFrame[]): Promise<void> {
    for (const { bytes, isBinary } of frames) {
      const socket = await this.#open();
      socket.send(bytes, { binary: isBinary });
      this.#tally.frames += 1;
    }
    await this.#settle();
  }

  close(): void {
    this.#socket?.terminate();
  }

  async #open(): Promise<WebSocket> {
    if (this.#socket?.readyState === WebSocket.OPEN) return this.#socket;
    const entrance = this.#entrances[this.#visits % this.#entrances.length];
    if (entrance === undefined) throw new Error("there is no way in");
    this.#visits += 1;
    const protocols = entrance.subprotocol === undefined ? [] : [entrance.subprotocol];
    const socket = new WebSocket(this.#origin + entrance.path, protocols);
    socket.on("message", (data) => this.#take(String(data)));
    socket.on("close", (code) => {
      this.#tally.closed(code);
      this.#settled();
    });
    socket.on("error", () => undefined);
    await once(socket, "open", { signal: AbortSignal.timeout(WAIT_MS) });
    socket.send(entrance.login);
    this.#socket = socket;
    return socket;
  }

  #take(frame: string): void {
    for (const line of frame.split("\n")) {
      // Events are the bystanders' business. A reply begins with its seq, in both dialects.
      if (!line.startsWith('{"seq":')) continue;
      this.#tally.replied(line);
      const [, sync] = /^\{"seq":"(sync-\d+)"/.exec(line) ?? [];
      if (sync !== undefined) this.#settled(sync);
    }
  }

  /** A ping goes round behind everything, or the connection has ended. */
  async #settle(): Promise<void> {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    this.#syncs += 1;
    const sync = `sync-${this.#syncs}`;
    const settled = new Promise<void>((resolve, reject) => {
      const late = () => reject(new Error(`no answer to a ping within ${WAIT_MS} ms`));
      const timer = setTimeout(late, WAIT_MS);
      this.#settled = (answered) => {
        if (answered !== sync && answered !== undefined) return;
        clearTimeout(timer);
        resolve();
      };
    });
    socket.send(`{"seq":"${sync}","cmd":"ping","data":{}}`);
    await settled;
  }
}
