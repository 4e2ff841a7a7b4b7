/** Somebody who only wants to talk while a room is under attack, and remembers everything it heard. */
import { once } from "node:events";
import { WebSocket } from "ws";
import type { SequencedEvent } from "../../../src/protocol/events.ts";
import { HEARTBEAT, SUBPROTOCOL } from "../../../src/protocol/frame.ts";
import type { Testimony } from "./bystander-judge.ts";

const WAIT_MS = 20_000;
const SEQUENCED = new Set(["msg", "edited", "deleted", "reacted"]);

type Told = {
  readonly seq?: string;
  readonly cmd: string;
  readonly data?: unknown;
  readonly response?: Response;
};
type Response = {
  readonly code: number;
  readonly data: { readonly offset: number } & Record<string, unknown>;
};

export class Bystander {
  readonly userId: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, (response: Response) => void>();
  readonly #applied: SequencedEvent[] = [];
  readonly #published: { readonly msgId: string; readonly offset: number }[] = [];
  #start = 0;
  #seq = 0;
  /** How the room ended this connection, which it should not. */
  closed: number | undefined;

  private constructor(userId: string, socket: WebSocket) {
    this.userId = userId;
    this.#socket = socket;
    socket.on("message", (data) => this.#take(String(data)));
    socket.on("close", (code) => {
      this.closed = code;
    });
    socket.on("error", () => undefined);
  }

  static async join(origin: string, room: string, userId: string): Promise<Bystander> {
    const url = `${origin.replace("http", "ws")}/api/rooms/${encodeURIComponent(room)}/ws`;
    const bystander = new Bystander(userId, new WebSocket(url, [SUBPROTOCOL]));
    await once(bystander.#socket, "open", { signal: AbortSignal.timeout(WAIT_MS) });
    const { data } = await bystander.ask("login", { userId, name: userId });
    bystander.#start = (data.position as { readonly offset: number }).offset;
    return bystander;
  }

  /** Publishes the next message of a known sequence and waits for the yes. */
  async say(): Promise<void> {
    const number = this.#published.length + 1;
    const msgId = `${this.userId}-${number}`;
    const { code, data } = await this.ask("publish", { msgId, msg: `${number} of ${this.userId}` });
    if (code !== 200) throw new Error(`a bystander was refused with ${code}: ${JSON.stringify(data)}`);
    this.#published.push({ msgId, offset: data.offset });
  }

  ask(cmd: string, data: unknown): Promise<Response> {
    this.#seq += 1;
    const seq = String(this.#seq);
    return new Promise((resolve, reject) => {
      const late = () => {
        reject(new Error(`${this.userId} got no answer to ${cmd}; closed with ${this.closed ?? "nothing"}`));
      };
      const timer = setTimeout(late, WAIT_MS);
      this.#waiting.set(seq, (response) => {
        clearTimeout(timer);
        resolve(response);
      });
      this.#socket.send(JSON.stringify({ seq, cmd, data }));
    });
  }

  /** Everything in the room's log, from offset 1: what the testimony is held against. */
  async wholeLog(): Promise<SequencedEvent[]> {
    const log: SequencedEvent[] = [];
    for (let more = true; more; ) {
      const { code, data } = await this.ask("gap", { after: log.at(-1)?.data.offset ?? 0 });
      if (code !== 200) throw new Error(`the log was refused: ${JSON.stringify(data)}`);
      log.push(...(data.events as SequencedEvent[]));
      more = data.more === true;
    }
    return log;
  }

  testimony(): Testimony {
    return { userId: this.userId, start: this.#start, published: this.#published, applied: this.#applied };
  }

  close(): void {
    this.#socket.close(1000);
  }

  #take(frame: string): void {
    for (const line of frame.split("\n")) {
      const told = JSON.parse(line) as Told;
      if (told.response !== undefined) this.#waiting.get(told.seq ?? "")?.(told.response);
      else if (SEQUENCED.has(told.cmd)) this.#applied.push(told as unknown as SequencedEvent);
      else if (told.cmd === "probe") this.#socket.send(HEARTBEAT);
      else if (told.cmd === "sync") this.#socket.send('{"seq":"ack","cmd":"ack","data":{}}');
    }
  }
}
