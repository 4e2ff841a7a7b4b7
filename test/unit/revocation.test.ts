import { describe, expect, test } from "vitest";
import type { Claims } from "../../src/durable/claims";
import { type Revocation, RevocationList } from "../../src/durable/revocation";
import { RevocationWatch } from "../../src/room/watch";

const NOW = 1_795_000_000_000;

function claims(more: Partial<Claims> = {}): Claims {
  return {
    userId: "ann",
    isGuest: false,
    tokenId: "t1",
    issuedAt: NOW,
    expiresAt: null,
    rooms: null,
    ...more,
  };
}

function revoked(kind: Revocation["kind"], id: string, revokedAt = NOW): Revocation {
  return { kind, id, revokedAt, expiresAt: revokedAt + 1_000 };
}

describe("a list of revocations", () => {
  test("hits what was issued to the user at that moment or before, and nothing later", () => {
    const list = new RevocationList();
    list.add([revoked("user", "ann")]);
    expect(list.hits(claims({ issuedAt: NOW - 1 }))).toBe(true);
    expect(list.hits(claims({ issuedAt: NOW }))).toBe(true);
    expect(list.hits(claims({ issuedAt: NOW + 1 }))).toBe(false);
    expect(list.hits(claims({ userId: "bob" }))).toBe(false);
  });

  test("hits claims for whose time nobody vouches", () => {
    const list = new RevocationList();
    list.add([revoked("user", "ann")]);
    expect(list.hits(claims({ issuedAt: 0 }))).toBe(true);
  });

  test("hits one token whenever it was issued, and no token without an id", () => {
    const list = new RevocationList();
    list.add([revoked("token", "t1"), revoked("token", "")]);
    expect(list.hits(claims({ issuedAt: NOW + 5 }))).toBe(true);
    expect(list.hits(claims({ tokenId: "t2" }))).toBe(false);
    expect(list.hits(claims({ tokenId: "" }))).toBe(false);
  });

  test("never moves back to an earlier moment", () => {
    const list = new RevocationList();
    list.add([revoked("user", "ann", NOW), revoked("user", "ann", NOW - 100)]);
    expect(list.hits(claims({ issuedAt: NOW - 50 }))).toBe(true);
  });
});

/** A directory that answers when it is told to, and writes down what it was asked. */
class ScriptedDirectory {
  readonly asked: string[] = [];
  readonly #answers: ((answer: Revocation[] | Error) => void)[] = [];
  readonly watch = new RevocationWatch({
    enter: () => this.#ask<Revocation[]>("enter"),
    leave: () => this.#ask<void>("leave"),
    log: () => undefined,
  });

  #ask<Value>(what: string): Promise<Value> {
    this.asked.push(what);
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    this.#answers.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer as Value)));
    return promise;
  }

  /** Answers the oldest question. */
  async answer(answer: Revocation[] | Error = []): Promise<void> {
    this.#answers.shift()?.(answer);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  }
}

describe("a room's watch", () => {
  test("asks once, and then knows what was in force", async () => {
    const directory = new ScriptedDirectory();
    const { watch } = directory;
    const ready = watch.ready();
    await directory.answer([revoked("user", "ann")]);
    await ready;
    expect(watch.ready()).toBeUndefined();
    expect(watch.hits(claims())).toBe(true);
    expect(directory.asked).toEqual(["enter"]);
  });

  test("logins that come together share one question", async () => {
    const directory = new ScriptedDirectory();
    const both = [directory.watch.ready(), directory.watch.ready()];
    await directory.answer();
    await Promise.all(both);
    expect(directory.asked).toEqual(["enter"]);
  });

  test("a failure is for all who waited, and the next login asks again", async () => {
    const directory = new ScriptedDirectory();
    const both = [directory.watch.ready(), directory.watch.ready()].map((each) =>
      expect(each).rejects.toThrow(),
    );
    await directory.answer(new Error("unreachable"));
    await Promise.all(both);
    expect(directory.watch.isNeeded).toBe(false);
    const again = directory.watch.ready();
    await directory.answer();
    await again;
    expect(directory.watch.ready()).toBeUndefined();
  });

  test("what is pushed while the question is under way is not lost", async () => {
    const directory = new ScriptedDirectory();
    const ready = directory.watch.ready();
    directory.watch.add([revoked("user", "ann")]);
    await directory.answer([]);
    await ready;
    expect(directory.watch.hits(claims())).toBe(true);
  });

  test("keeps the room among the live ones while somebody is coming in", async () => {
    const directory = new ScriptedDirectory();
    expect(directory.watch.isNeeded).toBe(false);
    const ready = directory.watch.ready();
    expect(directory.watch.isNeeded).toBe(true);
    directory.watch.left();
    expect(directory.asked).toEqual(["enter"]);
    await directory.answer();
    await ready;
    expect(directory.watch.isNeeded).toBe(true);
  });

  test("asks anew after the room was empty, and not before the leave has arrived", async () => {
    const directory = new ScriptedDirectory();
    const ready = directory.watch.ready();
    await directory.answer();
    await ready;
    directory.watch.left();
    const again = directory.watch.ready();
    expect(directory.asked).toEqual(["enter", "leave"]);
    await directory.answer();
    expect(directory.asked).toEqual(["enter", "leave", "enter"]);
    await directory.answer();
    await again;
    expect(directory.watch.ready()).toBeUndefined();
  });

  test("a leave that fails stops nobody", async () => {
    const directory = new ScriptedDirectory();
    directory.watch.left();
    const ready = directory.watch.ready();
    await directory.answer(new Error("unreachable"));
    await directory.answer([]);
    await ready;
    expect(directory.asked).toEqual(["leave", "enter"]);
  });

  test("says that a room is empty which it found full when it woke", async () => {
    const directory = new ScriptedDirectory();
    directory.watch.left();
    expect(directory.asked).toEqual(["leave"]);
    await directory.answer();
  });

  test("tells again what has changed, also while it was being told", async () => {
    const directory = new ScriptedDirectory();
    const ready = directory.watch.ready();
    directory.watch.renew();
    await directory.answer();
    expect(directory.asked).toEqual(["enter", "enter"]);
    await directory.answer();
    await ready;
    directory.watch.renew();
    expect(directory.asked).toEqual(["enter", "enter", "enter"]);
    await directory.answer(new Error("unreachable"));
    expect(directory.watch.ready()).toBeInstanceOf(Promise);
    await directory.answer();
  });
});
