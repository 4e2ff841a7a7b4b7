/**
 * A headless Chromium that npm brought along: no browser and no library has to be installed on a Linux
 * machine. Where that binary cannot run (macOS, Windows, ARM), the installed Chrome does.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { ROOT } from "./bundle.ts";

/** No sandbox: containers seldom have one. The rest stops traffic that no page asked for. */
const ARGS = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--disable-quic",
];

const PACKAGE = join(ROOT, "node_modules/@sparticuz/chromium");
const CACHE = join(ROOT, "node_modules/.cache");

/** Whether the packaged binary is made for this machine. */
const isPackaged = process.platform === "linux" && process.arch === "x64";

/** Unpacks the browser before any test needs it, so that no test pays for it. For vitest's globalSetup. */
export async function setup(): Promise<void> {
  if (isPackaged) await unpackedFolder();
}

/** Launches a browser of its own for the caller, who closes it. */
export async function launchChromium(extraArgs: readonly string[] = []): Promise<Browser> {
  const args = [...ARGS, ...extraArgs];
  if (!isPackaged) return chromium.launch({ channel: "chrome", args });
  const folder = await unpackedFolder();
  const executablePath = join(folder, "chromium");
  return chromium.launch({ executablePath, args, env: await environmentFor(folder, executablePath) });
}

/**
 * The folder with the binary, its libraries and fonts: 215 MB, unpacked once in two seconds.
 *
 * The package trusts whatever lies in the temporary folder under the names it uses, half-written or old.
 * So it unpacks into a fresh one, which gets its final name when it is complete.
 */
async function unpackedFolder(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(PACKAGE, "package.json"), "utf8")) as {
    version: string;
  };
  const folder = join(CACHE, `chromium-${version}`);
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const fresh = await mkdtemp(`${folder}-`);
  await unpackInto(fresh);
  try {
    await rename(fresh, folder);
  } catch (error) {
    await rm(fresh, { recursive: true });
    // Another test run may have been first. Its folder is as good.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

async function unpackInto(folder: string): Promise<void> {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    const { default: packaged, inflate } = await import("@sparticuz/chromium");
    await packaged.executablePath();
    await inflate(join(PACKAGE, "bin/al2023.tar.br"));
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}

/**
 * Names a language, and points to the packaged libraries and fonts where the machine has none of its own.
 * In the locale of containers, Chromium's `navigator.language` is `en-US@posix`, which Intl refuses.
 */
async function environmentFor(folder: string, executablePath: string): Promise<NodeJS.ProcessEnv> {
  const environment: NodeJS.ProcessEnv = { ...process.env, LC_ALL: "en_US.UTF-8" };
  const starts = spawnSync(executablePath, ["--version"], { stdio: "ignore" }).status === 0;
  if (!starts) environment.LD_LIBRARY_PATH = join(folder, "al2023/lib");
  if (!existsSync("/etc/fonts/fonts.conf")) environment.FONTCONFIG_FILE = await configureFonts(folder);
  return environment;
}

/** Writes a configuration for the packaged fonts. The package's own names folders of AWS machines only. */
async function configureFonts(folder: string): Promise<string> {
  const path = join(folder, "fonts.conf");
  const fonts = `<dir>${join(folder, "fonts")}</dir><dir>/usr/share/fonts</dir>`;
  const cache = `<cachedir>${join(folder, "fonts-cache")}</cachedir>`;
  await writeFile(path, `<?xml version="1.0"?>\n<fontconfig>${fonts}${cache}</fontconfig>\n`);
  return path;
}
