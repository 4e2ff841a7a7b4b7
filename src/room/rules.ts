import { readMeta, writeMeta } from "../durable/migrations";
import { listed } from "../durable/setting-rules";
import { appIds, type Settings } from "../durable/settings";
import type { Visibility } from "../protocol/verbs";
import type { RoomRules } from "./permissions";
import type { Store } from "./store";

/**
 * A room's own rules: who may be in it, and whether it is locked. A row each, and none while they are the
 * default.
 */
export class Rules implements RoomRules {
  readonly #store: Store;
  readonly #default: Visibility;
  #visibility: Visibility | undefined;
  #locked = false;

  constructor(store: Store, room: string) {
    this.#store = store;
    this.#default = defaultVisibility(room);
    this.reload();
  }

  /** Reads anew what the table says. */
  reload(): void {
    const { exists, database } = this.#store;
    this.#visibility = exists ? (readMeta(database, "visibility") as Visibility | undefined) : undefined;
    this.#locked = exists && readMeta(database, "locked") === "1";
  }

  get visibility(): Visibility {
    return this.#visibility ?? this.#default;
  }

  /** While locked, only those who moderate may publish. */
  get locked(): boolean {
    return this.#locked;
  }

  /** Whether somebody has decided who may be here. */
  get isSettled(): boolean {
    return this.#visibility !== undefined;
  }

  setVisibility(visibility: Visibility): void {
    this.#store.ensure();
    writeMeta(this.#store.database, "visibility", visibility);
    this.#visibility = visibility;
  }

  setLocked(locked: boolean): void {
    this.#store.ensure();
    writeMeta(this.#store.database, "locked", locked ? "1" : "0");
    this.#locked = locked;
  }
}

/** Names that the server gives to hidden rooms begin so. Nobody makes one by walking in. */
export const PRIVATE_PREFIX = "p.";
export const DIRECT_PREFIX = "dm.";

/** A name in the server's own name space is hidden before it exists: nobody can tell which ones do. */
export function defaultVisibility(room: string): Visibility {
  if (room.startsWith(DIRECT_PREFIX)) return "direct";
  return room.startsWith(PRIVATE_PREFIX) ? "private" : "public";
}

/** Rooms that belong to everybody: nobody becomes their owner by asking. */
export function isClaimable(room: string, settings: Settings): boolean {
  return !listed(settings.OPEN_ROOMS).includes(room) && !appIds(settings).map(String).includes(room);
}
