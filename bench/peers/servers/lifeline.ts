/**
 * What every server of a benchmark does besides serving: it tells whoever started it where it answers, and
 * ends with its whole process group when the channel to them closes. Nothing outlives an interrupted run.
 */

/** What a server sends when it answers. */
export type Ready = { readonly origin: string };

process.on("disconnect", () => {
  process.kill(process.platform === "win32" ? process.pid : -process.pid, "SIGKILL");
});

/** Tells on which port of 127.0.0.1 this process answers. */
export function answersAt(port: number): void {
  process.send?.({ origin: `http://127.0.0.1:${port}` } satisfies Ready);
}
