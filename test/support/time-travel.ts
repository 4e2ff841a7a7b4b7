import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";

/** Moves the clock of the Worker and its objects forward. Timers go on by the real one. */
export function travel(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

/** Goes back to the present. */
export function comeBack(): void {
  vi.useRealTimers();
}

/** Runs a room's pending alarm at once; true if there was one. */
export function ringAlarm(room: string): Promise<boolean> {
  return runDurableObjectAlarm(env.ROOM.getByName(room));
}
