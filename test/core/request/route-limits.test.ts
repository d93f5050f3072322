// Another reading of a path must not be the way round a limit: what it draws from is one list, or the path is refused.
import t from 'tap'
import { matchRoute } from '../../../src/core/request/route-match.ts'
import { readTarget } from '../../../src/core/request/target.ts'
import { originOf } from '../../support/model.ts'

/** As two readings of `/export%2Fall` find them: `/export` and the app's own. */
function reasonOf(app: string, location: string): string {
  const lines = [
    '    allow_encoded: [slash]',
    ...(app === '' ? [] : [`    limits: ${app}`]),
    `    locations: [{ path: /export, require: signed_in${location === '' ? '' : `, limits: ${location}`} }]`,
  ]
  const reading = readTarget('/export%2Fall')
  if (!reading.ok) return reading.reason
  const matched = matchRoute(originOf('https://api.example.com', lines.join('\n')), reading.target, 'GET')
  return matched.kind === 'unmatched' ? matched.reason : `${matched.others.length + 1} judged`
}

t.test('readings that draw from the same limits are judged each', async (t) => {
  t.equal(reasonOf('', ''), '2 judged')
  t.equal(reasonOf('[{ per: user, rate: 100/1m }]', ''), '2 judged', 'the location has those of the app')
  t.equal(reasonOf('', '[]'), '2 judged')
})

t.test('a path whose readings draw from other limits is refused', async (t) => {
  t.equal(reasonOf('', '[{ per: user, rate: 100/1m }]'), 'target-ambiguous')
  t.equal(reasonOf('[{ per: user, rate: 100/1m }]', '[]'), 'target-ambiguous')
  t.equal(
    reasonOf('[{ per: user, rate: 100/1m }]', '[{ per: user, rate: 100/1m }]'),
    'target-ambiguous',
    'a list of its own counts apart',
  )
  t.equal(
    reasonOf('[{ name: plan, per: user, rate: 100/1m }]', '[{ per: user, rate: 9/1m }]'),
    'target-ambiguous',
  )
})
