/**
 * `npm run bench`: Roomcast beside its peers, on this machine, one after the other. Takes about 45 minutes.
 *
 *     npm run bench -- --only flood,idle --rounds 5
 *
 * Everything, or what is chosen with `--write`: brings `bench/RESULTS.md` and `bench/plots` up to date,
 * section by section; those that do not run stay as they were last measured on this machine. With `--only`
 * alone, it writes to a temporary folder. Exit code 1: a target was missed, or a section failed.
 */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ProgressLine } from "./report/progress-line.ts";
import { type Section, verdictLines } from "./report/results.ts";
import { ResultsFolder } from "./results-folder.ts";
import { Stand } from "./stand.ts";
import type { Suite } from "./suite.ts";
import { SUITES } from "./suites.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string", default: "3" },
    write: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds must be a whole number from 1 on");
const suites = chosen(values.only?.split(","));
const isKept = values.only === undefined || values.write;

const folder = isKept ? import.meta.dirname : await mkdtemp(join(tmpdir(), "roomcast-bench-"));
const results = new ResultsFolder(
  folder,
  SUITES.map(({ id }) => id),
);
const line = new ProgressLine(process.stderr);
const sections: Section[] = [];
for (const suite of suites) {
  const section = await measured(suite);
  sections.push(section);
  await results.keep(section);
  line.print(verdictLines([section]));
}
line.end();
console.log(verdictLines(sections));
console.log(`results: ${results.document}`);
process.exit(sections.some(({ verdicts }) => verdicts.some(({ isMet }) => isMet === false)) ? 1 : 0);

function chosen(ids: readonly string[] | undefined): readonly Suite[] {
  const unknown = ids?.filter((id) => !SUITES.some((suite) => suite.id === id)) ?? [];
  if (unknown.length > 0) throw new Error(`--only takes ${SUITES.map(({ id }) => id).join(", ")}`);
  return SUITES.filter(({ id }) => ids?.includes(id) ?? true);
}

/** One section. One that fails must not take the others with it. */
async function measured(suite: Suite): Promise<Section> {
  const stand = new Stand(rounds, line, join(folder, "plots"));
  stand.pinLoad();
  try {
    const section = await suite.run(stand);
    return { ...section, verdicts: [...section.verdicts, stand.verdict], notes: stand.notes };
  } catch (error) {
    const failure = { target: "this section could be measured", isMet: false, measured: String(error) };
    const about = "Something went wrong; nothing below was measured.";
    return { id: suite.id, title: suite.id, about, tables: [], verdicts: [failure], plots: [] };
  }
}
