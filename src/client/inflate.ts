/** More than any room has to say at once. A few kilobytes of gzip can hold gigabytes. */
const LIMIT_BYTES = 8 * 1024 * 1024;

/** Whether this platform can do it: browsers since 2023, Node, Workers. */
export function canInflate(): boolean {
  return typeof DecompressionStream === "function";
}

/** The text that gzip holds. Rejects what is no gzip, or too much of it: then it stops where it is. */
export async function inflate(gzip: ArrayBuffer): Promise<string> {
  const inflated = new Blob([gzip]).stream().pipeThrough(new DecompressionStream("gzip"));
  // Not `for await`: browsers that cannot iterate a stream are in use.
  const reader = inflated.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let bytesLeft = LIMIT_BYTES; bytesLeft >= 0; ) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
    bytesLeft -= value.length;
  }
  await reader.cancel();
  throw new Error("too large");
}
