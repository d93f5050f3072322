import type { App, Gateway, Origin, ProviderSettings } from '../gateway.ts'
import { isList, isObject, type Json } from '../json.ts'
import { pathsForKeys } from '../keys/copied-paths.ts'
import { type ClaimPath, type Claims, longestOwnKey } from '../rules/claims.ts'
import { namedClaims } from '../rules/named-claims.ts'
import { claimsOfStepUp, type StepUp } from '../step-up.ts'

/** What sessions of an origin are judged and shown by. */
type ClaimNaming = {
  readonly gateway: Pick<Gateway, 'shadow' | 'apiKeys'>
  readonly origin: Pick<Origin, 'origin' | 'apps'>
  readonly provider: Pick<ProviderSettings, 'name' | 'userId' | 'displayName'>
}

/** Whether an address counts hangs on both, and `/.auth/me` tells of it whoever names them. */
const always: readonly ClaimPath[] = ['email', 'email_verified']

/**
 * Every claim path by which a session of this origin and provider is judged, passed on or shown: rules, those that are
 * rehearsed too, step-ups, identity headers, assertions, limits, the user id, the name on pages, and what keys of that
 * person take over. Sorted, each once. What comes to name claims belongs here: a claim that is missing because nobody
 * kept it could let somebody in.
 */
export function claimsToKeep({ gateway, origin, provider }: ClaimNaming): readonly ClaimPath[] {
  const rehearsed = gateway.shadow?.origins.get(origin.origin)?.apps ?? []
  const named = [...namedClaims(origin.apps), ...namedClaims(rehearsed)]
  const stepUps = [...stepUpsOf(origin.apps), ...stepUpsOf(rehearsed)].flatMap(claimsOfStepUp)
  const copied = pathsForKeys(gateway.apiKeys, provider)
  // The page of one's own keys asks how old a sign-in is.
  const isThere = gateway.apiKeys?.selfService?.at === origin.origin
  const keys = isThere ? [...copied, 'auth_time'] : copied
  const own = [provider.userId, ...provider.displayName]
  return [...new Set([...always, ...named, ...stepUps, ...keys, ...own])].sort()
}

/** Those of the scopes that a sign-in brought by which some step-up of this origin is judged. */
export function scopesToKeep(
  { gateway, origin }: { readonly gateway: Pick<Gateway, 'shadow'>; readonly origin: ClaimNaming['origin'] },
  granted: readonly string[],
): readonly string[] {
  const rehearsed = gateway.shadow?.origins.get(origin.origin)?.apps ?? []
  const wanted = [...stepUpsOf(origin.apps), ...stepUpsOf(rehearsed)].flatMap(({ scopes }) => scopes)
  return granted.filter((scope) => wanted.includes(scope))
}

function stepUpsOf(apps: readonly App[]): readonly StepUp[] {
  return apps.flatMap(({ fallback, allLocations }) =>
    [fallback, ...allLocations].flatMap(({ stepUp }) => (stepUp === null ? [] : [stepUp])),
  )
}

/** Whether all that is wanted was kept: a path within a kept one need not lead to what it led to before. */
export function keepsAll(kept: readonly ClaimPath[], wanted: readonly ClaimPath[]): boolean {
  const known = new Set(kept)
  return wanted.every((path) => known.has(path))
}

/** The least of the claims in which each of these paths leads to what it leads to in all of them. */
export function keepClaims(claims: Claims, paths: readonly ClaimPath[]): Claims {
  const whole = new Set<string>()
  const within = new Map<string, ClaimPath[]>()
  for (const path of paths) {
    const key = longestOwnKey(claims, path)
    if (key === null) continue
    if (key.length === path.length) whole.add(key)
    else within.set(key, [...(within.get(key) ?? []), path.slice(key.length + 1)])
  }
  const kept: Record<string, Json> = {}
  for (const key of new Set([...whole, ...within.keys()])) {
    const value = claims[key]
    if (value !== undefined) kept[key] = whole.has(key) ? value : keepWithin(value, within.get(key) ?? [])
  }
  return kept
}

/** What no path goes into stays no object; its text is nobody's business. */
function keepWithin(value: Json, paths: readonly ClaimPath[]): Json {
  if (isList(value)) return value.map((member) => (isClaims(member) ? keepClaims(member, paths) : null))
  return isClaims(value) ? keepClaims(value, paths) : null
}

function isClaims(value: Json): value is Claims {
  return isObject(value)
}
