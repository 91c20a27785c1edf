const dateTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });
const utcDate = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

export const formatDateTime = (iso: string): string => dateTime.format(new Date(iso));
export const formatDate = (iso: string): string => date.format(new Date(iso));
/** Of days that are counted in UTC, wherever one looks at them. */
export const formatUtcDate = (iso: string): string => utcDate.format(new Date(iso));

const steps: [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** "3 hours ago", "in 12 days". */
export function formatDistance(iso: string, now = Date.now()): string {
  const seconds = (new Date(iso).getTime() - now) / 1_000;
  const [unit, size] = steps.find(([, each]) => Math.abs(seconds) >= each) ?? [null, 1];
  return unit ? relative.format(Math.round(seconds / size), unit) : seconds > 0 ? 'in a moment' : 'just now';
}

/** "3 hours", "less than a minute": between two moments, or from one until now. */
export function formatDuration(from: string, to?: string): string {
  const seconds = Math.max((to ? Date.parse(to) : Date.now()) - Date.parse(from), 0) / 1_000;
  const [unit, size] = steps.find(([, each]) => seconds >= each) ?? [null, 1];
  return unit ? plural(Math.round(seconds / size), unit) : 'less than a minute';
}

/** "member.role_changed" → "Member role changed". */
export function sentence(words: string): string {
  const text = words
    .replaceAll(/[._]/g, ' ')
    .replace(/\bapi\b/, 'API')
    .replace(/\bfacebook\b/, 'Facebook');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const plural = (count: number, noun: string): string =>
  `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
