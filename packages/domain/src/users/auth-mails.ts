import type { Mail } from '../mail/render-mail.ts';

// No name stands in them: whoever signs up with somebody else's address could write to that person through it.

/** To a new account's address. */
export const confirmAddress = (to: string, url: string): Mail => ({
  to,
  subject: 'Confirm your e-mail address',
  paragraphs: ['Somebody, hopefully you, made an account with this address. Please confirm that it is yours.'],
  action: { label: 'Confirm the address', url },
  footnote: 'The button works for a day. If it was not you, ignore this mail: nobody else can confirm the address.',
});

export const chooseNewPassword = (to: string, url: string): Mail => ({
  to,
  subject: 'Choose a new password',
  paragraphs: ['Somebody, hopefully you, asked for a new password for your account.'],
  action: { label: 'Choose a new password', url },
  footnote: 'The button works once, for an hour. If it was not you, ignore this mail: your password stays as it is.',
});

/** To the address that an account is to have. */
export const confirmNewAddress = (to: string, url: string): Mail => ({
  to,
  subject: 'Confirm your new e-mail address',
  paragraphs: ['An account is to have this address from now on. Please confirm that it is yours.'],
  action: { label: 'Use this address', url },
  footnote: 'The button works for a day. If you asked for nothing, ignore this mail.',
});

/** To the address that an account has. */
export const tellOldAddress = (to: string, newAddress: string, url: string): Mail => ({
  to,
  subject: 'Your e-mail address is about to change',
  paragraphs: [
    `Somebody, hopefully you, asked to change the address of your account to ${newAddress}. It changes as soon as the new one is confirmed.`,
    'If it was not you, change your password now. That makes the confirmation useless and ends all other sessions.',
  ],
  action: { label: 'Open Pagekeeper', url },
  footnote: 'You get this mail since your account has this address.',
});
