import type { Command, Io } from '../cli/command.ts'
import { askingOptions, loadToAsk } from '../cli/load.ts'
import { type OptionSpecs, optionsHelp, readOptions } from '../cli/options.ts'
import type { App, Gateway, Location } from '../core/gateway.ts'
import { rejectReasons } from '../core/reason.ts'
import { type ProbeResult, probe } from '../http/admission/probe.ts'
import { accessAt, judgingLocations, type PlaceAccess } from '../rehearsal/who/access.ts'
import { accessJson, accessText } from '../rehearsal/who/report.ts'
import { readUrl } from '../rehearsal/who/url.ts'

const specs = {
  all: {
    type: 'boolean',
    help: 'every location of every app: commit it beside the rules, and a review shows whose access a change gives and takes',
  },
  ...askingOptions,
} as const satisfies OptionSpecs

const usage = `Usage: claimgate who METHOD URL [-c FILE] [--json]
       claimgate who --all [-c FILE] [--json]

Who is let in: the smallest sets of claims, providers and addresses that open a page. The order of
the lines depends on what the rules say alone, so that two versions of it can be compared.

${optionsHelp(specs)}
Exit status: 0 somebody is let in, 1 nobody is, 2 wrong usage or a configuration with faults.

JSON: {method, url, app, location, access: anyone | maybe_signed_in | rule | nobody | gateway |
rejected, reason, sets: [[{kind, claim, not, text}]], complete}; with --all a list of {url, app, …}.
`

export const command: Command = {
  name: 'who',
  summary: 'who may open a page: the smallest sets of claims',
  usage,
  run: async (args, io) => {
    const read = readOptions(command, specs, args, io, true)
    if (!read.ok) return read.exitCode
    const { options } = read
    const all = options.flag('all')
    const [method = '', url, ...rest] = options.positionals
    if (all ? method !== '' : url === undefined || rest.length > 0) {
      return wrongUsage(io, 'expected METHOD and URL, or --all')
    }
    const asked = readUrl(url)
    if (!all && asked === null) {
      return wrongUsage(io, 'expected an absolute URL, such as https://wiki.example.com/admin')
    }
    const gateway = loadToAsk(options, io)
    if (gateway === null) return 2
    const json = options.flag('json')
    return asked === null
      ? tellAll(gateway, io, json)
      : tellOne(gateway, { method: method.toUpperCase(), url: asked }, io, json)
  },
}

function wrongUsage(io: Io, message: string): number {
  io.stderr(`claimgate who: ${message}\nSee \`claimgate who --help\`.\n`)
  return 2
}

interface Asked {
  readonly method: string
  readonly url: string
}

function tellOne(gateway: Gateway, asked: Asked, io: Io, json: boolean): number {
  const { admission } = probe(gateway, { ...asked, person: null, clientAddress: null })
  const { app, location } = admission
  if (app === null || location === null) return tellNowhere(admission, asked, io, json)
  const locations = judgingLocations(admission)
  const access = accessAt(app, locations)
  if (json) {
    io.stdout(`${JSON.stringify({ ...asked, ...accessJson(app, location, access) }, null, 2)}\n`)
  } else {
    const labels = locations.map(({ label }) => label).join(' and ')
    io.stdout(`${asked.method} ${asked.url}\napp ${app.name}, location ${labels}\n\n`)
    io.stdout(accessText(gateway, app, access))
  }
  return isOpenToSomebody(access) ? 0 : 1
}

function isOpenToSomebody(access: PlaceAccess): boolean {
  return access.kind === 'rule' ? access.ways.length > 0 : access.kind !== 'nobody'
}

/** An address that no app answers. */
function tellNowhere(
  { decision, app }: ProbeResult['admission'],
  asked: Asked,
  io: Io,
  json: boolean,
): number {
  const isOwn = decision.kind === 'allow'
  const sentence =
    decision.kind === 'reject'
      ? `${decision.status}: ${rejectReasons[decision.reason]}${decision.allow === undefined ? '' : ` Allowed: ${decision.allow.join(', ')}.`}`
      : 'An address of the gateway itself: it answers everyone.'
  const access = isOwn ? 'gateway' : 'rejected'
  const place = { app: app?.name ?? null, location: null, access, reason: decision.reason }
  if (json) io.stdout(`${JSON.stringify({ ...asked, ...place, sets: [], complete: true }, null, 2)}\n`)
  else io.stdout(`${asked.method} ${asked.url}\n\n${isOwn ? '' : 'Nobody is let in. '}${sentence}\n`)
  return isOwn ? 0 : 1
}

function tellAll(gateway: Gateway, io: Io, json: boolean): number {
  const places = gateway.apps.flatMap((app) =>
    locationsInOrder(app).map((location) => ({ app, location, access: accessAt(app, [location]) })),
  )
  if (json) {
    const rows = places.map(({ app, location, access }) => ({
      url: app.url,
      ...accessJson(app, location, access),
    }))
    io.stdout(`${JSON.stringify(rows, null, 2)}\n`)
  } else {
    io.stdout(
      places
        .map(
          ({ app, location, access }) => `${app.name} ${location.label}\n${accessText(gateway, app, access)}`,
        )
        .join('\n'),
    )
  }
  return places.some(({ access }) => isOpenToSomebody(access)) ? 0 : 1
}

/** By label: the order in the file means nothing. */
function locationsInOrder(app: App): readonly Location[] {
  const byLabel = app.allLocations.toSorted((a, b) => (a.label < b.label ? -1 : Number(a.label > b.label)))
  return [...byLabel, app.fallback]
}
