/** A room of a few lines on a real socket, where a test decides what is said, refused and lost. */

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import type { RestartReason } from "../../src/client/catch-up.ts";
import type { ConnectionState } from "../../src/client/connection-state.ts";
import type { WaitingDraft } from "../../src/client/outbox.ts";
import { RoomClient } from "../../src/client/room-client.ts";
import type { RoomClientOptions } from "../../src/client/room-client-options.ts";
import type { Publication, SequencedEvent } from "../../src/protocol/events.ts";

export type Said = { readonly seq: string; readonly cmd: string; readonly data: Record<string, unknown> };

/** Answers `code` 200 with a value, or another with a reason. `undefined`: it says nothing. */
export type Answer = { readonly code?: number; readonly data: unknown } | undefined;

export class ScriptedRoom implements AsyncDisposable {
  readonly said: Said[] = [];
  readonly log: SequencedEvent[] = [];
  epoch = "k3x9";
  /** The room has thrown away what is not above this offset. */
  trimmedTo = 0;
  /** What whoever logs in may do here. */
  can = ["read", "publish", "presence", "history"];
  /** More events than this are not replayed but have to be pulled, and as many are in a gap's answer. */
  replayLimit = 100;
  /** Events that share the frame of the next login reply. */
  besideLogin: readonly unknown[] = [];
  /** Takes a command before the room does; undefined lets the room answer. */
  intercept: (said: Said) => "silence" | Answer = () => undefined;
  readonly #server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  #socket: WebSocket | undefined;
  #isDown = false;
  /** Live sequenced events wait until a gap's answer says that there are no more. */
  #isHoldingBack = false;

  static async open(): Promise<ScriptedRoom> {
    const room = new ScriptedRoom();
    await once(room.#server, "listening");
    return room;
  }

  private constructor() {
    this.#server.on("connection", (socket) => {
      if (this.#isDown) socket.terminate();
      this.#socket = socket;
      socket.on("message", (frame) => this.#receive(String(frame)));
    });
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Puts a message into the log without telling anybody. */
  append(msg: string, from = "bob", msgId = `m-${msg}`): SequencedEvent {
    return this.#append({ cmd: "msg", data: { offset: this.log.length + 1, time: 1, msgId, from, msg } });
  }

  /** Puts a message into the log and tells it, as live ones are told. */
  publish(msg: string): void {
    const event = this.append(msg);
    if (!this.#isHoldingBack) this.tell(event);
  }

  edit(of: number, msg: string): SequencedEvent {
    return this.#append({
      cmd: "edited",
      data: { offset: this.log.length + 1, time: 1, of, from: "bob", msg },
    });
  }

  tell(...events: readonly unknown[]): void {
    if (events.length > 0) this.#socket?.send(events.map((event) => JSON.stringify(event)).join("\n"));
  }

  /** Sends bytes as they are, in a binary frame. */
  tellBytes(bytes: Uint8Array): void {
    this.#socket?.send(bytes);
  }

  cut(): void {
    this.#socket?.terminate();
  }

  /** Cuts the link, and every new one until `up`. */
  down(): void {
    this.#isDown = true;
    this.cut();
  }

  up(): void {
    this.#isDown = false;
  }

  close(code: number): void {
    this.#socket?.close(code, "as the test says");
  }

  /** The data of all commands of a name. */
  heard(cmd: string): Record<string, unknown>[] {
    return this.said.filter((one) => one.cmd === cmd).map(({ data }) => data);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
    await once(this.#server, "close");
  }

  #append(event: SequencedEvent): SequencedEvent {
    this.log.push(event);
    return event;
  }

  #receive(frame: string): void {
    for (const line of frame.split("\n")) {
      const said = JSON.parse(line) as Said;
      this.said.push(said);
      const answer = this.intercept(said) ?? this.#answer(said);
      if (answer === "silence" || answer === undefined) continue;
      const { code = 200, data } = answer;
      const reply = { seq: said.seq, cmd: said.cmd, response: { code, codeMsg: "as scripted", data } };
      this.tell(
        reply,
        ...(said.cmd === "login" && code === 200 ? [...this.#replay(said), ...this.besideLogin] : []),
      );
    }
  }

  #answer(said: Said): Answer {
    switch (said.cmd) {
      case "login":
        return { data: this.#login(said) };
      case "gap":
        return this.#gap(Number(said.data.after));
      case "history": {
        if (!this.can.includes("history")) return { code: 1013, data: { reason: "needs the verb history" } };
        const position = { epoch: this.epoch, offset: this.log.length };
        const messages = this.log.filter(({ cmd }) => cmd === "msg").map(({ data }) => data);
        return { data: { messages, position, more: false } };
      }
      case "publish":
        return this.#publish(said.data);
      case "edit": {
        this.tell(this.edit(Number(said.data.of), String(said.data.msg)));
        return { data: { offset: this.log.length, time: 1, repeated: false } };
      }
      case "read":
        return { data: { offset: said.data.offset, unread: 0 } };
      default:
        return { data: null };
    }
  }

  #login({ data }: Said): unknown {
    const asked = data.position as { epoch: string; offset: number } | undefined;
    const missed = this.log.length - (asked?.offset ?? 0);
    const reason = asked && this.#reason(asked);
    const more = asked !== undefined && reason === undefined && missed > this.replayLimit;
    this.#isHoldingBack = more;
    return {
      connectionId: "c-1",
      userId: "ann",
      name: "Ann",
      session: "s1",
      position: { epoch: this.epoch, offset: this.log.length },
      ...(asked === undefined ? {} : { recovered: reason === undefined }),
      ...(reason === undefined ? {} : { reason }),
      more,
      can: this.can,
      room: { visibility: "public", locked: false },
      presence: { version: 1, count: 1, users: [] },
      heartbeat: { intervalMs: 30_000, timeoutMs: 90_000 },
      limits: { messageBytes: 16_384 },
    };
  }

  #reason({ epoch, offset }: { epoch: string; offset: number }): string | undefined {
    if (!this.can.includes("history")) return "forbidden";
    if (epoch !== this.epoch) return "epoch";
    if (offset > this.log.length) return "too-far";
    return offset < this.trimmedTo ? "trimmed" : undefined;
  }

  #replay({ data }: Said): readonly SequencedEvent[] {
    const asked = data.position as { epoch: string; offset: number } | undefined;
    if (asked === undefined || this.#isHoldingBack || this.#reason(asked) !== undefined) return [];
    return this.log.slice(asked.offset);
  }

  #gap(after: number): Answer {
    if (after < this.trimmedTo) return { code: 1016, data: { reason: "thrown away" } };
    const events = this.log.slice(after, after + this.replayLimit);
    const more = after + events.length < this.log.length;
    this.#isHoldingBack = more;
    return { data: { events, more } };
  }

  #publish({ msg, msgId }: Record<string, unknown>): Answer {
    const known = this.log.find(({ cmd, data }) => cmd === "msg" && data.msgId === msgId);
    const event = known ?? this.append(String(msg), "ann", String(msgId));
    if (known === undefined) this.tell(event);
    return { data: { offset: event.data.offset, time: 1, repeated: known !== undefined } };
  }
}

/** A client of a scripted room, with what it was told. */
export class Listening implements Disposable {
  /** The words shown; an edit is shown as `of=words`. */
  readonly shown: string[] = [];
  readonly heard: string[] = [];
  readonly states: ConnectionState[] = [];
  readonly restarts: RestartReason[] = [];
  readonly restored: WaitingDraft[] = [];
  readonly client: RoomClient;
  #seenCount = 0;

  constructor(room: ScriptedRoom, options: Partial<RoomClientOptions> = {}) {
    this.client = new RoomClient({
      origin: room.origin,
      room: "design",
      profile: { name: "Ann" },
      backoff: { baseMs: 60, capMs: 200 },
      listener: {
        stateChanged: (state) => this.states.push(state),
        loggedIn: () => this.heard.push("login"),
        sequenced: (events) => this.shown.push(...events.map(wordsOf)),
        restarted: ({ messages }, why) => {
          this.restarts.push(why);
          this.shown.splice(0, this.shown.length, ...messages.map(({ msg }: Publication) => msg));
        },
        restored: (drafts) => this.restored.push(...drafts),
        happened: ({ cmd }) => this.heard.push(cmd),
      },
      ...options,
    });
    this.client.connect();
  }

  /** Waits for the next change to a state of this kind: one that was waited for already does not count. */
  async until(kind: ConnectionState["kind"]): Promise<void> {
    const changes = () => this.states.slice(this.#seenCount).map((state) => state.kind);
    await expect.poll(changes, { timeout: 5_000 }).toContain(kind);
    this.#seenCount += changes().indexOf(kind) + 1;
  }

  [Symbol.dispose](): void {
    this.client.leave();
  }
}

function wordsOf(event: SequencedEvent): string {
  if (event.cmd === "msg") return event.data.msg;
  return event.cmd === "edited" ? `${event.data.of}=${event.data.msg}` : event.cmd;
}
