import { CODE } from "../../protocol/codes";
import { Refusal } from "../../protocol/refusal";
import { refreshData } from "../../protocol/schemas";
import { passportOf } from "../admission";
import { expiryDue } from "../expiry";
import { stand } from "../moderation";
import { keptOut, personOf, standingOf } from "../standing";
import { command, type Outcome, type Request } from "./command";

/**
 * Shows a newer token or session on a live connection: nothing is missed, and what it grants counts from
 * here on. A refused one changes nothing.
 */
export const refresh = command({
  cmd: "refresh",
  needsLogin: true,
  rated: "manage",
  schema: refreshData,
  async run(request, { token }): Promise<Outcome> {
    const { room, connection } = request;
    const claims = await room.credentials.verify(token);
    if (claims instanceof Refusal) return claims;
    await room.watch.ready();
    if (!room.connections.has(connection)) return new Refusal(CODE.notLoggedIn, "the connection has ended");
    if (claims.userId !== connection.user?.userId) {
      return new Refusal(CODE.unauthorized, "this token is somebody else's", { field: "token" });
    }
    if (room.watch.hits(claims)) {
      return new Refusal(CODE.unauthorized, "this was revoked", { field: "token" });
    }
    const now = Date.now();
    const person = personOf(claims, room.name, connection.address);
    const standing = standingOf(room, person, now);
    const refusal = keptOut(room, person, standing, now);
    if (refusal !== undefined) return refusal;
    connection.passport = passportOf(room, { claims });
    stand(connection, standing);
    room.alarm.arm(expiryDue(connection.passport, room.settings));
    const session = claims.isGuest ? await renewed(request, token, claims) : undefined;
    return {
      value: { expiresAt: claims.expiresAt, can: standing.can, ...(session !== undefined && { session }) },
    };
  },
});

async function renewed(
  { room }: Request,
  token: string,
  claims: Parameters<Request["room"]["sessions"]["renew"]>[0],
): Promise<string> {
  return (await room.sessions.renew(claims, Date.now())) ?? token;
}
