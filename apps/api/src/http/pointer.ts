/** A key as it stands in a JSON pointer (RFC 6901). */
export const pointerPart = (key: PropertyKey): string => String(key).replaceAll('~', '~0').replaceAll('/', '~1');
