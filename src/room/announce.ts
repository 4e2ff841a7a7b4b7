import type { Settings } from "../durable/settings";
import type { Flush } from "./flush";
import type { Roster, RosterChange } from "./roster";

/**
 * Queues a join or leave for everybody else. In a crowd only the count is told, once a flush, so that a
 * crowd's arrival costs in proportion to its size and not to the square of it.
 */
export function announceChange(
  change: RosterChange | null,
  flush: Flush,
  roster: Roster,
  settings: Pick<Settings, "CROWD_SIZE">,
  except?: string,
): void {
  if (change === null) return;
  if (roster.count > settings.CROWD_SIZE) flush.announceCrowd(roster.count, roster.version);
  else flush.announceChange({ cmd: change.kind, data: change.data }, except);
}
