import { expect, test } from 'vitest';
import { dialogUrl, requiredScopes } from './dialog.ts';
import { missingFields, subscribedFields } from './subscribed-fields.ts';

const input = {
  dialogUrl: 'https://www.facebook.com',
  version: 'v25.0',
  appId: '257000000000001',
  redirectUri: 'https://app.example/facebook/oauth/callback',
  state: 'a b&c',
  asks: { scopes: requiredScopes },
};

test('the dialog gets every parameter, encoded', () => {
  const url = new URL(dialogUrl({ ...input, authType: 'reauthorize' }));
  expect(url.origin + url.pathname).toBe('https://www.facebook.com/v25.0/dialog/oauth');
  expect(Object.fromEntries(url.searchParams)).toEqual({
    client_id: '257000000000001',
    redirect_uri: 'https://app.example/facebook/oauth/callback',
    state: 'a b&c',
    response_type: 'code',
    scope: requiredScopes.join(','),
    auth_type: 'reauthorize',
  });
});

test('Login for Business names its configuration in place of scopes', () => {
  const url = new URL(dialogUrl({ ...input, asks: { configId: '900000000000001' } }));
  expect(url.searchParams.has('scope')).toBe(false);
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    config_id: '900000000000001',
    response_type: 'code',
    override_default_response_type: 'true',
  });
});

test('no auth_type on the first connection, no double slash after the origin', () => {
  const url = dialogUrl({ ...input, dialogUrl: 'http://127.0.0.1:4001/' });
  expect(url).not.toContain('auth_type');
  expect(url.startsWith('http://127.0.0.1:4001/v25.0/dialog/oauth?')).toBe(true);
});

test('missing fields of a subscription', () => {
  expect(missingFields(null)).toEqual([...subscribedFields]);
  expect(missingFields([...subscribedFields, 'leadgen'])).toEqual([]);
  expect(missingFields(subscribedFields.filter(field => field !== 'messages'))).toEqual(['messages']);
});
