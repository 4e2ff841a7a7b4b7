/** The client against a room of a few lines on a real socket, where the test decides what is said and lost. */

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import type { ConnectionState } from "../../src/client/connection-state.ts";
import { RoomClient } from "../../src/client/room-client.ts";
import { type SessionStore, sessionInMemory } from "../../src/client/sessions.ts";
import type { Publication } from "../../src/protocol/events.ts";

type Said = { readonly seq: string; readonly cmd: string; readonly data: Record<string, unknown> };

/** Answers `code` 200 with a value, or another with a reason. `undefined`: it says nothing. */
type Answer = { readonly code?: number; readonly data: unknown } | undefined;

class ScriptedRoom implements AsyncDisposable {
  readonly said: Said[] = [];
  readonly history: Publication[] = [];
  epoch = "k3x9";
  /** Events that share the frame of the next login reply. */
  besideLogin: readonly unknown[] = [];
  /** Takes a command before the room does; undefined lets the room answer. */
  intercept: (said: Said) => "silence" | Answer = () => undefined;
  readonly #server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  #socket: WebSocket | undefined;

  static async open(): Promise<ScriptedRoom> {
    const room = new ScriptedRoom();
    await once(room.#server, "listening");
    return room;
  }

  private constructor() {
    this.#server.on("connection", (socket) => {
      this.#socket = socket;
      socket.on("message", (frame) => this.#receive(String(frame)));
    });
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  append(msg: string, from = "bob", msgId = `m-${msg}`): Publication {
    const publication = { offset: this.history.length + 1, time: 1, msgId, from, msg };
    this.history.push(publication);
    return publication;
  }

  tell(...events: readonly unknown[]): void {
    this.#socket?.send(events.map((event) => JSON.stringify(event)).join("\n"));
  }

  cut(): void {
    this.#socket?.terminate();
  }

  close(code: number): void {
    this.#socket?.close(code, "as the test says");
  }

  count(cmd: string): number {
    return this.said.filter((one) => one.cmd === cmd).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
    await once(this.#server, "close");
  }

  #receive(frame: string): void {
    for (const line of frame.split("\n")) {
      const said = JSON.parse(line) as Said;
      this.said.push(said);
      const answer = this.intercept(said) ?? this.#answer(said);
      if (answer === "silence" || answer === undefined) continue;
      const { code = 200, data } = answer;
      const reply = { seq: said.seq, cmd: said.cmd, response: { code, codeMsg: "as scripted", data } };
      this.tell(reply, ...(said.cmd === "login" ? this.besideLogin : []));
    }
  }

  #answer({ cmd, data }: Said): Answer {
    const position = { epoch: this.epoch, offset: this.history.length };
    switch (cmd) {
      case "login": {
        const presence = { version: 1, count: 1, users: [] };
        const heartbeat = { intervalMs: 30_000, timeoutMs: 90_000 };
        const limits = { messageBytes: 16_384 };
        return {
          data: {
            connectionId: "c-1",
            userId: "ann",
            name: "Ann",
            session: "s1",
            position,
            presence,
            heartbeat,
            limits,
          },
        };
      }
      case "history": {
        const after = Number(data.after ?? 0);
        const page = this.history.slice(after, after + 2);
        const isNewest = data.after === undefined;
        const more = !isNewest && after + page.length < this.history.length;
        return { data: { messages: isNewest ? [...this.history] : page, position, more } };
      }
      case "publish": {
        const known = this.history.find(({ msgId }) => msgId === data.msgId);
        const publication = known ?? this.append(String(data.msg), "ann", String(data.msgId));
        if (known === undefined) this.tell({ cmd: "msg", data: publication });
        return { data: { offset: publication.offset, time: 1, repeated: known !== undefined } };
      }
      default:
        return { data: null };
    }
  }
}

class Listening implements Disposable {
  readonly shown: string[] = [];
  readonly heard: string[] = [];
  readonly states: ConnectionState[] = [];
  restarts = 0;
  readonly client: RoomClient;

  constructor(room: ScriptedRoom, sessions: SessionStore = sessionInMemory()) {
    this.client = new RoomClient({
      origin: room.origin,
      room: "design",
      profile: { name: "Ann" },
      sessions,
      listener: {
        stateChanged: (state) => this.states.push(state),
        loggedIn: () => this.heard.push("login"),
        published: (publications) => this.shown.push(...publications.map(({ msg }) => msg)),
        restarted: ({ messages }) => {
          this.restarts += 1;
          this.shown.splice(0, this.shown.length, ...messages.map(({ msg }) => msg));
        },
        happened: ({ cmd }) => this.heard.push(cmd),
      },
    });
    this.client.connect();
  }

  get state(): string | undefined {
    return this.states.at(-1)?.kind;
  }

  async untilOnline(): Promise<void> {
    await expect.poll(() => this.state, { timeout: 5_000 }).toBe("online");
  }

  [Symbol.dispose](): void {
    this.client.leave();
  }
}

test("starts from the newest page and goes on live", async () => {
  await using room = await ScriptedRoom.open();
  room.append("one");
  using ann = new Listening(room);
  await ann.untilOnline();
  room.tell({ cmd: "msg", data: room.append("two") });
  await expect.poll(() => ann.shown).toEqual(["one", "two"]);
  expect(ann.restarts).toBe(1);
});

test("fetches what it missed in a cut, page after page, before anything live", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room);
  await ann.untilOnline();
  room.cut();
  await expect.poll(() => ann.state).toBe("offline");
  for (const words of ["one", "two", "three", "four", "five"]) room.append(words);
  room.intercept = ({ cmd, data }) => {
    // A live publication arrives between login and the first page.
    if (cmd === "history" && data.after === 0) room.tell({ cmd: "msg", data: room.append("six") });
    return undefined;
  };
  await ann.untilOnline();
  expect(ann.shown).toEqual(["one", "two", "three", "four", "five", "six"]);
});

test("notices a hole in the live offsets and fills it", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room);
  await ann.untilOnline();
  room.append("lost");
  room.tell({ cmd: "msg", data: room.append("two") }, { cmd: "msg", data: room.append("three") });
  await expect.poll(() => ann.shown).toEqual(["lost", "two", "three"]);
});

test("starts over when the room has another epoch", async () => {
  await using room = await ScriptedRoom.open();
  room.append("old");
  using ann = new Listening(room);
  await ann.untilOnline();
  room.cut();
  room.epoch = "other";
  room.history.length = 0;
  room.append("new");
  await expect.poll(() => ann.shown, { timeout: 5_000 }).toEqual(["new"]);
  expect(ann.restarts).toBe(2);
});

test("hears what shares the login reply's frame after the reply", async () => {
  await using room = await ScriptedRoom.open();
  room.besideLogin = [{ cmd: "enter", data: { userId: "bob", name: "Bob", count: 2, version: 2 } }];
  using ann = new Listening(room);
  await ann.untilOnline();
  expect(ann.heard).toEqual(["login", "enter"]);
});

test("sends a message whose reply was lost again under the same id", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room);
  await ann.untilOnline();
  room.intercept = ({ cmd }) => {
    if (cmd !== "publish") return undefined;
    room.intercept = () => undefined;
    setTimeout(() => room.cut());
    return "silence";
  };
  const receipt = await ann.client.publish({ msg: "hello" });
  expect(receipt.offset).toBe(1);
  const ids = room.said.filter(({ cmd }) => cmd === "publish").map(({ data }) => data.msgId);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
  expect(ann.shown).toEqual(["hello"]);
});

test("does not send again what the replay shows to have arrived", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room);
  await ann.untilOnline();
  room.intercept = ({ cmd, data }) => {
    if (cmd !== "publish") return undefined;
    room.append(String(data.msg), "ann", String(data.msgId));
    setTimeout(() => room.cut());
    return "silence";
  };
  expect(await ann.client.publish({ msg: "hello" })).toEqual({ offset: 1, time: 1 });
  await ann.untilOnline();
  expect(room.count("publish")).toBe(1);
});

test("hands a refusal to the one who published, with its code and its wait", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room);
  await ann.untilOnline();
  room.intercept = ({ cmd }) =>
    cmd === "publish" ? { code: 1011, data: { reason: "too fast", retryAfterMs: 5_000 } } : undefined;
  await expect(ann.client.publish({ msg: "hello" })).rejects.toMatchObject({
    code: 1011,
    reason: "too fast",
    retryAfterMs: 5_000,
  });
});

test("drops a session that the room does not accept, and logs in once without", async () => {
  await using room = await ScriptedRoom.open();
  room.intercept = ({ cmd, data }) =>
    cmd === "login" && data.token === "stale" ? { code: 1003, data: { reason: "expired" } } : undefined;
  const sessions = sessionInMemory();
  sessions.save("stale");
  using ann = new Listening(room, sessions);
  await ann.untilOnline();
  expect(room.count("login")).toBe(2);
  expect(sessions.load()).toBe("s1");
});

test("stays away after a close code that says so, until asked", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room);
  await ann.untilOnline();
  room.close(4501);
  await expect
    .poll(() => ann.states.at(-1))
    .toEqual({ kind: "refused", code: 4501, reason: "as the test says" });
  ann.client.probe();
  await ann.untilOnline();
});

test("answers a probe with the exact heartbeat, and a sync with its offset", async () => {
  await using room = await ScriptedRoom.open();
  room.append("one");
  using ann = new Listening(room);
  await ann.untilOnline();
  room.tell({ cmd: "probe", data: {} }, { cmd: "sync", data: {} });
  await expect.poll(() => room.count("ack")).toBe(1);
  expect(room.said.find(({ cmd }) => cmd === "ack")?.data).toEqual({ offset: 1 });
  expect(room.said.filter(({ cmd, seq }) => cmd === "heartbeat" && seq === "0")).toHaveLength(1);
});
