import ReconnectingWebSocket from "partysocket/ws";
import { CLOSE, mayComeBack } from "../protocol/close-codes";
import { HEARTBEAT, SUBPROTOCOL } from "../protocol/frame";
import { type Backoff, createBackoff, delayBefore } from "./backoff";
import { Heartbeat } from "./heartbeat";

/** What a link tells. After `closed` with a retry, `opened` follows by itself, sooner or later. */
export type LinkEvents = {
  readonly opened: () => void;
  readonly received: (frame: string) => void;
  /** `retryInMs` is undefined if the link stays closed. */
  readonly closed: (code: number, reason: string, retryInMs: number | undefined) => void;
};

/**
 * One socket that comes back. It knows when to connect and when a silent socket is dead, and nothing of
 * what is said on it.
 */
export class Link {
  readonly #url: string;
  readonly #events: LinkEvents;
  readonly #backoff: Backoff = createBackoff(Math.random());
  readonly #heartbeat = new Heartbeat(
    () => this.send(HEARTBEAT),
    () => this.reopen(),
  );
  #socket: ReconnectingWebSocket | undefined;
  #reopening: ReturnType<typeof setTimeout> | undefined;

  constructor(url: string, events: LinkEvents) {
    this.#url = url;
    this.#events = events;
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === ReconnectingWebSocket.OPEN;
  }

  /** Connects, and again whenever the link breaks, until `close` or a close code that says to stay away. */
  open(): void {
    const socket = new ReconnectingWebSocket(this.#url, SUBPROTOCOL, {
      minReconnectionDelay: this.#backoff.firstDelayMs,
      reconnectionDelayGrowFactor: this.#backoff.growth,
      maxReconnectionDelay: this.#backoff.longestDelayMs,
      connectionTimeout: 8_000,
      maxEnqueuedMessages: 0,
      // partysocket reports a failed attempt as a close with 1000, so 1000 must not end the attempts.
      shouldReconnectOnClose: ({ code }) => code === 1000 || mayComeBack(code),
    });
    // Properties, not addEventListener: in browsers partysocket's copy of its own close events has no code.
    socket.onopen = () => this.#events.opened();
    socket.onmessage = ({ data }) => {
      this.#heartbeat.heard();
      if (typeof data === "string") this.#events.received(data);
    };
    socket.onclose = ({ code, reason }) => {
      this.#heartbeat.stop();
      const retryInMs = socket.shouldReconnect ? delayBefore(socket.retryCount, this.#backoff) : undefined;
      this.#events.closed(code, reason, retryInMs);
    };
    this.#socket = socket;
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

  /** Asks for a sign of life at once; a link that waits for its next attempt makes it at once. */
  probe(): void {
    if (this.isOpen) this.#heartbeat.beat();
    else if (this.#socket?.readyState !== ReconnectingWebSocket.CONNECTING) this.reopen();
  }

  /** Drops the socket and connects anew, at once or after `delayMs`. The room sees a cut, not a farewell. */
  reopen(delayMs = 0): void {
    this.close(CLOSE.goingAway);
    this.#events.closed(CLOSE.goingAway, "", delayMs);
    // A new partysocket: reconnect() on one that waits out its delay would go on waiting.
    if (delayMs === 0) this.open();
    else this.#reopening = setTimeout(() => this.open(), delayMs);
  }

  /** Closes for good, without telling `closed`: whoever calls this knows. */
  close(code = 1000): void {
    clearTimeout(this.#reopening);
    this.#heartbeat.stop();
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(code);
  }
}
