/**
 * `npm run bench`: Roomcast beside its peers, on this machine, one after the other. Takes half an hour.
 *
 *     npm run bench -- --only flood,idle --rounds 5
 *
 * Everything: writes `bench/RESULTS.md` and `bench/plots`. With `--only`, it prints and writes nothing
 * unless `--write` is given. Exit code 1: a target was missed.
 */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { describeMachine } from "./machine.ts";
import { ProgressLine } from "./report/progress-line.ts";
import { resultsDocument, type Section, verdictLines } from "./report/results.ts";
import { Stand } from "./stand.ts";
import { SUITES } from "./suites.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string", default: "3" },
    write: { type: "boolean", default: false },
  },
});
const chosen = values.only?.split(",");
const suites = SUITES.filter(({ id }) => chosen?.includes(id) ?? true);
if (suites.length === 0) throw new Error(`--only takes ${SUITES.map(({ id }) => id).join(", ")}`);
const isKept = chosen === undefined || values.write;

const folder = isKept ? import.meta.dirname : await mkdtemp(join(tmpdir(), "roomcast-bench-"));
const line = new ProgressLine(process.stderr);
const stand = new Stand(Number(values.rounds), line, join(folder, "plots"));
stand.pinLoad();
const sections: Section[] = [];
for (const suite of suites) {
  const section = await suite.run(stand);
  sections.push(section);
  line.print(verdictLines([section]));
}
line.end();
const date = new Date().toISOString().slice(0, 10);
await writeFile(join(folder, "RESULTS.md"), resultsDocument(describeMachine(), date, withFaults(sections)));
console.log(verdictLines(sections));
for (const fault of stand.faults) console.log(`fault: ${fault}`);
console.log(`results: ${join(folder, "RESULTS.md")}`);
process.exit(sections.some(({ verdicts }) => verdicts.some(({ isMet }) => isMet === false)) ? 1 : 0);

/** Says at the end whether everybody got everything. */
function withFaults(all: readonly Section[]): Section[] {
  const notes =
    stand.faults.length === 0
      ? ["In every run above, everybody got every message, once and in order."]
      : stand.faults.map((fault) => `Not as it should be: ${fault}`);
  const about = "Every run of the load tool counts what is lost, doubled, out of order, closed or refused.";
  return [
    ...all,
    { id: "correctness", title: "Correctness", about, tables: [], verdicts: [], plots: [], notes },
  ];
}
