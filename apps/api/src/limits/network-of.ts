import { isIPv6 } from 'node:net';

const longestAddress = 64;

/**
 * Whose requests count together: an IPv4 address alone, an IPv6 address with its /64, which is what one customer of a
 * provider gets.
 */
export function networkOf(ip: string): string {
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip) ?? [];
  if (mapped) return mapped;
  if (!isIPv6(ip)) return ip.slice(0, longestAddress);
  const [left = '', right] = ip.split('%', 1)[0]!.split('::');
  const before = left === '' ? [] : left.split(':');
  const after = right ? right.split(':') : [];
  const zeros = Array<string>(Math.max(8 - before.length - after.length, 0)).fill('0');
  const network = [...before, ...zeros, ...after].slice(0, 4).map(group => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}
