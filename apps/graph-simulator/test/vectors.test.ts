import { describe, expect, test } from 'vitest';
import { parseFields } from '../src/graph/fields.ts';
import { proofOf } from '../src/tokens/proof.ts';
import { pacificTime } from '../src/tokens/verdict.ts';
import { bodyOf } from '../src/webhooks/change.ts';
import { encodeBody, signatureHeaders } from '../src/webhooks/encode.ts';
import { signRequest } from '../src/webhooks/signed-request.ts';
import { appSecret } from './support.ts';

const value = {
  item: 'comment',
  verb: 'add',
  comment_id: '2001_3001',
  post_id: '1001_2001',
  parent_id: '1001_2001',
  from: { id: '4001', name: 'Zoë' },
  message: 'Café 😀 https://example.com',
  created_time: 1763999990,
};
const line = String.raw`{"object":"page","entry":[{"id":"1001","time":1764000000,"changes":[{"field":"feed","value":{"item":"comment","verb":"add","comment_id":"2001_3001","post_id":"1001_2001","parent_id":"1001_2001","from":{"id":"4001","name":"Zo\u00eb"},"message":"Caf\u00e9 \ud83d\ude00 https:\/\/example.com","created_time":1763999990}}]}]}`;

describe('the vectors', () => {
  test('a body is written as the 321 bytes that Meta writes', () => {
    const change = { id: 'x', pageId: '1001', field: 'feed', list: 'changes' as const, value, atMs: 1764000000_000 };
    const text = encodeBody(bodyOf([change]));
    expect(Buffer.byteLength(text)).toBe(321);
    expect(text).toBe(line);
  });

  test('the signatures are over exactly these bytes', () => {
    expect(signatureHeaders(appSecret, line)).toEqual({
      'x-hub-signature-256': 'sha256=024045b69aae9a514995467c267a903ccad678d6944476f49d89fbe64505682f',
      'x-hub-signature': 'sha1=a9b43101d7a347b7c946b03a0cfb0c99eccb9cc7',
    });
    const rewritten = JSON.stringify(JSON.parse(line));
    expect(signatureHeaders(appSecret, rewritten)['x-hub-signature-256']).toBe(
      'sha256=d6b162dbd8774fbc36b461d17a69b1d9f0f59c159345ef69df22e4c973fe8191',
    );
  });

  test('proofs, plain and timed', () => {
    const token = 'EAATESTPAGETOKEN0001';
    expect(proofOf(appSecret, token)).toBe('9af83abd84fcda8e7b9901dbc8745e6629cadd157417cad5ec6952990a498443');
    expect(proofOf(appSecret, token, 1764000000)).toBe(
      '924cca40cd89a3c9d21d76fbdab1dce39ef98a03357827a4f8d2d8241b45394f',
    );
  });

  test('a signed request', () => {
    const payload = { user_id: '122100000000001', algorithm: 'HMAC-SHA256', issued_at: 1764000000 };
    expect(signRequest(appSecret, payload)).toBe(
      '4ZLmcNCEiEjSz-BGDQpGdUTkSc2xN6FMtnLn6VAFfd4.eyJ1c2VyX2lkIjoiMTIyMTAwMDAwMDAwMDAxIiwiYWxnb3JpdGhtIjoiSE1BQy1TSEEyNTYiLCJpc3N1ZWRfYXQiOjE3NjQwMDAwMDB9',
    );
  });
});

describe('how things are written', () => {
  test('a date in a message is Pacific time', () => {
    expect(pacificTime(Date.UTC(2026, 10, 18, 13, 0, 0) / 1000)).toBe('Wednesday, 18-Nov-26 05:00:00 PST');
    expect(pacificTime(Date.UTC(2026, 4, 5, 18, 0, 0) / 1000)).toBe('Tuesday, 05-May-26 11:00:00 PDT');
  });

  test('field expressions nest and carry modifiers', () => {
    expect(parseFields('id,parent{id,from{name}},comments.limit(10){id}')).toEqual([
      { name: 'id', inner: null },
      { name: 'parent', inner: 'id,from{name}' },
      { name: 'comments', inner: 'id', limit: 10 },
    ]);
  });

  test('a delete character, a line separator and a lone surrogate are escaped', () => {
    expect(encodeBody('\u007f\u2028\ud800/')).toBe(String.raw`"\u007f\u2028\ud800\/"`);
  });
});
