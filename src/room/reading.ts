import type { Settings } from "../durable/settings";
import type { Connection } from "./connection";

/**
 * Asks a connection how far it has read when much was sent to it, and tells whether it still reads. Only
 * dialects that know the question are held to it.
 */
export function isReading(
  connection: Connection,
  { SYNC_AFTER_BYTES, SLOW_AFTER_BYTES }: Pick<Settings, "SYNC_AFTER_BYTES" | "SLOW_AFTER_BYTES">,
): boolean {
  if (!connection.dialect.asks) return true;
  const due = connection.unread.due(SYNC_AFTER_BYTES, SLOW_AFTER_BYTES);
  if (due === "ask") connection.send(connection.dialect.encodeEvent({ cmd: "sync", data: {} }) ?? "");
  return due !== "slow";
}
