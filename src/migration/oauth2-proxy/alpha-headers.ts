import { foldHeaderName, isDroppedFromClients, isReservedHeader } from '../../core/headers/names.ts'
import type { Effect, FindingKind } from '../finding.ts'
import { claimOf } from './claims.ts'
import { type ConvertedHeaders, droppedFromClients, droppedHeaders } from './converted-headers.ts'
import { found, type OauthProxy, settingText } from './proxy.ts'
import type { AlphaItem } from './reading/alpha.ts'
import type { Setting } from './reading/setting.ts'

/** What becomes of one header: where its value comes from, or why it cannot be said. */
type Source =
  | { readonly kind: 'claim'; readonly claim: string }
  | { readonly kind: 'fixed'; readonly value: string; readonly isCopied: boolean }
  | { readonly kind: 'refused'; readonly id: string; readonly message: string }

const tokenClaims = /^(?:access_token|id_token)$/
/** What the session of oauth2-proxy has beside them, and nobody’s claims here. */
const sessionClaims = /^(?:refresh_token|created_at|expires_on)$/

/** `injectRequestHeaders`, in the form of release 7.14 (`claimSource`, `secretSource`) and in the one before. */
export function convertAlphaHeaders(headers: readonly AlphaItem[], proxy: OauthProxy): ConvertedHeaders {
  const identity: Record<string, string> = {}
  const fixed: Record<string, string> = {}
  for (const header of headers) {
    const name = textOf(header, 'name') ?? ''
    const source = sourceOf(header, name, proxy)
    if (source.kind === 'claim') identity[name] = source.claim
    else if (source.kind === 'fixed') fixed[name] = source.value
    else Object.assign(identity, droppedHeaders([name]))
    tell(header, source, proxy)
  }
  return { identity, fixed }
}

function sourceOf(header: AlphaItem, name: string, proxy: OauthProxy): Source {
  const refuse = (id: string, message: string): Source => ({
    kind: 'refused',
    id,
    message: `${message}. ${clientsNow(name)}`,
  })
  if (!/^[A-Za-z0-9-]+$/.test(name) || isReservedHeader(name))
    return refuse('header', 'a header of this name cannot be set')
  const keys = header.leaves.map(({ key }) =>
    key.replace('.claimsource.', '.').replace('.secretsource.', '.'),
  )
  if (!keys.some((key) => key.startsWith('values['))) return refuse('header', 'no header is only taken off')
  if (keys.some((key) => key.startsWith('values[1]'))) return refuse('header', 'a header has one source here')
  const odd = keys.find((key) => !/^(?:name|preserverequestvalue|values\[0\]\.\w+(?:\.\w+)?)$/.test(key))
  const claim = textOf(header, 'values[0].claim')
  const isPassword = keys.some((key) => key.startsWith('values[0].basicauthpassword'))
  if (isPassword || (claim !== null && sessionClaims.test(claim)))
    return refuse(
      'token',
      'passwords, refresh tokens and times of tokens never leave the gateway; the app checks `shared_secret`',
    )
  if (claim !== null && tokenClaims.test(claim) && foldHeaderName(name) === 'authorization')
    return refuse(
      'token',
      `no token goes into Authorization: send \`${claim}\` by \`identity_headers\` in a header of another name`,
    )
  if (textOf(header, 'values[0].prefix') !== null)
    return refuse('header', 'a prefix cannot be put in front of a claim')
  if (claim !== null) return { kind: 'claim', claim: tokenClaims.test(claim) ? claim : claimOf(claim, proxy) }
  const isKnown = keys.every((key) => !key.startsWith('values') || /\.(?:value|fromenv|fromfile)$/.test(key))
  if (odd !== undefined || !isKnown) return refuse('header', 'where its value comes from is not known here')
  return fixedSource(header, name, proxy)
}

/** What becomes of the header when a client sends it, which was overwritten before. */
function clientsNow(name: string): string {
  if (isDroppedFromClients(foldHeaderName(name))) return 'The gateway drops it from what clients send'
  const isDropped = Object.hasOwn(droppedHeaders([name]), name)
  return isDropped
    ? `It is ${droppedFromClients}`
    : 'What clients send under this name reaches the app as it came'
}

function fixedSource(header: AlphaItem, name: string, proxy: OauthProxy): Source {
  const file = textOf(header, 'values[0].fromfile')
  if (file !== null) return { kind: 'fixed', value: `\${file:${file}}`, isCopied: false }
  const written = textOf(header, 'values[0].fromenv')
  const variable = written ?? `HEADER_${name.toUpperCase().replaceAll('-', '_')}`
  proxy.variable({ name: variable, purpose: `the value of the header ${name}` })
  return { kind: 'fixed', value: `\${env:${variable}}`, isCopied: written === null }
}

/** The name bears what became of the header; every other leaf has a line of its own. */
function tell(header: AlphaItem, source: Source, proxy: OauthProxy): void {
  const say = (leaf: Setting, id: string, kind: FindingKind, message: string, effect?: Effect): void =>
    proxy.report(found(id, kind, leaf.at, settingText(leaf), message, effect ?? null))
  const [first, ...others] = header.leaves.toSorted((one, other) => order(one) - order(other))
  if (first === undefined) return
  if (source.kind === 'refused') say(first, source.id, 'not-convertible', source.message, 'either')
  else if (source.kind === 'claim') say(first, 'kept', 'kept', '`identity_headers`')
  else if (source.isCopied)
    say(
      first,
      'header-fixed',
      'changed',
      `\`upstream.headers\`; the value may be a secret and is not copied: ${source.value}`,
    )
  else say(first, 'kept', 'kept', '`upstream.headers`')
  for (const leaf of others) {
    const isPreserved = leaf.key === 'preserverequestvalue' && leaf.values[0] === 'true'
    if (isPreserved && source.kind !== 'refused')
      say(
        leaf,
        'header-preserved',
        'changed',
        'what the client sends under this name is never passed on',
        'stricter',
      )
    else if (source.kind === 'refused') say(leaf, 'header', 'not-needed', 'see the name of the header')
    else say(leaf, 'kept', 'kept', 'as the header’s name says')
  }
}

function order({ key }: Setting): number {
  return key === 'name' ? 0 : 1
}

/** The text of a leaf in either form; null when it is empty or not there. */
function textOf({ leaves }: AlphaItem, key: string): string | null {
  const forms = ['', '.claimsource', '.secretsource'].map((nested) =>
    key.replace(/^values\[0\]/, `$&${nested}`),
  )
  const text = leaves.find((leaf) => forms.includes(leaf.key))?.values[0] ?? ''
  return text === '' ? null : text
}
