import { Hono, type MiddlewareHandler } from "hono";
import { fromAnswer } from "../durable/answer";
import { directoryOf } from "../durable/directories";
import { objectNamed } from "../durable/objects";
import { CODE } from "../protocol/codes";
import { ERASED_USER } from "../protocol/names";
import { Refusal } from "../protocol/refusal";
import type { Edge, EdgeContext } from "./context";
import { accepted, Refused } from "./errors";
import { allowEverywhere, demandEverywhere } from "./everywhere";
import { userIdIn } from "./parameters";
import { exportUser } from "./user-export";

/** `/api/users/{userId}`: what is known of a user, all of it as an export, and its erasure. */
export const users = new Hono<Edge>();

/** Lets pass a key for everything, and users where they ask for themselves with what was not revoked. */
const allowOwn: MiddlewareHandler<Edge> = async (c, next) => {
  const caller = c.get("caller");
  if (caller.kind !== "user") demandEverywhere(c);
  else if (caller.claims.userId !== userIdIn(c)) {
    throw new Refused(new Refusal(CODE.forbidden, "this is another user", { field: "userId" }));
  } else if (await directoryOf(c.env, c.get("settings"), caller.claims.userId).hits(caller.claims)) {
    throw new Refused(new Refusal(CODE.unauthorized, "this was revoked", { field: "Authorization" }));
  }
  return next();
};

users.get("/:userId", allowOwn, async (c) => {
  c.header("cache-control", "private, no-store");
  return c.json(await userOf(c).about());
});

users.get("/:userId/export", allowOwn, (c) => exportUser(c, userIdIn(c), userOf(c)));

/** 200 when all is erased, 202 while it goes on; asked again, it tells how far it is. */
users.delete("/:userId", allowEverywhere, async (c) => {
  const report = accepted(fromAnswer(await userOf(c).erase()));
  return c.json(report, report.done ? 200 : 202);
});

function userOf(c: EdgeContext) {
  const userId = userIdIn(c);
  if (userId === ERASED_USER) {
    throw new Refused(
      new Refusal(CODE.badUserId, "userId stands for all who were erased", { field: "userId" }),
    );
  }
  return objectNamed(c.env.USER, userId, c.get("settings").JURISDICTION);
}
