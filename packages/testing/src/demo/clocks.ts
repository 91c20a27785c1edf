import pg from 'pg';

/** Business time, ours and the simulator's, moved together. */
export interface Clocks {
  /** So many hours from now; negative ones are before. */
  move(hours: number): Promise<void>;
  /** The simulator's alone: what it makes up is then so old. */
  moveSimulator(hours: number): Promise<void>;
}

/**
 * Does something with moved clocks, and sets them right however that ends.
 * @param ownerUrl only the database's owner may move its clock
 */
export async function withClocks(
  { ownerUrl, simulatorUrl }: { ownerUrl: string; simulatorUrl: string },
  work: (clocks: Clocks) => Promise<void>,
): Promise<void> {
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  const moveSimulator = async (hours: number) => {
    const response = await fetch(`${simulatorUrl}/__sim/clock`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ offset_seconds: Math.round(hours * 3_600) }),
    });
    if (!response.ok) throw new Error(`The simulator's clock could not be moved: ${response.status}.`);
  };
  const move = async (hours: number) => {
    await owner.query(`update app.clock set clock_offset = $1 * interval '1 second'`, [Math.round(hours * 3_600)]);
    await moveSimulator(hours);
  };
  try {
    await work({ move, moveSimulator });
  } finally {
    await move(0).finally(() => owner.end());
  }
}
