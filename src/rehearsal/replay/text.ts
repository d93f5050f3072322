import { showOwn } from '../../core/show.ts'
import { columns, wrap } from '../who/layout.ts'
import type { Asker } from './logged-request.ts'
import { type Example, isOtherwise, type Kind, kinds, type ReplaySummary, sumOf } from './summary.ts'

const words: Readonly<Record<Kind, string>> = {
  same: 'as before',
  'now-refused': 'now refused',
  'now-let-in': 'now let in',
  'answered-otherwise': 'other answer',
  'cannot-be-told': 'cannot be told',
}

/** What became of a log, for people: counts by place, examples of what changes, and what could not be told. */
export function summaryText(summary: ReplaySummary, claimsAreGiven: boolean): string {
  const { requests, places, examples } = summary
  if (requests === 0)
    return `The log has no request that could be asked again.\n${untoldText(summary, false)}`
  const rows = [...places].map(([place, counts]) => [
    showOwn(place, 80),
    ...kinds.map((kind) => String(counts[kind])),
  ])
  const total = ['', ...kinds.map((kind) => String(sumOf(summary, kind)))]
  const table = columns([
    ['', ...kinds.map((kind) => words[kind])],
    ...rows,
    ...(rows.length > 1 ? [total] : []),
  ])
  const changed = examples.filter(({ replayed }) => replayed.kind !== 'cannot-be-told')
  const told = changed.length === 0 ? '' : `Such as\n${columns(changed.map(exampleRow))}`
  const sentence = isOtherwise(summary)
    ? `${sumOf(summary, 'now-refused')} of ${requests} requests would be refused, ${sumOf(summary, 'now-let-in')} be let in that were not.\n`
    : `No request of ${requests} is known to end otherwise.\n`
  return [table, told, sentence, untoldText(summary, claimsAreGiven)].filter((part) => part !== '').join('\n')
}

function exampleRow({ request, replayed }: Example): readonly string[] {
  const { asker, method, host, path, requestId, reason, decision } = request
  const now =
    'now' in replayed
      ? `${replayed.now.decision}${replayed.now.reason === null ? '' : ` (${replayed.now.reason})`}`
      : ''
  return [
    words[replayed.kind],
    showOwn(`${method} ${host}${path}`, 120),
    showOwn(askerText(asker), 60),
    showOwn(`${decision} (${reason}) → ${now}; ${requestId}`, 120),
  ]
}

function askerText(asker: Asker): string {
  if (asker.kind !== 'somebody') return 'not signed in'
  const { subject, provider, credential, key } = asker
  const by = credential === 'session' ? '' : `, by ${credential}${key === null ? '' : ` ${key}`}`
  return `${subject ?? 'somebody'} of ${provider}${by}`
}

/** A log holds less than a request did: what follows from that is said, with what would help. */
function untoldText({ untold, byMore, others }: ReplaySummary, claimsAreGiven: boolean): string {
  const lines: string[] = []
  if (untold.claims > 0) {
    const help = claimsAreGiven
      ? 'the file has none of theirs'
      : 'give them with --claims-of, or the rules of then with --old'
    lines.push(`${untold.claims}: claims are not in a log, and the rule there asks for some; ${help}.`)
  }
  if (untold.asker > 0) {
    lines.push(`${untold.asker}: nobody was looked up where who asked made no difference then; now it does.`)
  }
  if (byMore > 0) {
    lines.push(
      `${byMore} left out: decided by headers, a token or key, a limit, a body or a path that the log does not hold.`,
    )
  }
  if (others > 0)
    lines.push(`${others} ${others === 1 ? 'line is no access line' : 'lines are no access lines'}.`)
  if (lines.length === 0) return ''
  return `What the log cannot tell\n${lines.map((line) => `${wrap(line, '  ')}\n`).join('')}`
}
