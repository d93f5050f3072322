import type { Credential } from '../../core/credential/credential.ts'
import type { Location } from '../../core/gateway.ts'
import type { Cors } from '../../core/headers/cors.ts'
import { letsInNobody } from '../../core/rules/without-credential.ts'
import type { ConfigPath } from '../node.ts'
import type { Place } from './forwarding-place.ts'
import { faultAt, faultAtKey, isWritten, type Scope, warnAt } from './scope.ts'

export function buildCors(cors: 'deny' | 'keys' | readonly string[]): Cors {
  if (typeof cors !== 'string') return { kind: 'origins', origins: cors }
  return { kind: cors }
}

/** What `cors` and the keys beside it may not be, at an app and its locations. `ofApp`: where the app's own key stands. */
export function checkCors(scope: Scope, ofApp: (key: string) => ConfigPath, places: readonly Place[]): void {
  const isDenied = ({ location }: Place) => location.forwarding.cors.kind === 'deny'
  for (const place of places) {
    if (place.path !== null) checkWrittenBeside(scope, place.path, place.location)
    if (place.location.forwarding.cors.kind === 'keys') checkKeys(scope, ofApp('cors'), place)
  }
  warnOfUnreadable(scope, ofApp('credentials'), places)
  const app = ofApp('cors').slice(0, -1)
  const preflight = [...app, 'cors_preflight']
  if (isWritten(scope, preflight) && isWritten(scope, [...app, 'cors']) && !places.every(isDenied))
    faultAtKey(scope, preflight, replaced)
  const headers = ofApp('cors_headers')
  if (isWritten(scope, headers) && places.every(isDenied)) faultAtKey(scope, headers, meaningless)
}

const replaced = '`cors` replaces it: the gateway answers preflights itself; leave one of both out'
const meaningless = 'means nothing where `cors` is `deny`: write which origins may call'

/** A page that may read no answer has no use for its token: before any request of it a browser asks whether it may call. */
function warnOfUnreadable(scope: Scope, ofApp: ConfigPath, places: readonly Place[]): void {
  const told = new Set<ConfigPath>()
  for (const { path, location } of places) {
    const { access, credentials, forwarding } = location
    if (!credentials.includes('widget') || forwarding.cors.kind !== 'deny') continue
    if (access.kind === 'anyone' || access.kind === 'nobody') continue
    const own = path === null ? ofApp : [...path, 'credentials']
    const at = isWritten(scope, own) ? own : ofApp
    if (told.has(at)) continue
    told.add(at)
    const message =
      'lists `widget`, and pages of other origins may call nothing where `cors` is `deny`: write `cors: keys` or a list of origins'
    warnAt(scope, at, message)
  }
}

function checkWrittenBeside(scope: Scope, path: ConfigPath, { forwarding }: Location): void {
  const isDenied = forwarding.cors.kind === 'deny'
  const [preflight, headers] = [
    [...path, 'cors_preflight'],
    [...path, 'cors_headers'],
  ]
  if (!isDenied && isWritten(scope, preflight)) faultAtKey(scope, preflight, replaced)
  if (isDenied && isWritten(scope, headers)) faultAtKey(scope, headers, meaningless)
}

/** What no browser adds by itself, whoever asks it to. `Basic` is kept by browsers, and a certificate shown to all. */
const provesItself: ReadonlySet<Credential> = new Set(['api_key', 'bearer', 'widget'])

/** Whoever is answered from anywhere has to prove who it is by what no browser adds by itself. */
function checkKeys(scope: Scope, ofApp: ConfigPath, { path, location }: Place): void {
  const own = path === null ? ofApp : [...path, 'cors']
  const at = isWritten(scope, own) ? own : path
  const { access, credentials } = location
  if (at === null || access.kind === 'nobody') return
  const where = at === path ? '`cors: keys` of the app holds here too, and ' : ''
  const instead = at === path ? 'write `cors: deny` or a list of origins here' : 'list the origins instead'
  if (!credentials.every((one) => provesItself.has(one)))
    faultAt(
      scope,
      at,
      `${where}any page is answered only where \`credentials\` lists nothing but \`api_key\`, \`bearer\` and \`widget\`: ${instead}`,
    )
  else if (letsInNobody(access))
    faultAt(
      scope,
      at,
      `${where}any page is answered only where nobody gets in without a key or token, and here somebody may: ${instead}`,
    )
}
