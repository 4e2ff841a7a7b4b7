import { describe, expect, test } from "vitest";
import { readSettings } from "../../src/durable/settings";
import { CLOSE } from "../../src/protocol/close-codes";
import type { Attachment } from "../../src/room/attachment";
import { Connection } from "../../src/room/connection";
import { Connections } from "../../src/room/connections";
import { Departures } from "../../src/room/departures";
import { Rates } from "../../src/room/rates";
import { Roster } from "../../src/room/roster";

/** What was spent is kept in the attachment, lazily: never in the one of a socket that has been closed. */

const NOW = 1_795_000_000_000;
const { settings } = readSettings({});

/** A socket that remembers what was attached to it last, and how often. */
class FakeSocket {
  attached: unknown;
  saves = 0;

  serializeAttachment(value: unknown): void {
    this.attached = structuredClone(value);
    this.saves += 1;
  }

  send(): void {}

  close(): void {}
}

/** A room's connections with their rates, and the door out. */
function stage() {
  const connections = new Connections();
  const rates = new Rates(settings, connections.online());
  const roster = new Roster();
  const departures = new Departures({
    ...{ connections, roster, settings },
    online: { delete: () => undefined },
    flush: { announceChange: () => undefined, announceCrowd: () => undefined },
    alarm: { arm: () => undefined },
    log: () => undefined,
    meter: { restore: () => undefined },
    departedGuests: { note: () => undefined },
    parted: (connection: Connection) => rates.inherit(connection, roster, connections),
    emptied: () => undefined,
  } as unknown as ConstructorParameters<typeof Departures>[0]);
  const knock = (id: string, userId?: string) => {
    const socket = new FakeSocket();
    const user = userId === undefined ? null : { userId, name: userId, avatar: "", since: NOW };
    const attachment: Attachment = {
      ...{ v: 1, id, dialect: "roomcast.v1", language: "en", connectedAt: NOW, seenAt: NOW, probedAt: 0 },
      ...{ user, rosterVersion: 0, address: "" },
    };
    const connection = new Connection(socket as unknown as WebSocket, attachment, {
      frames: 0,
      bytesSent: 0,
    });
    connections.add(connection);
    if (user !== null) roster.enter(id, user);
    return { socket, connection };
  };
  return { rates, departures, knock };
}

test("of those who share a flush, each is kept once, however much was spent", () => {
  const { rates, knock } = stage();
  const [ann, bob] = [knock("1", "ann"), knock("2", "bob")];
  for (let count = 0; count < 50; count += 1) {
    for (const { connection } of [ann, bob]) rates.take(connection, "publish", NOW);
  }
  expect([ann.socket.saves, bob.socket.saves]).toEqual([0, 0]);
  rates.save();
  rates.save();
  expect([ann.socket.saves, bob.socket.saves]).toEqual([1, 1]);
  expect(ann.socket.attached).toMatchObject({ spent: ann.connection.spent });
});

describe.each(["a stranger", "a user"] as const)("%s who has spent something and is closed", (who) => {
  const userId = who === "a user" ? "ann" : undefined;

  test.each([CLOSE.refusals, CLOSE.slow, CLOSE.neverLoggedIn, CLOSE.banned] as const)(
    "with %i is kept as closed, and not as a connection again",
    (code) => {
      const { rates, departures, knock } = stage();
      const { socket, connection } = knock("1", userId);
      rates.take(connection, "signal", NOW);
      departures.close(connection, code, NOW);
      expect(socket.attached).toEqual({ closing: "" });
      rates.save();
      expect(socket.attached).toEqual({ closing: "" });
    },
  );

  test("by its network is not written to any more", () => {
    const { rates, departures, knock } = stage();
    const { socket, connection } = knock("1", userId);
    rates.take(connection, "signal", NOW);
    departures.ended(connection, 1006, NOW);
    const { saves } = socket;
    rates.save();
    expect(socket.saves).toBe(saves);
  });
});
