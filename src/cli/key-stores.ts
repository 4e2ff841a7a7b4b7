/** Where API keys are kept: a variable each, in `.dev.vars` or as secrets of the deployed Worker. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { Complaint } from "./complaint.ts";
import { addDevVar, ensureDevVars, readDevVars, removeDevVar } from "./dev-vars.ts";

const PREFIX = "API_KEY_";

/** What `npm run key` does with keys, wherever they are. */
export type KeyStore = {
  /** Where that is, as the end of the sentence "… in". */
  readonly place: string;
  /** What has to happen before a change counts; empty: nothing. */
  readonly hint: string;
  /** Of the keys that have a variable of their own. */
  ids(): readonly string[];
  /** A line for each key, without the keys. */
  lines(): readonly string[];
  add(id: string, entry: string): void;
  remove(id: string): void;
};

export class LocalKeys implements KeyStore {
  readonly hint = "A server that runs here reads it when it starts: end `npm start` and start it again.";
  readonly place: string;

  constructor(path: string) {
    this.place = path;
  }

  ids(): readonly string[] {
    return idsAmong([...readDevVars(this.place).keys()]);
  }

  lines(): readonly string[] {
    const variables = readDevVars(this.place);
    const listed = (variables.get("API_KEYS") ?? "").split(",").filter((entry) => entry.trim() !== "");
    return [
      ...listed.map((entry) => `${describe(idOf(entry.trim()), entry)}\t(in API_KEYS)`),
      ...this.ids().map((id) => describe(id, variables.get(PREFIX + id) ?? "")),
    ];
  }

  add(id: string, entry: string): void {
    ensureDevVars(this.place);
    addDevVar(this.place, PREFIX + id, entry);
  }

  remove(id: string): void {
    removeDevVar(this.place, PREFIX + id);
  }
}

/** Secrets cannot be read back, so only the ids are known of keys at the edge. */
export class RemoteKeys implements KeyStore {
  readonly place = "the deployed Worker";
  readonly hint = "";
  readonly #root: string;
  readonly #wrangler: string;

  constructor(root: string, wrangler: string) {
    this.#root = root;
    this.#wrangler = wrangler;
  }

  ids(): readonly string[] {
    return idsAmong(this.#names());
  }

  lines(): readonly string[] {
    const names = this.#names();
    const list = names.includes("API_KEYS") ? ["(and those in the secret API_KEYS)"] : [];
    return [...idsAmong(names), ...list];
  }

  add(id: string, entry: string): void {
    this.#run(["put", PREFIX + id], entry);
  }

  remove(id: string): void {
    this.#run(["delete", PREFIX + id]);
  }

  #names(): readonly string[] {
    const output = this.#run(["list", "--format", "json"]);
    try {
      const secrets = JSON.parse(output.slice(output.indexOf("["))) as readonly { readonly name: string }[];
      return secrets.map(({ name }) => name);
    } catch {
      throw new Complaint(`wrangler secret list was not understood:\n${output}`);
    }
  }

  /** A secret goes through stdin, where no list of processes shows it. Without a terminal nothing is asked. */
  #run(args: readonly string[], input = ""): string {
    const { status, stdout, stderr, error } = spawnSync(
      process.execPath,
      [this.#wrangler, "secret", ...args],
      {
        cwd: this.#root,
        encoding: "utf8",
        env: { ...process.env, WRANGLER_HIDE_BANNER: "true", WRANGLER_SEND_METRICS: "false" },
        input,
      },
    );
    if (status === 0) return stdout;
    throw new Complaint(`wrangler secret ${args[0]} failed:\n${error?.message ?? stdout + stderr}`.trimEnd());
  }
}

function idsAmong(names: readonly string[]): readonly string[] {
  return names
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => name.slice(PREFIX.length))
    .sort();
}

function describe(id: string, entry: string): string {
  const [, scopes = "", prefixes] = entry.trim().split(":");
  const rooms = prefixes === undefined ? "all rooms" : prefixes.split("|").map(shown).join(", ");
  return `${id}\t${scopes === "" ? "publish+read+admin" : scopes}\t${rooms}`;
}

function shown(prefix: string): string {
  try {
    return `${decodeURIComponent(prefix)}…`;
  } catch {
    return `${prefix} (not readable)`;
  }
}

/** The id of a key that has no variable of its own: the first 12 hex digits of its hash. */
function idOf(entry: string): string {
  const [key = ""] = entry.split(":");
  const hash = key.startsWith("sha256.")
    ? Buffer.from(key.slice("sha256.".length), "base64url")
    : createHash("sha256").update(key).digest();
  return hash.toString("hex").slice(0, 12);
}
