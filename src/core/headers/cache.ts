/** RFC 9111: what keeps an answer that depended on a session out of caches that more than one person reads. */

// Said to caches in front of us, over the head of Cache-Control.
const sharedCacheHeaders: ReadonlySet<string> = new Set([
  ...['surrogate-control', 'cdn-cache-control', 'cloudflare-cdn-cache-control', 'vercel-cdn-cache-control'],
  ...['netlify-cdn-cache-control', 'edge-control'],
])

/**
 * What an answer gets that says nothing of caching. The next person at this browser has another cookie, the next program
 * another key: `dependsOn` are the request headers that say who asks; of a certificate no header says it.
 */
export function privateHeaders(dependsOn: readonly string[]): readonly string[] {
  const varies = dependsOn.length === 0 ? [] : ['Vary', dependsOn.join(', ')]
  return ['Cache-Control', 'private', ...varies]
}

/** Whether a header of this folded name concerns caching as we change it. */
export function saysCaching(folded: string): boolean {
  return folded === 'cache-control' || folded === 'vary' || sharedCacheHeaders.has(folded)
}

/** A flat list of headers with what the app said of caching made private; `dependsOn` as for `privateHeaders`. */
export function madePrivate(headers: readonly string[], dependsOn: readonly string[]): string[] {
  const kept: string[] = []
  const control: string[] = []
  const varies: string[] = []
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? ''
    const value = headers[i + 1] ?? ''
    const lower = name.toLowerCase()
    if (lower === 'cache-control') control.push(value)
    else if (!sharedCacheHeaders.has(lower)) kept.push(name, value)
    if (lower === 'vary') varies.push(...value.split(',').map((varied) => varied.trim().toLowerCase()))
  }
  kept.push('Cache-Control', privateCacheControl(control.join(',')))
  const missing = varies.includes('*') ? [] : dependsOn.filter((one) => !varies.includes(one.toLowerCase()))
  if (missing.length > 0) kept.push('Vary', missing.join(', '))
  return kept
}

// Quoted strings may hold commas.
const directive = /(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g
const sharedDirectives: ReadonlySet<string> = new Set(['public', 'private', 's-maxage', 'proxy-revalidate'])

/**
 * `public`, `s-maxage` and a `private` for single fields go, lifetimes stay, and an explicit `no-store` stays what it
 * is: it forbids more than `private` does.
 */
function privateCacheControl(value: string): string {
  const directives = (value.match(directive) ?? []).map((text) => text.trim()).filter((text) => text !== '')
  const kept = directives.filter((text) => !sharedDirectives.has(nameOf(text)))
  const stored = !kept.some((text) => nameOf(text) === 'no-store')
  return (stored ? ['private', ...kept] : kept).join(', ')
}

function nameOf(directive: string): string {
  return (directive.split('=')[0] ?? '').trim().toLowerCase()
}
