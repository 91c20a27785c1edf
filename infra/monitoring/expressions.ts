/** Words of PromQL that stand where a metric could. */
const words = new Set(['and', 'or', 'unless', 'by', 'without', 'on', 'ignoring', 'offset', 'bool', 'inf', 'nan']);

const matchers = /\{[^}]*\}/g;
const groupings = /\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;

/** The metrics that a PromQL expression reads. */
export function metricsOf(expr: string): string[] {
  const bare = expr
    .replaceAll(matchers, ' ')
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .replaceAll(groupings, ' ');
  const names = [...bare.matchAll(/\b([a-zA-Z_:][\w:]*)\b(?!\s*\()/g)].map(([, name]) => name!);
  return [...new Set(names.filter(name => !words.has(name)))];
}

/** The labels that it selects or groups by. */
export function labelsOf(expr: string): string[] {
  const selected = [...expr.matchAll(matchers)].flatMap(([text]) => [...text.matchAll(/(\w+)\s*[=!]/g)]);
  const grouped = [...expr.matchAll(groupings)].flatMap(([, , list]) => [...list!.matchAll(/(\w+)/g)]);
  return [...new Set([...selected, ...grouped].map(([, label]) => label!))];
}
