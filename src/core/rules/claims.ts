import { isList, isObject, type Json } from '../json.ts'

/** What a provider says of a person. Own properties only; a key `__proto__` is never looked up. */
export type Claims = { readonly [claim: string]: Json }

/** A claim path as written, such as `realm_access.roles`; resolution is by the claims' own keys. */
export type ClaimPath = string

/**
 * What a claim path leads to. `missing`: nothing there, or `null`. `one`: a scalar or an object. `list`: the claim's
 * own list, or what was joined from a list of objects; there `null` stands for a member that lacks the rest of the path.
 * `reached` is false for a path through a list of which no member has the rest: then nothing is there, whatever is known.
 */
export type Found =
  | { readonly kind: 'missing' }
  | { readonly kind: 'one'; readonly value: Exclude<Json, null | readonly Json[]> }
  | { readonly kind: 'list'; readonly elements: readonly Json[]; readonly reached: boolean }

const missing: Found = { kind: 'missing' }

/**
 * Looks a claim path up. At each object the longest own key that equals the rest of the path up to a dot or its end
 * is taken, without backtracking: so `https://x.example/roles` and `resource_access.my.client.roles` both work.
 * A step on a list of objects looks into each and joins what it finds; lists in lists are not entered.
 * Never throws, never follows a prototype.
 */
export function lookUp(claims: Claims, path: ClaimPath): Found {
  const key = longestOwnKey(claims, path)
  const value = key === null ? undefined : claims[key]
  if (key === null || value === undefined) return missing
  if (key.length === path.length) return toFound(value)
  const rest = path.slice(key.length + 1)
  if (isList(value)) return joined(value.map((member) => (isObject(member) ? lookUp(member, rest) : missing)))
  return isObject(value) ? lookUp(value, rest) : missing
}

/** The same as a plain value; undefined when it is missing. */
export function claimAt(claims: Claims, path: ClaimPath): Json | undefined {
  const found = lookUp(claims, path)
  switch (found.kind) {
    case 'missing':
      return undefined
    case 'one':
      return found.value
    case 'list':
      return found.elements
  }
}

/** What the members of a list of objects have, as one list. */
function joined(members: readonly Found[]): Found {
  return { kind: 'list', elements: members.flatMap(addedBy), reached: members.some(isThere) }
}

/** Whether the path leads to anything but `null`; for `exists`, which is never unknown. */
export function isThere(found: Found): boolean {
  switch (found.kind) {
    case 'missing':
      return false
    case 'one':
      return true
    case 'list':
      return found.reached
  }
}

/** What one member adds to the joined list. */
function addedBy(found: Found): readonly Json[] {
  switch (found.kind) {
    case 'missing':
      return [null]
    case 'one':
      return [found.value]
    case 'list':
      return found.elements
  }
}

/** The own key that a path takes at this object; null when it leads to nothing. */
export function longestOwnKey(claims: Claims, path: ClaimPath): string | null {
  for (let end = path.length; end >= 0; end = end === 0 ? -1 : path.lastIndexOf('.', end - 1)) {
    const key = path.slice(0, end)
    // JSON.parse makes `__proto__` an own key; nothing good was ever found there.
    if (key !== '__proto__' && Object.hasOwn(claims, key)) return key
  }
  return null
}

function toFound(value: Json): Found {
  if (value === null) return missing
  return isList(value) ? { kind: 'list', elements: value, reached: true } : { kind: 'one', value }
}

/** RFC 6749 section 3.3: words with spaces between them. `has_word` reads a text the same way. */
export function toWords(text: string): readonly string[] {
  return text.split(' ').filter((word) => word !== '')
}

/**
 * What a rule sees under a path: as `lookUp`, but `scope` and `scp` are lists of words, whether the provider sent
 * one text or a list.
 */
export function lookUpForRule(claims: Claims, path: ClaimPath): Found {
  const found = lookUp(claims, path)
  if (path !== 'scope' && path !== 'scp') return found
  switch (found.kind) {
    case 'missing':
      return found
    case 'one':
      return typeof found.value === 'string' ? toFound(toWords(found.value)) : found
    case 'list':
      return { ...found, elements: found.elements.flatMap(splitText) }
  }
}

function splitText(element: Json): readonly Json[] {
  return typeof element === 'string' ? toWords(element) : [element]
}
