/**
 * `npm run crash -- --kills 300 --seed 7`: a long campaign. The last line is the counts; the exit status
 * is 1 if anything was lost, doubled, out of order or a ghost.
 *
 * The client's files import each other as a bundler resolves them, which Node does not, so that vite loads
 * them here.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runnerImport } from "vite";
import { ROOT, setup } from "../support/bundle.ts";

const { values } = parseArgs({ options: { kills: { type: "string" }, seed: { type: "string" } } });
const kills = wholeNumber("kills", values.kills ?? "30");
const seed = wholeNumber("seed", values.seed ?? String(Date.now() % 100_000));

const removeBundle = await setup();
try {
  process.exitCode = await campaign();
} finally {
  await removeBundle?.();
}
// Timers of clients that have left may be pending still.
process.exit();

async function campaign(): Promise<number> {
  const load = async <Module>(file: string) =>
    (await runnerImport<Module>(join(ROOT, "test", file), { configFile: false, logLevel: "error" })).module;
  const { runCampaign } = await load<typeof import("./campaign.ts")>("crash/campaign.ts");
  const { countLine, isClean } = await load<typeof import("../support/judge.ts")>("support/judge.ts");
  console.log(`seed ${seed}, ${kills} kills`);
  const { verdict, killsInFlight, cuts, reloads, unpublished } = await runCampaign({
    kills,
    seed,
    progress: (line) => console.log(line),
  });
  console.log(
    `${killsInFlight} kills hit somebody in mid-sentence; ${cuts} cuts and ${reloads} reloads besides`,
  );
  for (const offence of [...verdict.offences, ...unpublished]) console.log(offence);
  console.log(countLine(verdict));
  return isClean(verdict) && unpublished.length === 0 ? 0 : 1;
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} takes a whole number`);
  return number;
}
