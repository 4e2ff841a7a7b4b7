import type { SequencedEvent } from "../../src/protocol/events";
import type { GapReply } from "../../src/protocol/replies";
import type { Evidence } from "../support/evidence";
import { type RunningServer, startServer } from "../support/server.ts";
import { SocketClient } from "../support/socket-client.ts";

/** Short, so that a run does not end with waiting for it. */
export const GRACE_MS = 1_000;

/** The same in every life, so that sessions outlive the server that signed them. */
const VARS = {
  AUTH: "guest",
  SEED_ROUTES: "off",
  API_KEYS: "rck_crash",
  SESSION_SECRET: "the same secret in every life of the server",
  LEAVE_GRACE_MS: String(GRACE_MS),
};
/** A port that was just given up may take a moment to be free. */
const START_TRIES = 5;

/** A server that dies by `kill -9` and comes back on the same port with the same data. */
export class MortalServer {
  readonly #first: RunningServer;
  #running: RunningServer;

  private constructor(first: RunningServer) {
    this.#first = first;
    this.#running = first;
  }

  static async start(): Promise<MortalServer> {
    return new MortalServer(await startServer({ vars: VARS }));
  }

  get origin(): string {
    return this.#first.origin;
  }

  async killAndRestart(): Promise<void> {
    await this.#running.kill();
    const port = Number(new URL(this.origin).port);
    for (let attempt = 1; ; attempt += 1) {
      try {
        this.#running = await startServer({ vars: VARS, persistTo: this.#first.persistTo, port });
        return;
      } catch (error) {
        if (attempt === START_TRIES) throw error;
      }
    }
  }

  /** Ends it for good, and its data. */
  async stop(): Promise<void> {
    await this.#running.kill();
    await this.#first.stop();
  }

  /** Who is shown. */
  async roster(room: string): Promise<Evidence["roster"]> {
    const { items } = (await this.#get(`${room}/presence`)) as { items: Evidence["roster"] };
    return items;
  }

  async lastOffset(room: string): Promise<number> {
    const page = await this.#get(`${room}/messages?limit=1`);
    return (page as { position: { offset: number } }).position.offset;
  }

  /** The whole log, as a client is given it that asks for everything. */
  async log(room: string): Promise<SequencedEvent[]> {
    using auditor = await SocketClient.connect(this.origin, `/api/rooms/${room}/ws`, "roomcast.v1");
    await auditor.ask("login", { name: "auditor" });
    const log: SequencedEvent[] = [];
    for (let more = true; more; ) {
      const reply = await auditor.ask("gap", { after: log.at(-1)?.data.offset ?? 0 });
      const page = reply as unknown as GapReply;
      log.push(...page.events);
      more = page.more && page.events.length > 0;
    }
    return log;
  }

  async #get(path: string): Promise<unknown> {
    const headers = { authorization: `Bearer ${VARS.API_KEYS}` };
    const response = await fetch(`${this.origin}/api/rooms/${path}`, { headers });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  }
}
