import { nowMs, nowSeconds } from '../state/clock.ts';
import type { State } from '../state/state.ts';

/**
 * What the dashboard's "Test" button sends: a made-up change of no Page, in `changes` also for messaging fields, where
 * a real one never is.
 */
export function sampleOf(state: State, field: string) {
  const time = nowSeconds(state);
  return { object: 'page', entry: [{ id: '0', time, changes: [{ field, value: sampleValue(state, field) }] }] };
}

function sampleValue(state: State, field: string): Record<string, unknown> {
  if (field === 'feed') {
    const from = { id: '232323232', name: 'Test Person' };
    const post_id = '44444444_444444444';
    return {
      item: 'status',
      verb: 'add',
      post_id,
      from,
      message: 'Example post content.',
      created_time: nowSeconds(state),
    };
  }
  const ends = { sender: { id: '12334' }, recipient: { id: '23245' }, timestamp: String(nowMs(state)) };
  if (field === 'messages') return { ...ends, message: { mid: 'test_message_id', text: 'test_message' } };
  return { ...ends, [field]: {} };
}
