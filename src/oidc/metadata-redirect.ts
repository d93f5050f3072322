/**
 * Where a redirect of the metadata leads, when it stays at one of these origins; null for any other. What is read at the
 * same origin is the provider's own word as before; elsewhere somebody else could speak (RFC 9700 4.4).
 */
export function sameOriginTarget(
  location: string | null,
  asked: string,
  origins: readonly string[],
): string | null {
  const target = location === null || location === '' ? null : URL.parse(location, asked)
  if (target === null || target.username !== '' || target.password !== '') return null
  target.hash = ''
  return origins.includes(target.origin) ? target.href : null
}

/** RFC 9110 15.4: the statuses whose `Location` is where to ask instead. */
export const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
