/**
 * uWebSockets for Node, installed when somebody measures it, into the cache: 260 MB are too much for a
 * dependency that nothing else needs.
 *
 * The project itself is not on npm. What is there, by a third party, has native binaries for Node 16, 18
 * and 20 only, so a Node 20 comes with it.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CACHE } from "./scratch.ts";

const FOLDER = join(CACHE, "uws");
const INSTALL_TIMEOUT_MS = 300_000;

/** The interface that the binaries of Node 20 are built for: `process.versions.modules`. */
const NODE_20_MODULES = "115";

/** Exact versions: a comparison names what it compared. npm runs the scripts of no other package. */
const MANIFEST = {
  private: true,
  allowScripts: { node: true },
  dependencies: { node: "20.20.2", "@trufflesuite/uws-js-unofficial": "20.30.0-unofficial.0" },
};

/** The Node to run it with, and the native module itself, so that its fallback in JavaScript never comes in. */
export type InstalledUws = { readonly node: string; readonly addon: string };

/** Installs it unless that was done before. Fails with the reason where it cannot be had. */
export async function installUws(): Promise<InstalledUws> {
  const installed = {
    node: join(FOLDER, "node_modules/node/bin", process.platform === "win32" ? "node.exe" : "node"),
    addon: join(
      FOLDER,
      "node_modules/@trufflesuite/uws-js-unofficial/binaries",
      `uws_${process.platform}_${process.arch}_${NODE_20_MODULES}.node`,
    ),
  };
  if (!isThere(installed)) await install();
  if (existsSync(installed.node) && !existsSync(installed.addon))
    throw new Error(`uWebSockets has no binary for ${process.platform} on ${process.arch}`);
  if (!isThere(installed)) throw new Error("uWebSockets: npm did not bring Node 20");
  return installed;
}

function isThere({ node, addon }: InstalledUws): boolean {
  return existsSync(node) && existsSync(addon);
}

async function install(): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  await writeFile(join(FOLDER, "package.json"), JSON.stringify(MANIFEST));
  // Named, because npm in npm would go by what the outer one was called for.
  const args = [
    "install",
    "--prefix",
    FOLDER,
    "--no-audit",
    "--no-fund",
    "--no-package-lock",
    "--loglevel=error",
    "--fetch-retries=1",
  ];
  const { status, error, stderr } = spawnSync("npm", args, {
    cwd: FOLDER,
    encoding: "utf8",
    timeout: INSTALL_TIMEOUT_MS,
    shell: process.platform === "win32",
  });
  if (status === 0) return;
  const said = (error?.message ?? stderr).trim().split("\n").slice(0, 3).join("; ");
  throw new Error(`uWebSockets could not be installed: ${said}`);
}
