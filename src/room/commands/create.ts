import { fromAnswer } from "../../durable/answer";
import { Refusal } from "../../protocol/refusal";
import { createData } from "../../protocol/schemas";
import { boundElsewhere, type Founder, found, planFoundation, refuseMaking } from "../founding";
import { answered, command, type Outcome, type Request } from "./command";

/** Makes a room with rules of its own and the caller as its owner: another one, or this one if it is unused. */
export const create = command({
  cmd: "create",
  needsLogin: true,
  rated: "manage",
  schema: createData,
  run(request, data) {
    const founder = founderOf(request);
    const plan = planFoundation(request.room, founder, data);
    if (plan instanceof Refusal) return plan;
    if (plan.name !== request.room.name) {
      // What a token grants here says nothing of a room elsewhere.
      const isBound = (request.connection.passport?.grants ?? null) !== null;
      return isBound ? boundElsewhere() : foundElsewhere(request, founder, plan);
    }
    const founded = found(request.room, founder, plan.foundation, request.now);
    return answered(founded);
  },
});

async function foundElsewhere(
  { room, connection }: Request,
  founder: Founder,
  { name, foundation }: Exclude<ReturnType<typeof planFoundation>, Refusal>,
): Promise<Outcome> {
  const refusal = connection.address === "" ? undefined : await refuseMaking(room, connection.address);
  if (refusal !== undefined) return refusal;
  const founded = fromAnswer(await room.neighbour(name).found(founder, foundation));
  return answered(founded);
}

function founderOf({ connection: { user, passport } }: Request): Founder {
  const grants = passport?.grants ?? null;
  return {
    userId: user?.userId ?? "",
    isGuest: passport?.isGuest ?? false,
    isBound: grants !== null && !grants.includes("moderate"),
  };
}
