import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describeMachine } from "./machine.ts";
import { resultsDocument, type Section } from "./report/results.ts";

/**
 * Where results go. Each section is kept by itself, so that one can be measured again and the document is
 * whole after every one of them. What is kept is of this machine, and not part of the repository.
 */
export class ResultsFolder {
  readonly document: string;
  readonly #kept: string;
  readonly #order: readonly string[];

  /** `order`: the sections' ids as they stand in the document. */
  constructor(folder: string, order: readonly string[]) {
    this.document = join(folder, "RESULTS.md");
    this.#kept =
      folder === import.meta.dirname
        ? join(folder, "../node_modules/.cache/roomcast-bench/sections")
        : join(folder, "sections");
    this.#order = order;
  }

  /** Keeps a section, and writes the document with it. */
  async keep(section: Section): Promise<void> {
    await mkdir(this.#kept, { recursive: true });
    await writeFile(join(this.#kept, `${section.id}.json`), JSON.stringify(section));
    const sections: Section[] = [];
    for (const id of this.#order) {
      const text = await readFile(join(this.#kept, `${id}.json`), "utf8").catch(() => undefined);
      if (text !== undefined) sections.push(JSON.parse(text) as Section);
    }
    const date = new Date().toISOString().slice(0, 10);
    await writeFile(this.document, resultsDocument(describeMachine(), date, sections));
  }
}
