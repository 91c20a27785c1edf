/** A million rows at a batch of 5,000: the next run goes on with the rest. */
const maxBatches = 200;

/**
 * Works off what is there a batch at a time, each in a transaction of its own.
 * @param work one batch; answers with how many rows it found
 * @returns how many in all
 */
export async function inBatches(batch: number, work: (batch: number) => Promise<number>): Promise<number> {
  let sum = 0;
  for (let round = 0; round < maxBatches; round += 1) {
    const count = await work(batch);
    sum += count;
    if (count < batch) break;
  }
  return sum;
}
