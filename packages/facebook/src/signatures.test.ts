import { createHmac, randomBytes } from 'node:crypto';
import { Secret } from '@pagekeeper/runtime/secret';
import { describe, expect, test } from 'vitest';
import {
  appSecretProof,
  isSignature,
  parseSignedRequest,
  timedAppSecretProof,
  verifyWebhookSignature,
} from './signatures.ts';

// Secret and vectors that were computed elsewhere.
const secret = new Secret('0123456789abcdef0123456789abcdef');
const old = new Secret('ffffffffffffffffffffffffffffffff');
const token = new Secret('EAATESTPAGETOKEN0001');

describe('appsecret_proof', () => {
  test('plain', () => {
    expect(appSecretProof(secret, token)).toBe('9af83abd84fcda8e7b9901dbc8745e6629cadd157417cad5ec6952990a498443');
  });

  test('timed', () => {
    expect(timedAppSecretProof(secret, token, 1764000000)).toBe(
      '924cca40cd89a3c9d21d76fbdab1dce39ef98a03357827a4f8d2d8241b45394f',
    );
  });
});

describe('webhook signature', () => {
  const body = Buffer.from(
    String.raw`{"object":"page","entry":[{"id":"1001","time":1764000000,"changes":[{"field":"feed","value":{"item":"comment","verb":"add","comment_id":"2001_3001","post_id":"1001_2001","parent_id":"1001_2001","from":{"id":"4001","name":"Zo\u00eb"},"message":"Caf\u00e9 \ud83d\ude00 https:\/\/example.com","created_time":1763999990}}]}]}`,
  );
  const signature = '024045b69aae9a514995467c267a903ccad678d6944476f49d89fbe64505682f';

  test('accepts the vector, with any of the secrets', () => {
    expect(body.length).toBe(321);
    expect(isSignature(`sha256=${signature}`)).toBe(true);
    expect(verifyWebhookSignature(body, `sha256=${signature}`, [secret])).toBe(true);
    expect(verifyWebhookSignature(body, `sha256=${signature}`, [old, secret])).toBe(true);
  });

  test.each([0, 1, 55, 56, 64, 65, 1_000, 1_048_576])(
    'is Node’s own HMAC of %d bytes, by any length of secret',
    length => {
      const message = randomBytes(length);
      for (const secretLength of [1, 32, 63, 64, 65, 200]) {
        // Letters of two bytes: what counts is the length in bytes.
        const text = randomBytes(secretLength).toString('latin1');
        const expected = createHmac('sha256', text).update(message).digest('hex');
        expect(verifyWebhookSignature(message, `sha256=${expected}`, [new Secret(text)])).toBe(true);
      }
    },
  );

  test('refuses the body written again as UTF-8', () => {
    const rewritten = Buffer.from(JSON.stringify(JSON.parse(body.toString())));
    expect(verifyWebhookSignature(rewritten, `sha256=${signature}`, [secret])).toBe(false);
    const wrong = 'd6b162dbd8774fbc36b461d17a69b1d9f0f59c159345ef69df22e4c973fe8191';
    expect(verifyWebhookSignature(body, `sha256=${wrong}`, [secret])).toBe(false);
  });

  test('refuses a body changed by one byte', () => {
    const changed = Buffer.from(body);
    changed[10] = changed[10]! ^ 1;
    expect(verifyWebhookSignature(changed, `sha256=${signature}`, [secret])).toBe(false);
  });

  test.each([
    ['no header', undefined],
    ['empty', ''],
    ['sha1', 'sha1=a9b43101d7a347b7c946b03a0cfb0c99eccb9cc7'],
    ['no prefix', signature],
    ['upper case', `sha256=${signature.toUpperCase()}`],
    ['too short', `sha256=${signature.slice(1)}`],
    ['too long', `sha256=${signature}0`],
    ['two headers joined', `sha256=${signature}, sha256=${signature}`],
    ['a line end', `sha256=${signature}\n`],
    ['two headers as a list', [`sha256=${signature}`, `sha256=${signature}`] as unknown as string],
  ])('refuses a header: %s', (_name, header) => {
    expect(isSignature(header)).toBe(false);
    expect(verifyWebhookSignature(body, header, [secret])).toBe(false);
  });

  test('refuses everything without a right secret', () => {
    expect(verifyWebhookSignature(body, `sha256=${signature}`, [])).toBe(false);
    expect(verifyWebhookSignature(body, `sha256=${signature}`, [old])).toBe(false);
  });
});

describe('signed_request', () => {
  const vector =
    '4ZLmcNCEiEjSz-BGDQpGdUTkSc2xN6FMtnLn6VAFfd4.eyJ1c2VyX2lkIjoiMTIyMTAwMDAwMDAwMDAxIiwiYWxnb3JpdGhtIjoiSE1BQy1TSEEyNTYiLCJpc3N1ZWRfYXQiOjE3NjQwMDAwMDB9';

  test('opens the vector, padded or not, with any of the secrets', () => {
    const opened = { userId: '122100000000001', issuedAt: new Date(1764000000_000) };
    expect(parseSignedRequest(vector, [secret])).toEqual(opened);
    expect(parseSignedRequest(vector, [old, secret])).toEqual(opened);
    expect(parseSignedRequest(vector.replace('.', '=.'), [secret])).toEqual(opened);
  });

  test('reads a numeric user id longer than 2^53', () => {
    const signed = sign('{"user_id": 10158423456789013, "algorithm":"HMAC-SHA256","issued_at":1764000000}');
    expect(parseSignedRequest(signed, [secret])?.userId).toBe('10158423456789013');
  });

  test.each([
    ['another secret', vector, [old]],
    ['no secret', vector, []],
    ['another algorithm', sign('{"user_id":"1","algorithm":"none","issued_at":1}'), [secret]],
    ['no user', sign('{"algorithm":"HMAC-SHA256","issued_at":1764000000}'), [secret]],
    ['no time', sign('{"user_id":"1","algorithm":"HMAC-SHA256"}'), [secret]],
    ['not JSON', sign('nonsense'), [secret]],
    ['JSON null', sign('null'), [secret]],
    ['no dot', vector.replace('.', ''), [secret]],
    ['empty', '', [secret]],
    ['only a dot', '.', [secret]],
    ['changed payload', `${vector.slice(0, -1)}A`, [secret]],
    ['too long', `${vector}${'A'.repeat(20_000)}`, [secret]],
  ])('refuses: %s', (_name, signedRequest, secrets) => {
    expect(parseSignedRequest(signedRequest, secrets)).toBeNull();
  });

  function sign(payload: string): string {
    const encoded = Buffer.from(payload).toString('base64url');
    return `${createHmac('sha256', secret.reveal()).update(encoded).digest('base64url')}.${encoded}`;
  }
});
