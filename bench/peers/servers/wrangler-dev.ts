/**
 * Roomcast through `wrangler dev`, with the second workerd that it puts in front as a proxy. Its own
 * configuration would build the page anew and read the `.dev.vars` of this machine; so it gets a copy that
 * names the bundle.
 */
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { servedPort, startWrangler, withDefaults } from "../../../src/cli/dev-server.ts";
import { ROOT } from "../../../test/support/bundle.ts";
import { answersAt } from "./lifeline.ts";

type DevRequest = {
  readonly bundle: string;
  readonly folder: string;
  readonly vars: Readonly<Record<string, string>>;
};

const { bundle, folder, vars } = JSON.parse(process.argv[2] ?? "") as DevRequest;
await cp(join(bundle, "index.js"), join(folder, "index.js"));
await cp(join(bundle, "dist"), join(folder, "dist"), { recursive: true });
const toml = await readFile(join(bundle, "wrangler.toml"), "utf8");
await writeFile(join(folder, "wrangler.toml"), ofBundle(toml));

const config = ["--config", join(folder, "wrangler.toml"), "--persist-to", join(folder, "data")];
const variables = Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
const wrangler = startWrangler(ROOT, withDefaults([...config, "--port=0", ...variables]).args);
const port = await servedPort(wrangler);
if (port === undefined) process.exit(1);
answersAt(port);

/** The same configuration without the build, and with the bundle as its source. */
function ofBundle(text: string): string {
  const changed = text
    .replace(/^main = .*$/m, 'main = "index.js"')
    .replace(/^\[build\]\n(?:[^[\n].*\n)*/m, "");
  if (!changed.includes('main = "index.js"') || changed.includes("npm run build"))
    throw new Error("wrangler.toml has another shape than wrangler-dev.ts expects");
  return changed;
}
