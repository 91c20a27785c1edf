import { type Judgement, warning, well } from '../judgement.ts';

/**
 * @param first the ring's key that wraps what is new
 * @param inUse the keys that wrap data keys now
 */
export function judgeKeys(first: string, inUse: readonly string[]): Judgement {
  const old = inUse.filter(id => id !== first);
  if (old.length === 0) return well(`${first} wraps every data key`);
  const verb = old.length === 1 ? 'wraps' : 'wrap';
  return warning(`${old.join(', ')} still ${verb} data keys`, `pagekeeper keys rotate wraps them with ${first}.`);
}
