import { expect, it } from 'vitest';
import { createLog } from './log.ts';

it('whatever somebody calls themself, a log line stays one line', () => {
  let written = '';
  const log = createLog({ name: 'test', level: 'info', destination: { write: text => (written += text) } });
  const name = 'Eve\n{"level":60,"msg":"forged"}\r\u001b[2K\u2028';
  log.info({ person: name }, name);
  expect(written.split('\n')).toHaveLength(2);
  expect(written).not.toContain('\u001b');
  expect(JSON.parse(written)).toMatchObject({ person: name, msg: name });
});
