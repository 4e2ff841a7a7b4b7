import { objectNamed } from "./objects";
import type { Settings } from "./settings";

/**
 * The Directory objects: live rooms are spread over them by name; every one knows every revocation.
 *
 * Their number may be raised at any time, a new one copies what it must know; it must not be lowered while
 * rooms are live, because what is revoked then would not reach those that only the others know.
 */

type DirectorySource = Pick<Env, "DIRECTORY">;
type DirectorySettings = Pick<Settings, "DIRECTORY_SHARDS" | "JURISDICTION">;

/** The shard that a key (a room's name, an address' hash) belongs to. */
export function directoryOf(env: DirectorySource, settings: DirectorySettings, key: string) {
  return shard(env, settings, hash(key) % settings.DIRECTORY_SHARDS);
}

export function allDirectories(env: DirectorySource, settings: DirectorySettings) {
  return Array.from({ length: settings.DIRECTORY_SHARDS }, (_, index) => shard(env, settings, index));
}

/** The shard that a new one learns of the revocations from. */
export function firstDirectory(env: DirectorySource, settings: DirectorySettings) {
  return shard(env, settings, 0);
}

/** Whether an object of this name is that shard. */
export function isFirstDirectory(name: string | undefined): boolean {
  return name === nameOf(0);
}

function shard({ DIRECTORY }: DirectorySource, { JURISDICTION }: DirectorySettings, index: number) {
  return objectNamed(DIRECTORY, nameOf(index), JURISDICTION);
}

function nameOf(index: number): string {
  return `directory-${index}`;
}

/** FNV-1a, 32 bits: spreads names evenly, and is the same everywhere and for ever. */
function hash(key: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(key)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}
