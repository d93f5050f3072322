import type { Colours } from '../../core/colours.ts'
import { showOwn } from '../../core/show.ts'
import { paintOf, type Shown, shownPlain } from '../shown.ts'
import { columns, wrap } from '../who/layout.ts'
import { demandText } from '../who/words.ts'
import type { Change } from './changes.ts'
import type { Condition, Explanation, Reading } from './explanation.ts'
import { limitsText } from './limits.ts'
import { type ToldSection, toldSections } from './told.ts'

/** An explanation for people: what happens first, why after it, what could be done last. */
export function explanationText(told: Explanation, shown: Shown = shownPlain): string {
  const { colours } = shown
  const parts = [
    headText(told, colours),
    placeText(told, colours),
    conditionsText(told, colours),
    changesText(told, shown),
    headersText(told, colours),
    ...toldSections(told).map((section) => toldText(section, colours)),
  ]
  return [...parts, notesText(told)].filter((part) => part !== '').join('\n')
}

const words = {
  allowed: 'allowed',
  sign_in: 'sign-in',
  denied: 'denied',
  rejected: 'rejected',
} as const

function headText(told: Explanation, colours: Colours): string {
  const { request, outcome, reason, sentence, status, answer, www_authenticate } = told
  const from = request.client_ip === null ? '' : `, from ${request.client_ip}`
  const client = status === null ? answer : `${status}: ${answer}`
  return [
    colours.strong(wrap(`${showOwn(request.method)} ${showOwn(request.url, 2000)}`)),
    `${whoText(request)}${from}\n`,
    paintOf(colours, outcome)(wrap(`${wordOf(told)}: ${reason}`, '  ')),
    wrap(sentence, '  '),
    wrap(`The client gets ${client.replace(/\.?$/, '.')}`, '  '),
    ...(www_authenticate === null ? [] : [wrap(`WWW-Authenticate: ${www_authenticate}`, '  ')]),
    '',
  ].join('\n')
}

/** Of 401 without a sign-in: who asks has to be known, and nobody is sent anywhere for it. */
function wordOf({ outcome, status, counts, www_authenticate }: Explanation): string {
  const isForPrograms = outcome === 'sign_in' && status === 401 && www_authenticate !== null
  return isForPrograms && counts !== 'session' ? 'unauthorized' : words[outcome]
}

function whoText({ provider, credential, key }: Explanation['request']): string {
  switch (credential) {
    case null:
      return 'not signed in'
    case 'session':
      return `signed in with ${provider}`
    case 'bearer':
      return `by an access token of ${provider === '' ? 'nobody who is known' : provider}`
    case 'api_key':
      return `by ${keyText(key)} of ${provider}`
    case 'exchange':
      return `by a pair of ${provider === '' ? 'nobody who is known' : provider}`
    case 'widget':
      return `by a widget token of ${keyText(key)} of ${provider}`
    case 'client_certificate':
      return 'by a client certificate'
  }
}

/** Without an id it is one that nobody named. */
function keyText(id: string | null): string {
  return id === null || id === '' ? 'an API key' : `the API key ${showOwn(id)}`
}

function placeText(told: Explanation, colours: Colours): string {
  const { app, reached, locations, readings, less_specific, conditions, credentials, limits } = told
  if (app === null) return ''
  const rows = [['app', app]]
  if (reached !== null) rows.push(['reached', reached])
  if (locations.length > 0) rows.push(['location', whichLocation(locations)])
  if (credentials.some((one) => one !== 'session')) rows.push(['credential', credentialText(told)])
  if (limits.length > 0) rows.push(['limits', limitsText(limits)])
  for (const reading of readings) rows.push(['read as', readingText(reading)])
  if (less_specific.length > 0) {
    rows.push(['no say', `${shortList(less_specific)}: less specific, or for other methods`])
  }
  if (conditions.some(({ where }) => where.startsWith('app: '))) {
    rows.push(['floor', "the app's own rule must hold too"])
  }
  return `${colours.strong('Place')}\n${columns(rows)}`
}

/** Which one counts, and why. */
function credentialText({ credentials, counts }: Explanation): string {
  const listed = `accepted here: ${credentials.join(', ')}`
  switch (counts) {
    case null:
      return `none was presented; ${listed}`
    case 'session':
      return `session: no token or key was presented; ${listed}`
    case 'client_certificate':
      return `client_certificate: no token or key was presented; ${listed}`
    case 'bearer':
    case 'api_key':
    case 'exchange':
    case 'widget':
      return `${counts}: a token or key that is presented counts before a session, and is never replaced by one; ${listed}`
  }
}

function whichLocation(locations: readonly string[]): string {
  const [label, ...others] = locations
  if (others.length > 0) {
    return `${locations.join(' and ')}: the path can be read in several ways, and all must let in`
  }
  return label === '*'
    ? "none covers the path: the app's own rule"
    : `${label}, the most specific that covers the path`
}

/** Segments are shown apart, as a slash in one is no separator. */
function readingText({ segments, location }: Reading): string {
  return `${segments.length === 0 ? '/' : segments.map((segment) => showOwn(segment, 200)).join(' / ')}: ${location}`
}

const mostListed = 8

function shortList(labels: readonly string[]): string {
  const more = labels.length - mostListed
  return more > 0 ? `${labels.slice(0, mostListed).join(', ')} and ${more} more` : labels.join(', ')
}

function conditionsText({ conditions }: Explanation, colours: Colours): string {
  if (conditions.length === 0) return ''
  const rows = conditions.map((row) => [
    `${row.blocks ? '→' : ' '} ${resultOf(row)}`,
    row.where,
    row.wanted ? row.expected : `anything but ${row.expected}`,
    row.actual,
  ])
  const legend = conditions.some(({ blocks }) => blocks) ? '  (→ keeps out)' : ''
  const paint = (text: string, row: number, column: number): string => {
    if (row === 0) return colours.quiet(text)
    const condition = conditions[row - 1]
    return column > 0 || condition === undefined ? text : paintOf(colours, resultOf(condition))(text)
  }
  const table = columns([['', 'condition', 'wanted', 'found'], ...rows], '  ', paint)
  return `${colours.strong('Conditions')}${legend}\n${table}`
}

/** Unknown is worth its own word: the claim is missing, or of another type. */
function resultOf({ met, truth }: Condition): string {
  if (met) return 'hit'
  return truth === 'unknown' ? 'unknown' : 'miss'
}

function changesText({ changes, more_changes }: Explanation, { colours, who }: Shown): string {
  if (changes.length === 0) return ''
  const items = changes.map((change) =>
    change.map((one, index) => wrap(changeText(one), index === 0 ? '  - ' : '    and ')).join('\n'),
  )
  const more = more_changes > 0 ? `\n  and ${more_changes} more: \`${who}\` lists every way in` : ''
  const head = colours.strong(`To be let in${changes.length > 1 ? ', one of these' : ''}`)
  return `${head}\n${items.join('\n')}${more}\n`
}

function changeText(change: Change): string {
  const { kind, text, now } = change
  if (kind === 'signed_in') return `sign in with ${text}${now === 'not signed in' ? '' : ` (now ${now})`}`
  return now === 'not signed in' ? demandText(change) : `${demandText(change)} (now ${now})`
}

function headersText({ upstream_headers }: Explanation, colours: Colours): string {
  if (upstream_headers === null) return ''
  const rows = upstream_headers.map(({ name, value }) => [name, showOwn(value, 2000)])
  return `${colours.strong('Headers of the request to the app')}\n${columns(rows)}`
}

function toldText({ title, rows }: ToldSection, colours: Colours): string {
  const none = rows.length === 0 ? ': none, as nobody is known here' : ''
  return `${colours.strong(title)}${none}\n${columns(rows)}`
}

function notesText({ notes }: Explanation): string {
  return notes.map((note) => `${wrap(note, 'note: ')}\n`).join('')
}
