import { Buffer } from "node:buffer";
import { acc } from "../dialects/acc";
import { CLOSE, CLOSE_REASON } from "../protocol/close-codes";
import { Refusal } from "../protocol/refusal";

/**
 * A socket of the original on bare `/acc`: only its login says which appId it wants, so the room is not
 * known when the socket opens.
 *
 * The bridge leads to the first room until then. It answers nothing itself, so there is one set of rules:
 * it looks at logins, and moves the other end to the room that one names. Until a login is accepted,
 * frames pass one at a time, each waiting for the answer to the one before, so that a move can never
 * overtake an answer. After it, bytes just pass.
 */
export class Bridge {
  readonly #client: WebSocket;
  readonly #open: OpenUpstream;
  readonly #appIds: readonly number[];
  #upstream: WebSocket;
  #appId: number;
  #isLoggedIn = false;
  #isOver = false;
  #moves = 0;
  readonly #terms: BridgeTerms;
  #waiting: (string | ArrayBuffer)[] = [];
  #waitingBytes = 0;
  #isBusy = false;
  #answered: (() => void) | undefined;

  private constructor(
    client: WebSocket,
    open: OpenUpstream,
    appIds: readonly number[],
    terms: BridgeTerms,
    upstream: WebSocket,
  ) {
    this.#client = client;
    this.#open = open;
    this.#appIds = appIds;
    this.#terms = terms;
    this.#upstream = upstream;
    this.#appId = appIds[0] ?? 0;
  }

  /** Takes an accepted socket and leads it. `open` gives the other end, in the room of an appId. */
  static async lead(
    client: WebSocket,
    open: OpenUpstream,
    appIds: readonly number[],
    terms: BridgeTerms,
  ): Promise<void> {
    const bridge = new Bridge(client, open, appIds, terms, await open(appIds[0] ?? 0));
    client.addEventListener("message", ({ data }) => bridge.#fromClient(data));
    client.addEventListener("close", ({ code }) => bridge.#end(bridge.#upstream, code));
    client.addEventListener("error", () => bridge.#end(bridge.#upstream, CUT));
    bridge.#follow(bridge.#upstream);
  }

  #follow(upstream: WebSocket): void {
    upstream.addEventListener("message", ({ data }) => this.#fromRoom(upstream, data));
    upstream.addEventListener("close", ({ code, reason }) => this.#roomClosed(upstream, code, reason));
    upstream.addEventListener("error", () => this.#roomClosed(upstream, CUT, ""));
  }

  #fromClient(frame: string | ArrayBuffer): void {
    if (this.#isOver) return;
    if (this.#isLoggedIn && this.#waiting.length === 0) {
      this.#send(frame);
    } else if (this.#mayWait(frame)) {
      this.#waiting.push(frame);
      this.#waitingBytes += byteLength(frame);
      void this.#passWaiting();
    } else {
      this.#end(this.#upstream, CLOSE.refusals);
      this.#closeClient(CLOSE.refusals, CLOSE_REASON[CLOSE.refusals]);
    }
  }

  #mayWait(frame: string | ArrayBuffer): boolean {
    const bytes = byteLength(frame);
    return (
      bytes <= this.#terms.frameBytes &&
      this.#waiting.length < WAITING_LIMIT &&
      this.#waitingBytes + bytes <= WAITING_BYTES
    );
  }

  async #passWaiting(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (let frame = this.#waiting[0]; frame !== undefined && !this.#isOver; frame = this.#waiting[0]) {
        await this.#passOne(frame);
        this.#waiting.shift();
        this.#waitingBytes -= byteLength(frame);
      }
    } catch {
      this.#end(this.#upstream, CUT);
      this.#closeClient(CLOSE.goingAway, CLOSE_REASON[CLOSE.goingAway]);
    } finally {
      this.#isBusy = false;
    }
  }

  async #passOne(frame: string | ArrayBuffer): Promise<void> {
    if (this.#isLoggedIn) {
      this.#send(frame);
      return;
    }
    await this.#moveTo(namedAppId(frame));
    const answer = new Promise<void>((resolve) => {
      this.#answered = resolve;
    });
    this.#send(frame);
    await answer;
  }

  #send(frame: string | ArrayBuffer): void {
    try {
      this.#upstream.send(frame);
    } catch {
      // The room has closed its end; its close event ends the client's.
    }
  }

  async #moveTo(appId: number | undefined): Promise<void> {
    if (appId === undefined || appId === this.#appId || !this.#appIds.includes(appId)) return;
    // Each room counts refusals and time for itself: going round them must not be a way out.
    if (this.#moves === MOVE_LIMIT) return;
    this.#moves += 1;
    const previous = this.#upstream;
    this.#upstream = await this.#open(appId);
    this.#appId = appId;
    close(previous, 1000, "");
    this.#follow(this.#upstream);
    if (this.#isOver) close(this.#upstream, CUT, "");
  }

  #fromRoom(upstream: WebSocket, frame: string | ArrayBuffer): void {
    if (upstream !== this.#upstream) return;
    if (!this.#isLoggedIn && typeof frame === "string") this.#isLoggedIn = isAcceptedLogin(frame);
    try {
      this.#client.send(frame);
    } catch {
      // The client has gone; its close event ends the other side.
    }
    this.#answered?.();
    this.#answered = undefined;
  }

  #roomClosed(upstream: WebSocket, code: number, reason: string): void {
    if (upstream !== this.#upstream) return;
    this.#end(upstream, code);
    this.#closeClient(code, reason);
  }

  #closeClient(code: number, reason: string): void {
    close(this.#client, code, reason);
    this.#terms.hangUp(this.#client);
  }

  #end(upstream: WebSocket, code: number): void {
    this.#isOver = true;
    this.#waiting = [];
    this.#answered?.();
    close(upstream, code, "");
  }
}

/** Opens a socket to the room of an appId and accepts it. */
export type OpenUpstream = (appId: number) => Promise<WebSocket>;

export type BridgeTerms = {
  /** A larger frame before the login ends the connection: no room would read it, and it would have to wait. */
  readonly frameBytes: number;
  /** Sees to it that a socket ends that the bridge has closed, whether its client answers or not. */
  readonly hangUp: (socket: WebSocket) => void;
};

/** Frames that may wait for the answer to an earlier one before the login. */
const WAITING_LIMIT = 256;

/** … and their size together. */
const WAITING_BYTES = 262_144;

/** How often a socket may change its mind about the room before it logs in. */
const MOVE_LIMIT = 8;

/** Stands for an end without a close frame: the room gives such a user the grace. */
const CUT = 1001;

function close(socket: WebSocket, code: number, reason: string): void {
  const isSendable =
    code === 1000 || (code >= 1001 && code <= 1003) || (code >= 1007 && code <= 1014) || code >= 3000;
  try {
    socket.close(isSendable ? code : CUT, reason);
  } catch {
    // Closed already.
  }
}

function byteLength(frame: string | ArrayBuffer): number {
  return typeof frame === "string" ? Buffer.byteLength(frame) : frame.byteLength;
}

function namedAppId(frame: string | ArrayBuffer): number | undefined {
  if (typeof frame !== "string") return namedAppId(new TextDecoder().decode(frame));
  const [command] = acc.decode(frame);
  if (command === undefined || command instanceof Refusal || command.cmd !== "login") return undefined;
  const { appId } = (command.data ?? {}) as { appId?: unknown };
  return typeof appId === "number" ? appId : undefined;
}

function isAcceptedLogin(frame: string): boolean {
  const { cmd, response } = JSON.parse(frame) as { cmd: string; response: { code: number } };
  return cmd === "login" && response.code === 200;
}
