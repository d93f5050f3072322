import type { YamlValue } from '../../yaml.ts'
import type { Access } from '../access/access.ts'
import { lastOf, wordsOf } from '../reading/last.ts'
import type { Directive } from '../reading/tree.ts'

/** As much as httpd kept of a form. */
const mostBytes = 1_048_576

type Keys = { readonly [key: string]: YamlValue }

/** `OIDCPreservePost` of the host, for an app; `maxBody` is the app’s own limit. */
export function resumeKeys(directives: readonly Directive[], maxBody: number | null): Keys {
  return keysFor(isOn(directives), maxBody)
}

/** The same of the sections of one location, where it asks people to sign in and says something else than its app. */
export function resumeKeysAt(
  directives: readonly Directive[],
  accesses: readonly Access[],
  ofHost: readonly Directive[],
): Keys {
  const own = directives.filter(isPreservePost)
  const asks = accesses.every((access) => access.unauthenticated === 'sign_in' && asksToSignIn(access))
  if (own.length === 0 || !asks || isOn(own) === isOn(ofHost)) return {}
  return isOn(own) === true ? { resume: 'forms', ...keysFor(true, null) } : keysFor(isOn(own), null)
}

function asksToSignIn({ require }: Access): boolean {
  return require !== 'maybe_signed_in' && require.kind !== 'open' && require.kind !== 'never'
}

function isPreservePost({ key }: Directive): boolean {
  return key === 'oidcpreservepost'
}

/** Null: it is not said. */
function isOn(directives: readonly Directive[]): boolean | null {
  if (lastOf(directives, 'OIDCPreservePost') === null) return null
  return wordsOf(directives, 'OIDCPreservePost')[0]?.toLowerCase() === 'on'
}

function keysFor(on: boolean | null, maxBody: number | null): Keys {
  if (on === null) return {}
  if (!on) return { resume: 'none' }
  return maxBody !== null && maxBody < mostBytes ? {} : { max_resumed_body: '1MiB' }
}
