import type { Caller } from "../durable/claims";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import { isHidden, type Verb } from "../protocol/verbs";
import { type Actor, systemActor } from "./moderation";
import type { RoomParts } from "./parts";
import { rankOf, verbsIn } from "./permissions";
import { keptOut, missingVerb, noSuchRoom, type Person, personOf, standingOf } from "./standing";

/**
 * Whether a caller over HTTP may do what needs a verb here. A room that does not exist and one that is none
 * of the caller's business are answered alike.
 */
export async function admitCaller(
  room: RoomParts,
  caller: Caller,
  verb: Verb,
  now: number,
): Promise<Actor | Refusal> {
  switch (caller.kind) {
    case "system":
      return systemActor(caller.by);
    case "public":
      return admitPublic(room, verb);
    case "user": {
      if (!room.store.exists) return noSuchRoom();
      const person = personOf(caller.claims, room.name, caller.address);
      // Asked about a revocation first, a room would tell strangers that it is there.
      const admitted = admitPerson(room, person, verb, now);
      if (admitted instanceof Refusal) return admitted;
      if (await room.isRevoked(caller.claims)) {
        return new Refusal(CODE.unauthorized, "this was revoked", { field: "Authorization" });
      }
      return room.rates.takeAs(person.userId, "query", now) ?? admitPerson(room, person, verb, now);
    }
  }
}

function admitPerson(room: RoomParts, person: Person, verb: Verb, now: number): Actor | Refusal {
  const standing = standingOf(room, person, now);
  const refusal = keptOut(room, person, standing, now);
  if (refusal !== undefined) return refusal;
  if (!standing.can.includes(verb)) return missingVerb(verb);
  return { name: person.userId, rank: rankOf(standing.role, standing.can) };
}

/** The original's open routes: as far as anybody may without a name. */
function admitPublic({ rules }: RoomParts, verb: Verb): Actor | Refusal {
  if (isHidden(rules.visibility)) return noSuchRoom();
  return verbsIn(rules, { role: null, grants: null }).includes(verb)
    ? { name: "", rank: 1 }
    : missingVerb(verb);
}
