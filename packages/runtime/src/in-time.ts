/**
 * The work's result, or its failure, if it comes in time; else `otherwise`. What was started goes on, and nobody hears
 * how it ends.
 */
export async function inTime<Result, Otherwise>(
  work: Promise<Result>,
  ms: number,
  otherwise: Otherwise,
): Promise<Result | Otherwise> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Otherwise>(resolve => {
    timer = setTimeout(resolve, Math.max(0, ms), otherwise);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
