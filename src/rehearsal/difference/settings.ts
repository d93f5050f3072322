import type { App, Gateway, Origin } from '../../core/gateway.ts'
import { assertionFacts } from './assertion-facts.ts'
import { secretText } from './digest.ts'
import type { Effect } from './effect.ts'
import { effectOf, type Facts, named, textOf } from './fact.ts'
import { gatewayFacts } from './gateway-facts.ts'
import { locationFacts } from './location-facts.ts'
import { providerFacts } from './provider-facts.ts'
import { aroundFact, upstreamFacts } from './upstream-facts.ts'

/** One thing that a file says beside its rules and that people or apps notice. */
export interface SettingChange {
  /** `app wiki`, `wiki /admin`, `provider acme`, `https://wiki.example.com`, `the gateway`. */
  readonly subject: string
  readonly setting: string
  /** Null: not there. */
  readonly before: string | null
  readonly after: string | null
  /** What that does to those who are signed in; null: neither, or it is not known. */
  readonly effect: Effect | null
}

type FactsBySubject = ReadonlyMap<string, Facts>

/** What means nothing at a location where nobody is told apart. */
const ofSignIn: ReadonlySet<string> = new Set([
  'unauthenticated',
  'credentials',
  'resume',
  'max_resumed_body',
])

/** What changes for the apps, for signing in, and for sessions; secrets are told apart and never shown. */
export function settingChanges(before: Gateway, after: Gateway): readonly SettingChange[] {
  const [old, now] = [factsOf(before), factsOf(after)]
  const subjects = [...new Set([...old.keys(), ...now.keys()])]
  return subjects.flatMap((subject): readonly SettingChange[] => {
    const [was, is] = [old.get(subject), now.get(subject)]
    if (was === undefined || is === undefined) {
      // Of a location that came or went the rules say it.
      if (subject.includes(' /') || subject.endsWith(' *')) return []
      const there = (facts: unknown) => (facts === undefined ? null : 'there')
      return [{ subject, setting: 'the whole of it', before: there(was), after: there(is), effect: null }]
    }
    // A location that nobody reaches passes nothing on.
    if (was.size === 0 || is.size === 0) return []
    const settings = [...new Set([...was.keys(), ...is.keys()])]
    return settings.flatMap((setting) => {
      const [one, other] = [was.get(setting) ?? null, is.get(setting) ?? null]
      // Where nobody is asked to sign in it means nothing.
      if (ofSignIn.has(setting) && (one === null || other === null)) return []
      const [before, after] = [textOf(one), textOf(other)]
      return before === after ? [] : [{ subject, setting, before, after, effect: effectOf(one, other) }]
    })
  })
}

function factsOf(gateway: Gateway): FactsBySubject {
  const origins = new Set(gateway.hosts.values())
  return new Map([
    ['the gateway', gatewayFacts(gateway)] as const,
    ...[...gateway.providers.values()].map((one) => [`provider ${one.name}`, providerFacts(one)] as const),
    ...[...origins].map((origin) => [origin.origin, originFacts(origin)] as const),
    ...gateway.apps.flatMap((app) => [
      [`app ${app.name}`, appFacts(app)] as const,
      ...[...app.allLocations, app.fallback].map(
        (location) => [`${app.name} ${location.label}`, locationFacts(location)] as const,
      ),
    ]),
  ])
}

function originFacts(origin: Origin): Facts {
  return named({
    'redirect URI': origin.redirectUris.map(({ uri }) => uri).join(', '),
    'post-logout redirect URI': origin.postLogoutRedirectUri,
    idle_timeout: `${origin.idleTimeoutSeconds}s`,
    max_lifetime: `${origin.maxLifetimeSeconds}s`,
  })
}

function appFacts({
  url,
  upstream,
  sharedSecret,
  identityAssertion,
  providers,
  allowEncoded,
  title,
  contact,
  ignoreCase,
  keepFragment,
}: App): Facts {
  return named({
    url,
    provider: providers.join(', '),
    ...upstreamFacts(upstream),
    'reached around the gateway by': aroundFact({ upstream, sharedSecret, identityAssertion }),
    shared_secret: sharedSecret && `${sharedSecret.header}: ${secretText(sharedSecret.value)}`,
    ...assertionFacts(identityAssertion),
    allow_encoded: [...allowEncoded].join(' ') || null,
    title,
    contact,
    ignore_case: String(ignoreCase),
    keep_fragment: String(keepFragment),
  })
}
