import { auditActions } from '@pagekeeper/domain/audit/audit';
import { expect, it } from 'vitest';
import { actions } from '../src/audit/actions.ts';

it('the audit log can be filtered for each action that there is, and names each in words of its own', () => {
  expect(actions.map(({ value }) => value).toSorted()).toEqual(auditActions.toSorted());
  expect(new Set(actions.map(({ label }) => label)).size).toBe(auditActions.length);
});
