import { createCipheriv, createDecipheriv, randomBytes, randomFillSync } from 'node:crypto';
import { newId, type Uuid } from '@pagekeeper/domain/ids';
import { parseKeyRing } from '@pagekeeper/domain/vault/key-ring';
import { Vault } from '@pagekeeper/domain/vault/vault';
import { alternate, type Timing } from './alternate.ts';
import { listRuns, measure, type Result } from './report.ts';

const plaintext = randomBytes(250);
const rowIds = Array.from({ length: 1_024 }, () => newId());

/** Seal and open 250 bytes in one thread: our vault against AES-256-GCM of node:crypto, both bound to a row. */
export async function benchVault(timing: Timing): Promise<Result> {
  const ours = prepareVault();
  const baseline = prepareNodeCrypto();
  verify(ours);
  verify(baseline);
  const runs = await alternate(
    timing,
    async seconds => run(ours, seconds),
    async seconds => run(baseline, seconds),
  );
  return {
    measurement: measure(
      { name: 'vault', unit: 'values/s', baseline: 'node:crypto aes-256-gcm', goal: 1.5 },
      runs.ours,
      runs.baseline,
    ),
    notes: [
      `runs: ours ${listRuns(runs.ours)}; node:crypto ${listRuns(runs.baseline)}`,
      'one value = 250 bytes sealed and opened under the associated data of its row, in one thread; node:crypto with nonces from 3 KB of random bytes, as ours',
    ],
  };
}

/** Seals and opens once for this row; gives the opened bytes back. */
type Cycle = (rowId: Uuid) => Buffer;

function prepareVault(): Cycle {
  const vault = new Vault(parseKeyRing(`bench:${randomBytes(32).toString('base64')}`), {
    hash: randomBytes(32),
    personal: randomBytes(32),
  });
  const key = vault.unwrap(vault.createDataKey(newId()));
  return rowId => {
    const place = { table: 'webhook_events', column: 'payload', rowId };
    return vault.openBytes(key, place, vault.seal(key, place, plaintext));
  };
}

function prepareNodeCrypto(): Cycle {
  const key = randomBytes(32);
  const organizationId = newId();
  return rowId => {
    const associatedData = Buffer.from(`${organizationId}|webhook_events|payload|${rowId}`);
    const nonce = nextNonce();
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associatedData);
    const sealed = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12))
      .setAAD(associatedData)
      .setAuthTag(sealed.subarray(-16));
    return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
  };
}

// As the vault does: asking the system for each would cost as much as the cipher.
const nonces = Buffer.alloc(12 * 256);
let used = nonces.length;

function nextNonce(): Buffer {
  if (used === nonces.length) {
    randomFillSync(nonces);
    used = 0;
  }
  used += 12;
  return nonces.subarray(used - 12, used);
}

function verify(cycle: Cycle): void {
  if (!cycle(rowIds[0]!).equals(plaintext)) throw new Error('What was sealed opened as something else.');
}

function run(cycle: Cycle, seconds: number): number {
  const start = performance.now();
  const end = start + seconds * 1_000;
  let cycles = 0;
  while (performance.now() < end) {
    for (const rowId of rowIds) cycle(rowId);
    cycles += rowIds.length;
  }
  return (cycles * 1_000) / (performance.now() - start);
}
