import { events } from '../core/event.ts'
import { faultCodes, faultEntry } from '../core/fault.ts'
import { allowReasons, challengeReasons, denyReasons, rejectReasons } from '../core/reason.ts'
import { metricTexts } from '../http/metrics.ts'

/** docs/reference.md: the words of logs, metrics and answers, from the tables that the code itself uses. */
export function toWordsPage(): string {
  return [
    intro,
    '## Events of the log\n',
    table(
      ['event', ''],
      Object.entries(events).map(([name, text]) => [code(name), text]),
    ),
    '## Reasons\n',
    'Of a decision: in the access line, in `claimgate_requests_total`, and as `reason` in answers for programs.\n',
    ...reasonTables(),
    '## Faults\n',
    'What went wrong beyond a decision: `code` in the log and in `claimgate_faults_total`. People see the sentence.\n',
    table(['code', 'status', 'level', 'people see'], faultRows()),
    '## Metrics\n',
    table(
      ['metric', ''],
      Object.entries(metricTexts).map(([name, text]) => [code(name), text]),
    ),
  ].join('\n')
}

const intro = `<!-- Written by \`npm run generate\` from src/core and src/http/metrics.ts. Change it there. -->

# Events, reasons, faults and metrics

These words are an interface: they change in a major version alone. [Operations](operations.md) tells how to read them.
`

function reasonTables(): readonly string[] {
  const kinds: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['`allow`: the request goes on', allowReasons],
    ['`challenge`: sign in first (a redirect for a navigation, else 401)', challengeReasons],
    ['`deny`: 403', denyReasons],
    ['`reject`: the request itself is refused (400, 404, 405, 413, 417, 421, 431)', rejectReasons],
  ]
  return kinds.map(
    ([title, reasons]) =>
      `### ${title}\n\n${table(
        ['reason', ''],
        Object.entries(reasons).map(([name, text]) => [code(name), text]),
      )}`,
  )
}

function faultRows(): readonly (readonly string[])[] {
  return faultCodes.map((name) => {
    const { status, level, public: sentence } = faultEntry(name)
    return [code(name), String(status), level, sentence]
  })
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return `${lines.join('\n')}\n`
}

function code(word: string): string {
  return `\`${word}\``
}
