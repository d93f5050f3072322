// The tests that a conversion writes: every location has somebody who is let in and somebody who is not, or a line that
// says why not, and the gateway answers as they expect.
import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { readFromDisk } from '../../../src/config/files.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { loadRuleTests } from '../../../src/config/tests/load.ts'
import type { Gateway } from '../../../src/core/gateway.ts'
import { convertApache } from '../../../src/migration/apache/apache.ts'
import { newest } from '../../../src/migration/apache/versions.ts'
import { convertOauth2Proxy } from '../../../src/migration/oauth2-proxy/convert.ts'
import { firstTestsFor, firstTestsText } from '../../../src/rehearsal/test/first-tests.ts'
import { judgeTest } from '../../../src/rehearsal/test/result.ts'

const folder = fileURLToPath(new URL('../../commands/convert', import.meta.url))

function testsIn(text: string, gateway: Gateway) {
  const readFile = () => ({ ok: true, bytes: Buffer.from(text), worldReadable: false }) as const
  const loaded = loadRuleTests('x.test.yaml', {}, { gateway, persons: new Map() }, { readFile })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues))
  return loaded.tests
}

function gatewayOf(path: string): Gateway | null {
  const [source = ''] = readFileSync(path, 'utf8').split('\n=====\n')
  const files = [{ name: 'source', text: `${source.trimEnd()}\n` }]
  const surroundings = { files, folder: `${folder}/oauth2-proxy-files`, readFile: readFromDisk }
  const conversion = path.includes('/oauth2-proxy/')
    ? convertOauth2Proxy(surroundings)
    : convertApache({ ...surroundings, folder, listFiles: () => [], version: newest, defined: [] })
  return conversion.ok ? conversion.gateway : null
}

t.test('of every golden file of the conversions the tests load and pass', async (t) => {
  const paths = globSync([`${folder}/oauth2-proxy/*.txt`, `${folder}/cases/*.txt`]).toSorted()
  let judged = 0
  for (const path of paths) {
    const gateway = gatewayOf(path)
    if (gateway === null) continue
    const locations = firstTestsFor(gateway, () => true)
    for (const { label, tests, note } of locations) {
      t.equal(tests.length === 2, note === null, `${basename(path)} ${label}: two tests, or why not`)
      t.ok(tests.filter(({ expect }) => expect === 'allow').length <= 1)
    }
    const tests = testsIn(firstTestsText(locations, 'x.yaml'), gateway)
    t.equal(tests.length, locations.flatMap((one) => one.tests).length, basename(path))
    const failed = tests.map((test) => judgeTest(gateway, test)).filter(({ misses }) => misses.length > 0)
    t.same(
      failed.map(({ test, misses }) => [test.name, misses]),
      [],
      basename(path),
    )
    judged += tests.length
  }
  t.ok(judged > 200, `${judged} tests`)
})

const file = `providers:
  one: { issuer: "https://one.example", client_id: a, client_secret: a-client-secret }
trusted_proxies: none
apps:
  wiki:
    url: https://wiki.example.com/wiki
    upstream: http://wiki:80
    require: { email: { domain: example.com } }
    locations:
      - { path: /wiki/open, require: anyone }
      - { path: /wiki/closed, require: nobody }
      - { path: /wiki/pages/*/edit, exact: true, methods: [POST], require: { groups: editors } }
      - { path: /wiki/pages/*/edit, exact: true, require: signed_in }
      - { path: /wiki/inside, require: { any: [{ client_ip: 10.0.0.0/8 }, { groups: ops }] } }
      - { path: /wiki/never, require: { sub: a, none: [{ sub: a }] } }
`

function load() {
  const loaded = loadGatewayFromText(file, {
    ...{ file: 'x.yaml', folder: '/', env: {} },
    readFile: () => ({ ok: false, reason: 'none' }),
  })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues))
  return loaded.gateway
}

t.test(
  'each location is asked for where it alone judges, by somebody who is made for its rule',
  async (t) => {
    const locations = firstTestsFor(load(), () => true)
    t.same(
      locations.map(({ label, tests, note }) => [
        label,
        ...tests.map(({ method, url, expect }) => `${method} ${new URL(url).pathname} ${expect}`),
        note,
      ]),
      [
        ['wiki *', 'GET /wiki allow', 'GET /wiki deny', null],
        ['wiki /wiki/open', 'GET /wiki/open allow', 'is open, so nobody is refused'],
        ['wiki /wiki/closed', 'GET /wiki/closed deny', 'lets nobody in'],
        [
          'wiki /wiki/pages/*/edit (exact) [POST]',
          'POST /wiki/pages/x/edit allow',
          'POST /wiki/pages/x/edit deny',
          null,
        ],
        [
          'wiki /wiki/pages/*/edit (exact)',
          'GET /wiki/pages/x/edit allow',
          'GET /wiki/pages/x/edit deny',
          null,
        ],
        ['wiki /wiki/inside', 'GET /wiki/inside allow', 'GET /wiki/inside deny', null],
        ['wiki /wiki/never', 'GET /wiki/never deny', 'nobody was found who is let in: write somebody'],
      ],
    )
    const editors = locations[3]?.tests.map(({ claims }) => claims)
    t.match(editors, [{ email: 'somebody@example.com', groups: 'editors' }, { email: String }])
  },
)

t.test('who may not be written down is left out, and said', async (t) => {
  const locations = firstTestsFor(load(), ({ person }) => !JSON.stringify(person).includes('editors'))
  t.match(locations[3], {
    tests: [{ expect: 'deny' }],
    note: 'nobody was found who is let in: write somebody',
  })
  t.match(
    firstTestsText(locations, 'wiki.yaml'),
    '  # wiki /wiki/pages/*/edit (exact) [POST]: nobody was found',
  )
})

t.test('where a step-up is asked for, who is let in has done what it asks', async (t) => {
  const loaded = loadGatewayFromText(
    `
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
apps:
  wiki:
    url: https://wiki.example
    upstream: http://10.9.9.9
    require: signed_in
    locations: [{ path: /pay, require: { groups: staff }, step_up: { acr_values: [phr], max_age: 5m } }]
`,
    { file: 'x.yaml', folder: '/', env: {}, readFile: readFromDisk },
  )
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues))
  const made = firstTestsFor(loaded.gateway, () => true)
  t.match(
    made.find(({ label }) => label === 'wiki /pay'),
    { note: null, tests: [{ expect: 'allow', steppedUp: true }, { expect: /deny|sign_in/ }] },
  )
  const text = firstTestsText(made, 'x.yaml')
  t.match(text, /request: "GET https:\/\/wiki\.example\/pay"\n {4}stepped_up: true\n {4}expect: allow/)
  for (const test of testsIn(text, loaded.gateway))
    t.same(judgeTest(loaded.gateway, test).misses, [], test.name ?? '')
})
