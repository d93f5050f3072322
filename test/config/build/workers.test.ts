// `workers`: how many processes take requests, and what several of them cannot share.
import t from 'tap'
import { printIssue } from '../../../src/config/issue.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { surroundings } from '../surroundings.ts'

/** The number, or what is wrong. */
function workersOf(top: string, upstream = '"http://10.0.0.5"'): number | string {
  const text = `
${top}
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}" }
apps:
  wiki: { url: "https://wiki.example.com", upstream: ${upstream}, require: signed_in }
`
  const loaded = loadGatewayFromText(text, surroundings)
  return loaded.ok ? loaded.gateway.workers : loaded.issues.map(printIssue).join('\n')
}

t.test('one is the default; a number up to 256 or auto is taken as it is', async (t) => {
  t.equal(workersOf(''), 1)
  for (const workers of [1, 2, 256]) t.equal(workersOf(`workers: ${workers}`), workers)
  t.equal(workersOf('workers: auto'), 'auto')
})

t.test('what is no number of processes is a fault', async (t) => {
  for (const wrong of ['0', '-1', '1.5', '257', 'many', '"2"', 'true', '[2]', '{ count: 2 }', '.inf', ''])
    t.match(
      workersOf(`workers: ${wrong}`),
      /^\S+:2:\d+ workers: (?:must be at |expected number from 1 to 256, or auto)/,
      wrong,
    )
})

t.test('sessions in the memory of a process are for one process', async (t) => {
  const message = /workers: is more than one process, and `session\.store: memory` keeps sessions in one/
  for (const workers of ['2', 'auto'])
    t.match(workersOf(`workers: ${workers}\nsession: { store: memory }`), message, workers)
  t.equal(workersOf('workers: 1\nsession: { store: memory }'), 1)
  t.equal(workersOf('workers: 2\nsession: { store: sqlite }'), 2)
})

t.test('an upstream has a connection for each of them', async (t) => {
  const upstream = '{ url: "http://10.0.0.5", max_connections: 3 }'
  t.equal(workersOf('workers: 3', upstream), 3)
  t.match(
    workersOf('workers: 4', upstream),
    /apps\.wiki\.upstream\.max_connections: is 3, and each of the 4 `workers` needs a connection/,
  )
  t.equal(workersOf('workers: auto', upstream), 'auto')
})
