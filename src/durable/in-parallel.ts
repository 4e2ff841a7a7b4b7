/** Does something with each item, at most `bound` at a time; resolves when all are done. */
export async function inParallel<Item>(
  items: readonly Item[],
  bound: number,
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(bound, items.length) }, worker));
}
