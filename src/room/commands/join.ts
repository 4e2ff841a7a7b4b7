import { fromAnswer } from "../../durable/answer";
import { CODE } from "../../protocol/codes";
import { Refusal } from "../../protocol/refusal";
import { type JoinData, joinData } from "../../protocol/schemas";
import { atomically } from "../atomically";
import { type Identity, identify } from "../identity";
import { joinBySecret } from "../inviting";
import { noSuchRoom, type Person, personAt, personOf } from "../standing";
import { command, type Outcome, type Request } from "./command";

/**
 * Makes whoever knows an invitation's secret a member: of this room, also before a login (which a private
 * room refuses to strangers), or of another one.
 */
export const join = command({
  cmd: "join",
  needsLogin: false,
  rated: "manage",
  schema: joinData,
  run(request, data) {
    const { user, applicant } = request.connection;
    if (user !== null) return joinAs(request, personAt(request.connection), data, undefined);
    const isHere = data.room === undefined || data.room === request.room.name;
    if (!isHere) return new Refusal(CODE.notLoggedIn, "log in first to join another room");
    const isNobody = data.token === undefined && data.userId === undefined && applicant === undefined;
    if (isNobody && request.room.settings.AUTH === "open" && request.connection.bearer === undefined) {
      return new Refusal(CODE.notLoggedIn, "say who you are: log in first, or give a userId");
    }
    return joinLater(request, identify(request.room, data, request.connection), data);
  },
});

async function joinLater(
  request: Request,
  pending: Identity | Refusal | Promise<Identity | Refusal>,
  data: JoinData,
): Promise<Outcome> {
  const identity = await pending;
  if (identity instanceof Refusal) return identity;
  const { room, connection, now } = request;
  connection.applicant = identity;
  // The directory writes down whose revocations are asked for: not a room that somebody only guessed at.
  if (room.invites.match(data.secret, now) === undefined) return noSuchRoom();
  if (await room.isRevoked(identity.claims)) {
    return new Refusal(CODE.unauthorized, "this was revoked", { field: "token" });
  }
  // An applicant may have waited until its token was over.
  const { expiresAt } = identity.claims;
  if (expiresAt !== null && expiresAt <= Date.now()) {
    return new Refusal(CODE.unauthorized, "this token has expired", { field: "token" });
  }
  const person = personOf(identity.claims, room.name, connection.address);
  return joinAs({ ...request, now: Date.now() }, person, data, identity.session);
}

function joinAs(
  { room, now }: Request,
  person: Person,
  { room: name, secret }: JoinData,
  session: string | undefined,
): Outcome | Promise<Outcome> {
  const more = session === undefined ? {} : { session };
  if (name !== undefined && name !== room.name) return joinElsewhere(room, name, person, secret, more);
  const joined = atomically(room, now, () => joinBySecret(room, person, secret, now));
  return joined instanceof Refusal ? joined : { value: { room: room.name, ...joined, ...more } };
}

async function joinElsewhere(
  room: Request["room"],
  name: string,
  person: Person,
  secret: string,
  more: { session?: string },
): Promise<Outcome> {
  const joined = fromAnswer(await room.neighbour(name).join(person, secret));
  return joined instanceof Refusal ? joined : { value: { room: name, ...joined, ...more } };
}
