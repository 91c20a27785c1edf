/** Another one each time, or the one that a run has printed: `SEED=… npm test`. */
export const seedOfRun = (): number => Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32));
