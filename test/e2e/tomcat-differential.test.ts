import t from 'tap'
import { readTarget } from '../../src/core/request/target.ts'
import { corpus, shown } from '../corpus/lines.ts'
import { generateAmbiguous } from '../corpus/targets.ts'
import { type Reading, startDifferential } from '../support/differential.ts'
import { startTomcat } from '../support/tomcat.ts'

const everything = ['slash', 'empty_segment', 'semicolon', 'hash', 'question_mark', 'percent']

/** Cut at `;` before they are decoded, without empty segments, `%2F` among the slashes. */
const javas = [
  ...[
    '/admin;x',
    '/admin;x/y',
    '/admin;',
    '/admin;/y',
    '/a/;x/admin',
    '/admin;x%2Fy',
    '/admin%2Fy',
    '/admin//y',
  ],
  ...[
    '/public;x',
    '/public;x/y',
    '/public;/y',
    '/public;x;y/z%3Bw',
    '/public//y',
    '/public%2Fy',
    '/public/;x',
  ],
  ...[
    '/app/;jsessionid=1',
    '/app/list;jsessionid=1?page=2',
    '/cars;color=red/doors',
    '/admin%3Bx',
    '/public%3Bx',
  ],
]

/** What contradicts the promise; nothing when the path that Tomcat saw is one that was judged, where it was. */
function disagreement({ target, status, location, otherLocations, app }: Reading): string | null {
  if (status === 400) return app === null ? null : 'the app saw what was refused'
  if (status === 403) return location === '/admin' ? null : `refused at ${location}`
  if (status !== 200 || app === null) return `answered ${status}`
  if (app.view === 'admin') return 'a view that is nobody’s was reached'
  if (app.view === 'public' && ![location, ...otherLocations].includes('/public'))
    return `judged at ${location}`
  const reading = readTarget(target)
  if (!reading.ok) return 'the app saw what cannot be read'
  const judged = [reading.target.segments, ...reading.target.otherReadings]
  const seen = decodeURIComponent(app.path.replaceAll('+', ' ')).replace(/(.)\/$/, '$1')
  return judged.some((segments) => `/${segments.join('/')}`.replace(/(.)\/$/, '$1') === seen)
    ? null
    : `seen as ${seen}`
}

t.test('S-012, S-036: what Tomcat makes of a path is one of the readings that were judged', async (t) => {
  const pair = await startDifferential(everything, startTomcat)
  t.teardown(() => pair.close())
  const lines = corpus('ambiguous-targets.txt').map((line) => line.slice(line.indexOf(' ') + 1))
  const tally = new Map<string, number>()
  for (const target of [...javas, ...lines, ...generateAmbiguous(1500, 20261130)]) {
    const reading = await pair.ask(target)
    const found = disagreement(reading)
    if (found !== null) t.fail(`${shown(target)}: ${shown(found)}`)
    const kind = `${reading.status} ${reading.app?.view ?? ''}`.trim()
    tally.set(kind, (tally.get(kind) ?? 0) + 1)
  }
  t.comment(Object.fromEntries(tally))
  const counted = (kind: string) => tally.get(kind) ?? 0
  t.ok(counted('200 public') > 50, 'many in the part with a location of its own')
  t.ok(counted('200 other') > 200, 'many elsewhere')
  t.ok(counted('403') > 100, 'many in the part that is nobody’s')
  t.notOk(counted('200 admin'))
})

t.test(
  'S-012: an app that asks for semicolons alone is sent these, and nothing else that is read differently',
  async (t) => {
    const pair = await startDifferential(['semicolon'], startTomcat)
    t.teardown(() => pair.close())
    for (const target of javas) {
      const reading = await pair.ask(target)
      const found = disagreement(reading)
      if (found !== null) t.fail(`${shown(target)}: ${shown(found)}`)
      const refused = /%2F|\/\/|\/;.*\//.test(target) && target !== '/public/;x'
      t.equal(reading.status === 400, refused, `${target}: ${reading.status}`)
    }
  },
)
