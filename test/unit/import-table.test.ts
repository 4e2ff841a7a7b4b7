/** Holds biome.json to the four floors: a probe file for every pair of folders, all linted in one run. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

/** What each folder of src may import, besides packages and itself. */
const MAY_IMPORT = {
  page: ["client", "protocol"],
  worker: ["dialects", "durable", "protocol"],
  room: ["dialects", "durable", "protocol"],
  user: ["dialects", "durable", "protocol"],
  keys: ["dialects", "durable", "protocol"],
  client: ["protocol"],
  dialects: ["protocol"],
  directory: ["durable", "protocol"],
  durable: ["protocol"],
  protocol: [],
  cli: [],
} as const satisfies Record<string, readonly string[]>;

type Folder = keyof typeof MAY_IMPORT;
const FOLDERS = Object.keys(MAY_IMPORT) as Folder[];

/** The only files that may know the platform: the objects' own. */
const SHELLS = [
  "src/room/room.ts",
  "src/room/room-sockets.ts",
  "src/user/user.ts",
  "src/keys/keys.ts",
  "src/directory/directory.ts",
];
const PLATFORM = 'export { env } from "cloudflare:workers";';
const CONSOLE = 'console.log("x");';

/** Every probe: its path and its one line. */
const probes = new Map<string, string>([
  ...FOLDERS.flatMap(importsOf),
  ...FOLDERS.map((folder) => [`src/${folder}/to-platform.ts`, PLATFORM] as const),
  ...SHELLS.map((path) => [path, PLATFORM] as const),
  ["src/room/logs.ts", CONSOLE],
  ["src/durable/log.ts", CONSOLE],
  ["src/cli/logs.ts", CONSOLE],
]);

const checkout = mkdtempSync(join(tmpdir(), "roomcast-lint-"));
const refused = lint();
afterAll(() => rmSync(checkout, { recursive: true }));

describe("the linter", () => {
  test.each(FOLDERS)("lets src/%s import what lies below it, and nothing else", (folder) => {
    const accepted = importsOf(folder).filter(([path]) => !refused.has(path));
    const below = MAY_IMPORT[folder].flatMap((to) => [
      `src/${folder}/to-${to}.ts`,
      `src/${folder}/deep/to-${to}.ts`,
    ]);
    expect(accepted.map(([path]) => path).sort()).toEqual(below.sort());
  });

  test("lets only the objects' own files know the platform", () => {
    const accepted = [...probes].filter(([path, line]) => line === PLATFORM && !refused.has(path));
    expect(accepted.map(([path]) => path)).toEqual(SHELLS);
  });

  test("lets only the log and the command line write to the console", () => {
    const accepted = [...probes].filter(([path, line]) => line === CONSOLE && !refused.has(path));
    expect(accepted.map(([path]) => path)).toEqual(["src/durable/log.ts", "src/cli/logs.ts"]);
  });
});

/** Probes that import every other folder and the entry file, from the folder itself and from a deeper one. */
function importsOf(from: Folder): (readonly [path: string, line: string])[] {
  const others = FOLDERS.filter((to) => to !== from).flatMap((to) => [
    [`src/${from}/to-${to}.ts`, `export { x } from "../${to}/x.ts";`] as const,
    [`src/${from}/deep/to-${to}.ts`, `export type { X } from "../../${to}/x.ts";`] as const,
  ]);
  return [...others, [`src/${from}/to-index.ts`, 'export { x } from "../index.ts";']];
}

/** Writes the probes beside a copy of biome.json, and returns the paths that it refuses. */
function lint(): Set<string> {
  cpSync(join(ROOT, "biome.json"), join(checkout, "biome.json"));
  for (const [path, line] of probes) {
    mkdirSync(join(checkout, path, ".."), { recursive: true });
    writeFileSync(join(checkout, path), `${line}\n`);
  }
  const biome = join(ROOT, "node_modules/@biomejs/biome/bin/biome");
  const args = [biome, "lint", "--reporter=json", "--max-diagnostics=none", "."];
  const { stdout } = spawnSync(process.execPath, args, { cwd: checkout, encoding: "utf8" });
  const report = JSON.parse(stdout) as { diagnostics: { category: string; location: { path: string } }[] };
  return new Set(
    report.diagnostics
      .filter(({ category }) => /noRestrictedImports|noConsole/.test(category))
      .map(({ location }) => location.path),
  );
}
