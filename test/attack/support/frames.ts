/** WebSocket frames for the fuzzer: from what a client would send to what only an attacker would. */
import fc from "fast-check";
import type * as z from "zod/mini";
import * as schemas from "../../../src/protocol/schemas.ts";
import { type Hints, valuesOf } from "./schema-arbitrary.ts";
import { textOf, weirdText, weirdValue } from "./weird-values.ts";

/** A frame to send. `bytes` go out as the kind of frame that `isBinary` says: a text frame need not be text. */
export type FuzzFrame = { readonly bytes: string | Buffer; readonly isBinary: boolean };

/** The names that fuzzing users go by. Nobody who is judged has one of them. */
export const FUZZ_USERS = Array.from({ length: 24 }, (_, index) => `fuzz-${index}`);

/** Every command with the data that it takes, and how often it is sent. Rarer: what ends the connection. */
export const COMMANDS: Readonly<Record<string, { readonly data: z.ZodMiniType; readonly weight: number }>> = {
  ack: { data: schemas.ackData, weight: 4 },
  audit: { data: schemas.auditData, weight: 2 },
  ban: { data: schemas.sanctionData, weight: 2 },
  create: { data: schemas.createData, weight: 3 },
  delete: { data: schemas.deleteData, weight: 4 },
  edit: { data: schemas.editData, weight: 6 },
  gap: { data: schemas.gapData, weight: 1 },
  heartbeat: { data: schemas.emptyData, weight: 3 },
  history: { data: schemas.historyData, weight: 2 },
  invite: { data: schemas.inviteData, weight: 3 },
  join: { data: schemas.joinData, weight: 3 },
  kick: { data: schemas.kickData, weight: 2 },
  leave: { data: schemas.leaveData, weight: 0.1 },
  lock: { data: schemas.lockData, weight: 1 },
  login: { data: schemas.loginData, weight: 6 },
  logout: { data: schemas.emptyData, weight: 0.1 },
  members: { data: schemas.membersData, weight: 3 },
  mute: { data: schemas.sanctionData, weight: 2 },
  ping: { data: schemas.emptyData, weight: 2 },
  presence: { data: schemas.presenceData, weight: 4 },
  publish: { data: schemas.publishData, weight: 24 },
  react: { data: schemas.reactData, weight: 8 },
  read: { data: schemas.readData, weight: 5 },
  refresh: { data: schemas.refreshData, weight: 3 },
  role: { data: schemas.roleData, weight: 3 },
  typing: { data: schemas.typingData, weight: 3 },
};

/** Offsets and limits that exist, users that exist, rooms that are not the judged one. */
export function hintsFor(sideRooms: readonly string[]): Hints {
  const offset = fc.integer({ min: 1, max: 3_000 });
  const offsets = ["of", "before", "around", "replyTo", "offset"].map((name) => [name, offset] as const);
  return new Map<string, fc.Arbitrary<unknown>>([
    ...offsets,
    // Far from the beginning: an answer to `gap` or `after: 0` is the largest that there is.
    ["limit", fc.integer({ min: 1, max: 20 })],
    ["userId", fc.constantFrom(...FUZZ_USERS)],
    ["name", fc.constantFrom("Ann", "Bob", "system", "Zoe\u0301", "管理员")],
    ["room", fc.constantFrom(...sideRooms)],
    ["msgId", fc.integer({ min: 0, max: 999 }).map((id) => `m${id}`)],
    ["untilMs", fc.constantFrom(0, 1, 2_000_000_000_000, Number.MAX_SAFE_INTEGER)],
    ["emoji", fc.constantFrom("👍", "🎉", "❤️", "👩‍👩‍👧‍👦")],
    ["extra", fc.jsonValue({ maxDepth: 3 })],
  ]);
}

/** Any native frame: one envelope, several, or something else. */
export function nativeFrames(sideRooms: readonly string[]): fc.Arbitrary<FuzzFrame> {
  const hints = hintsFor(sideRooms);
  const envelopes = fc.oneof(
    { weight: 6, arbitrary: valid(hints) },
    { weight: 6, arbitrary: withOddField(hints) },
    { weight: 2, arbitrary: oddEnvelope },
  );
  return fc.oneof(
    { weight: 600, arbitrary: envelopes.map(text) },
    { weight: 150, arbitrary: fc.tuple(envelopes, mutation).map(([from, mutate]) => text(mutate(from))) },
    {
      weight: 80,
      arbitrary: fc.array(envelopes, { minLength: 2, maxLength: 6 }).map((each) => text(each.join("\n"))),
    },
    { weight: 60, arbitrary: garbage },
    { weight: 30, arbitrary: envelopes.map((each) => ({ bytes: Buffer.from(each), isBinary: true })) },
    { weight: 3, arbitrary: bulk },
  );
}

/** Any frame to the original's address: names in every letter case, zero values, and the same mutations. */
export function accFrames(appIds: readonly number[]): fc.Arbitrary<FuzzFrame> {
  const command = fc.constantFrom("login", "heartbeat", "ping", "ping", "logout", "publish", "", "LOGIN");
  const data = fc.record(
    {
      userId: fc.oneof(fc.constantFrom(...FUZZ_USERS), weirdText),
      appId: fc.oneof(fc.constantFrom(...appIds), fc.constantFrom(0, 0xffff_ffff, -1, 1.5), weirdValue),
      serviceToken: weirdText,
    },
    { requiredKeys: [] },
  );
  const seq = fc.oneof(fc.constant("1565336219141-266129"), weirdText);
  const envelope = fc
    .tuple(seq, command, fc.oneof({ weight: 5, arbitrary: data }, weirdValue), fc.nat(3))
    .map(([seq, cmd, data, spelling]) => textOf(respelled({ seq, cmd, data }, spelling)));
  return fc.oneof(
    { weight: 8, arbitrary: envelope.map(text) },
    { weight: 2, arbitrary: fc.tuple(envelope, mutation).map(([from, mutate]) => text(mutate(from))) },
    { weight: 1, arbitrary: garbage },
  );
}

function valid(hints: Hints): fc.Arbitrary<string> {
  return commands(hints).map(([cmd, data]) => textOf({ seq: "v", cmd, data }));
}

/** A valid command of which one field, or one more, is anything. */
function withOddField(hints: Hints): fc.Arbitrary<string> {
  return fc
    .tuple(commands(hints), weirdText, weirdValue, fc.nat(7))
    .map(([[cmd, data], name, odd, which]) => {
      const fields = Object.keys(data as object);
      const field = fields[which] ?? name;
      // A computed key: `__proto__` shall be a field like any other.
      return textOf({ seq: "o", cmd, data: { ...(data as object), [field]: odd } });
    });
}

function commands(hints: Hints): fc.Arbitrary<readonly [string, unknown]> {
  const each = Object.entries(COMMANDS).map(([cmd, { data, weight }]) => ({
    weight: Math.ceil(weight * 10),
    arbitrary: valuesOf(data, hints).map((value) => [cmd, value] as const),
  }));
  return fc.oneof(...each);
}

/** The envelope itself is odd: fields missing, doubled, of other types, or too many. */
const oddEnvelope: fc.Arbitrary<string> = fc.oneof(
  fc.record({ seq: weirdValue, cmd: weirdValue, data: weirdValue }, { requiredKeys: [] }).map(textOf),
  fc
    .tuple(weirdValue, weirdValue)
    .map(([a, b]) => `{"seq":"a","cmd":"ping","cmd":${textOf(a)},"seq":${textOf(b)}}`),
  weirdValue.map(textOf),
  fc
    .constantFrom("__proto__", "constructor", "toString", "valueOf")
    .map((cmd) => textOf({ seq: "p", cmd, data: {} })),
);

/** Damage to a text: cut, repeated, flipped, wrapped. */
const mutation: fc.Arbitrary<(from: string) => string> = fc
  .tuple(
    fc.constantFrom("cut", "repeat", "flip", "insert", "wrap", "mark", "spaces"),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.nat(0xffff),
  )
  .map(([kind, where, unit]) => (from: string) => {
    const at = Math.floor(where * from.length);
    const character = String.fromCharCode(unit);
    switch (kind) {
      case "cut":
        return from.slice(0, at);
      case "repeat":
        return from.slice(0, at) + from.slice(Math.max(0, at - 20));
      case "flip":
        return from.slice(0, at) + character + from.slice(at + 1);
      case "insert":
        return from.slice(0, at) + character + from.slice(at);
      case "wrap":
        return `[${from}]`;
      case "mark":
        return `\ufeff${from}`;
      default:
        return from.replaceAll(",", " ,\n\t ");
    }
  });

/** No envelope at all. */
const garbage: fc.Arbitrary<FuzzFrame> = fc.oneof(
  fc.constantFrom("", "\n", "\n\n\n", "null", "[]", "{}", "7", '"', "{", "\u0000").map(text),
  fc.string({ unit: "binary", maxLength: 200 }).map(text),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => ({ bytes: Buffer.from(bytes), isBinary: true })),
  // Valid UTF-8 only now and then: a text frame with anything else ends its connection, as RFC 6455 wants.
  fc.uint8Array({ maxLength: 3 }).map((bytes) => ({ bytes: Buffer.from(bytes), isBinary: false })),
  fc.json({ maxDepth: 5 }).map(text),
);

/** Much of something: fields, levels, envelopes, text. */
const bulk: fc.Arbitrary<FuzzFrame> = fc
  .tuple(
    fc.constantFrom("fields", "levels", "envelopes", "text", "frame"),
    fc.integer({ min: 1, max: 10_000 }),
  )
  .map(([kind, count]) => {
    switch (kind) {
      case "fields":
        return text(
          `{"seq":"b","cmd":"publish","data":{${Array.from({ length: count }, (_, n) => `"${n}":0`).join(",")}}}`,
        );
      case "levels":
        return text(
          `{"seq":"b","cmd":"publish","data":{"msg":"a","extra":${"[".repeat(count)}${"]".repeat(count)}}}`,
        );
      case "envelopes":
        return text('{"seq":"b","cmd":"ping"}\n'.repeat(Math.ceil(count / 20)));
      case "text":
        return text(textOf({ seq: "b", cmd: "publish", data: { msg: "x".repeat(count) } }));
      default:
        return text("x".repeat(65_536 + count));
    }
  });

function respelled(envelope: Readonly<Record<string, unknown>>, spelling: number): unknown {
  const spell =
    [
      (name: string) => name,
      (name: string) => name.toUpperCase(),
      (name: string) => name.toLowerCase(),
      (name: string) => (name[0] ?? "").toUpperCase() + name.slice(1),
    ][spelling] ?? String;
  return Object.fromEntries(Object.entries(envelope).map(([name, value]) => [spell(name), value]));
}

function text(from: string): FuzzFrame {
  return { bytes: from, isBinary: false };
}
