import { CLOSE, mayComeBack } from "../protocol/close-codes";
import { HEARTBEAT, SUBPROTOCOL } from "../protocol/frame";
import { type Backoff, delayAfter } from "./backoff";
import { FrameReader } from "./frame-reader";
import { Heartbeat } from "./heartbeat";
import { platformSocket, type Socket, type SocketClass } from "./socket";

/** What a link tells. After `closed` with a retry, `opened` follows by itself, sooner or later. */
export type LinkEvents = {
  readonly opened: () => void;
  readonly received: (frame: string) => void;
  /** `retryInMs` is undefined if the link stays closed. */
  readonly closed: (code: number, reason: string, retryInMs: number | undefined) => void;
};

export type LinkOptions = {
  readonly url: string;
  readonly WebSocket: SocketClass | undefined;
  readonly backoff: Backoff;
  /** Frames may come as gzip. Where nobody has asked for that, what is not text is passed over. */
  readonly gzip: boolean;
};

/** A socket that has not opened after this long is given up: a network may swallow the attempt. */
const CONNECT_LIMIT_MS = 8_000;
const OPEN = 1;
/** What RFC 6455 calls a connection that ended without a close frame. */
const ABNORMAL = 1006;

/**
 * One socket that comes back. It knows when to connect and when a silent socket is dead, and nothing of
 * what is said on it.
 */
export class Link {
  readonly #options: LinkOptions;
  readonly #events: LinkEvents;
  readonly #heartbeat = new Heartbeat(
    () => this.send(HEARTBEAT),
    () => this.#broke(ABNORMAL, "silent"),
  );
  /** The socket in use. Events of an earlier one are nobody's business. */
  #socket: Socket | undefined;
  #failures = 0;
  /** Either the wait for the next attempt, or the limit of the running one. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LinkOptions, events: LinkEvents) {
    this.#options = options;
    this.#events = events;
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === OPEN;
  }

  /** Connects, and again whenever the link breaks, until `close` or a close code that says to stay away. */
  open(): void {
    this.close(CLOSE.goingAway);
    const socket = new (this.#options.WebSocket ?? platformSocket())(this.#options.url, SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    const frames = new FrameReader({
      read: this.#events.received,
      broke: () => this.#broke(ABNORMAL, "unreadable"),
      isOver: () => socket !== this.#socket,
    });
    this.#timer = setTimeout(() => this.#broke(ABNORMAL, "no connection"), CONNECT_LIMIT_MS);
    socket.addEventListener("open", () => {
      if (socket !== this.#socket) return;
      clearTimeout(this.#timer);
      this.#events.opened();
    });
    socket.addEventListener("message", ({ data }) => {
      if (socket !== this.#socket) return;
      this.#heartbeat.heard();
      if (typeof data === "string" || this.#options.gzip) frames.take(data);
    });
    socket.addEventListener("close", ({ code = ABNORMAL, reason = "" }) => {
      if (socket === this.#socket) this.#broke(code, reason);
    });
    // The close that follows says it; but `ws` throws an error to which nobody listens.
    socket.addEventListener("error", () => undefined);
  }

  /** Sends if the link is open; what is sent into a closed one is gone, because nobody could answer it. */
  send(text: string): void {
    if (this.isOpen) this.#socket?.send(text);
  }

  /** Says something that deserves an answer: silence after it ends the link. */
  ask(text: string): void {
    this.send(text);
    if (this.isOpen) this.#heartbeat.expectAnswer();
  }

  beatEvery(intervalMs: number): void {
    this.#heartbeat.start(intervalMs);
  }

  /** The link has brought somebody where they wanted to be: the next break is a first failure again. */
  proven(): void {
    this.#failures = 0;
  }

  /** Asks for a sign of life at once; a link that waits for its next attempt makes it at once. */
  probe(): void {
    if (this.isOpen) this.#heartbeat.beat();
    else if (this.#socket === undefined) this.open();
  }

  /** Drops the socket and connects anew at once. The room sees a cut, not a farewell. */
  reopen(): void {
    this.close(CLOSE.goingAway);
    this.#events.closed(CLOSE.goingAway, "", 0);
    this.open();
  }

  /** Drops the socket because what is at its end cannot serve now; tries again, not before `atLeastMs`. */
  retry(atLeastMs = 0, code: number = CLOSE.goingAway): void {
    this.close(CLOSE.goingAway);
    this.#comeBack(code, "", atLeastMs);
  }

  /** Closes for good, without telling `closed`: whoever calls this knows. */
  close(code = 1000): void {
    clearTimeout(this.#timer);
    this.#heartbeat.stop();
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(code);
  }

  #broke(code: number, reason: string): void {
    this.close(CLOSE.goingAway);
    if (mayComeBack(code)) this.#comeBack(code, reason, 0);
    else this.#events.closed(code, reason, undefined);
  }

  #comeBack(code: number, reason: string, atLeastMs: number): void {
    const delayMs = atLeastMs + delayAfter(this.#failures, this.#options.backoff, Math.random());
    this.#failures += 1;
    this.#timer = setTimeout(() => this.open(), delayMs);
    this.#events.closed(code, reason, delayMs);
  }
}
