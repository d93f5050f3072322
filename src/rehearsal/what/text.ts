import type { Credential } from '../../core/credential/credential.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Person } from '../../http/admission/probe.ts'
import { asksForAddress, isBoundToNetworks } from '../explain/explanation.ts'
import { toldSections } from '../explain/told.ts'
import { columns, wrap } from '../who/layout.ts'
import type { AppReach, LocationReach } from './reach.ts'

/** Whose reach it is. */
export interface ReachOf {
  readonly provider: string
  readonly credential: Credential
  readonly client_ip: string | null
  readonly user_id_fault: string | null
}

/** What somebody can open, for people: a table an app. */
export function reachText(
  gateway: Gateway,
  asked: ReachOf,
  apps: readonly AppReach[],
  person: Person,
): string {
  const from = asked.client_ip === null ? '' : `, from ${asked.client_ip}`
  const tables = apps.map(({ app, url, locations }) => {
    const rows = locations.map(({ location, access, because }) => [
      location,
      access.replace('_', '-'),
      because,
    ])
    return [`${app}  ${url}\n${columns(rows)}`, ...toldTexts(locations)].join('')
  })
  const lead = `${leads[asked.credential]} ${asked.provider}${from}\n${faultText(gateway, asked)}`
  return [lead, ...tables, ...addressNote(gateway, asked, person)].join('\n')
}

/** What the app is told beside headers: once for all places where it is the same, else with these. */
function toldTexts(locations: readonly LocationReach[]): readonly string[] {
  const told = locations.flatMap((one) =>
    toldSections(one).map((section) => ({ ...section, at: one.location })),
  )
  const places = Map.groupBy(told, ({ title }) => title)
  return [...Map.groupBy(told, ({ title, rows }) => JSON.stringify([title, rows])).values()].flatMap(
    (same) => {
      const [first] = same
      if (first === undefined) return []
      const isAll = same.length === places.get(first.title)?.length
      const where = isAll ? '' : `, at ${same.map(({ at }) => at).join(', ')}`
      const none = first.rows.length === 0 ? ': none, as nobody is known here' : ''
      return [`${wrap(`${first.title}${where}${none}`, '  ')}\n`, columns(first.rows, '    ')]
    },
  )
}

const leads: Readonly<Record<Credential, string>> = {
  session: 'Signed in with',
  bearer: 'By an access token of',
  api_key: 'By an API key of',
  exchange: 'By a pair of',
  widget: 'By the widget token of an API key of',
  client_certificate: 'By a certificate, vouched for by',
}

function faultText(gateway: Gateway, { provider, user_id_fault }: ReachOf): string {
  if (user_id_fault === null) return ''
  const claim = gateway.providers.get(provider)?.userId ?? 'sub'
  const sentence = `The sign-in itself fails: the user id is read from ${claim}, and ${user_id_fault}.`
  return `${wrap(`${sentence} What follows is what the rules say.`)}\n`
}

function addressNote({ apps }: Gateway, { client_ip }: ReachOf, person: Person): readonly string[] {
  const matters = apps.some(({ allLocations, fallback }) => [fallback, ...allLocations].some(asksForAddress))
  if (client_ip !== null || !(matters || isBoundToNetworks(person))) return []
  return [`${wrap('No --client-ip was given: no condition on the address can be met.', 'note: ')}\n`]
}
