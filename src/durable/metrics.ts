import type { Counted } from "./counted";
import type { Report } from "./meter";

/** What a room tells its directory of itself: what it has counted, and who is in it at the moment. */
export type RoomReport = Report & { readonly connections: number; readonly users: number };

/** What a shard of the directory knows of its rooms. `connections` and `users` as of their last reports. */
export type ShardMetrics = {
  readonly rooms: number;
  readonly connections: number;
  readonly users: number;
  /** Of all rooms that ever reported, added up. */
  readonly counted: Counted;
};
