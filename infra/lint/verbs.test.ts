import { describe, expect, test } from 'vitest';
import { checkVerb } from './verbs.mjs';

const imports = `
  import { authorize } from '../access/authorize.ts';
  import { audit } from '../audit/audit.ts';
  import { withNewTenant, withTenant } from '../tenancy/doors.ts';
`;

const messages = (verb: string) => checkVerb(imports + verb).map(finding => finding.message);

/** A verb whose transaction is this. */
const writing = (body: string) =>
  messages(`export const verb = (ctx: Context) => withTenant(ctx, { organization }, async tx => { ${body} });`);

describe('right', () => {
  test.each([
    "authorize(tx, 'x.write'); await work(tx); await audit(tx, line);",
    "authorize(tx, 'x.write'); const shown = await show(tx); await audit(tx, line); return shown;",
    "authorize(tx, 'x.write'); await audit(tx, line); return { id: tx.tenant.organizationId, at: String(now) };",
    "authorize(tx, 'x.write'); if (!row) throw notFound('x'); await audit(tx, line);",
    "authorize(tx, 'x.write'); const ids = rows.map(row => { return row.id; }); await audit(tx, { ids });",
    "authorize(tx, 'x.write'); return await audit(tx, line);",
  ])('%s', body => {
    expect(writing(body)).toEqual([]);
  });

  test('a read needs no audit', () => {
    expect(
      messages(
        'withTenant(ctx, { organization, readOnly: true }, async tx => { authorize(tx, p); return show(tx); });',
      ),
    ).toEqual([]);
    expect(messages('withTenant(ctx, { ...input, readOnly: true }, async tx => { authorize(tx, p); });')).toEqual([]);
  });

  test('a new tenant, and doors under other names', () => {
    expect(messages('withNewTenant(ctx, async tx => { authorize(tx, p); await audit(tx, line); });')).toEqual([]);
    const renamed = `import { withTenant as enter } from '../tenancy/doors.ts'; enter(ctx, input, async tx => {});`;
    expect(checkVerb(renamed)).toHaveLength(2);
    const spaced = `import * as doors from '../tenancy/doors.ts'; doors.withTenant(ctx, input, async tx => {});`;
    expect(checkVerb(spaced)).toHaveLength(2);
    expect(checkVerb('function withTenant() {} withTenant(ctx, input, async tx => {});')).toEqual([]);
  });
});

describe('wrong', () => {
  const authorizeFirst = 'withTenant: the first statement must be `authorize(tx, …)`';
  const auditLast = 'withTenant: the transaction must end with `await audit(tx, …)`, under no condition';
  const after = 'withTenant: nothing may be done in the transaction after `audit(tx, …)`';
  const wayOut = 'withTenant: there is a way out before `audit(tx, …)`';
  const written =
    'withTenant: write the transaction out as `async tx => { … }`, so that one reads what it authorizes and audits';

  test.each([
    ['', [authorizeFirst, auditLast]],
    ["authorize(tx, 'x.write'); await work(tx);", [auditLast]],
    ['await audit(tx, line);', [authorizeFirst]],
    ["const row = await find(tx); authorize(tx, 'x.write'); await audit(tx, line);", [authorizeFirst]],
    ["authorize(other, 'x.write'); await audit(tx, line);", [authorizeFirst]],
    ["authorize(tx, 'x.write'); await audit(other, line);", [auditLast]],
    ["authorize(tx, 'x.write'); audit(tx, line);", [auditLast]],
    ["authorize(tx, 'x.write'); if (changed) await audit(tx, line);", [auditLast]],
    ["authorize(tx, 'x.write'); const late = async () => { await audit(tx, line); };", [auditLast]],
    ["authorize(tx, 'x.write'); await audit(tx, line); await work(tx);", [after]],
    ["authorize(tx, 'x.write'); await audit(tx, line); return show(tx);", [after]],
    ["authorize(tx, 'x.write'); await audit(tx, line); return tx.raw('delete from x');", [after]],
    ["authorize(tx, 'x.write'); if (same) return; await audit(tx, line);", [wayOut]],
  ])('%s', (body, expected) => {
    expect(writing(body)).toEqual(expected);
  });

  test('a transaction that is not written out', () => {
    expect(messages('withTenant(ctx, { organization }, tx => work(tx));')).toEqual([written]);
    expect(messages('withTenant(ctx, { organization }, work);')).toEqual([written]);
  });

  test('read-only that may be taken back, or is not true', () => {
    expect(messages('withTenant(ctx, { readOnly: true, ...input }, async tx => {});')).toHaveLength(2);
    expect(messages('withTenant(ctx, { readOnly: false }, async tx => {});')).toHaveLength(2);
    expect(messages('withTenant(ctx, { readOnly }, async tx => {});')).toHaveLength(2);
  });

  test('a read that asks for nobody’s right', () => {
    expect(messages('withTenant(ctx, { organization, readOnly: true }, async tx => show(tx));')).toEqual([written]);
    expect(messages('withTenant(ctx, { organization, readOnly: true }, async tx => { show(tx); });')).toHaveLength(1);
  });

  test('names of its own do not count, and the line is that of the door', () => {
    const own = `import { withTenant } from '../tenancy/doors.ts';
      const authorize = () => {};
      withTenant(ctx, { organization }, async tx => { authorize(tx); });`;
    expect(checkVerb(own).map(finding => finding.line)).toEqual([3, 3]);
  });

  test('a file that is no TypeScript', () => {
    expect(checkVerb('export const = ;')).toMatchObject([{ line: 1 }]);
  });
});
