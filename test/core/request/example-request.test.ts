import t from 'tap'
import { coveringLocations } from '../../../src/core/request/covering-locations.ts'
import { exampleRequest } from '../../../src/core/request/example-request.ts'
import { matchRoute } from '../../../src/core/request/route-match.ts'
import { readTarget } from '../../../src/core/request/target.ts'
import { exampleFiles, loadExample } from '../../support/examples.ts'
import { loadRules } from '../../support/rules.ts'

const { gateway, origin, app } = loadRules(`
  require: signed_in
  locations:
    - { path: /a, require: signed_in }
    - { path: /a, exact: true, require: signed_in }
    - { path: "/a/*", exact: true, require: signed_in }
    - { path: "/a/x", exact: true, require: signed_in }
    - { path: "/ü/b c", methods: [PURGE], require: signed_in }
    - { path: "/n/*/z", require: signed_in }
    - { path: "/n/x/z", require: signed_in }
    - { path: /m, methods: [GET, POST], require: signed_in }
    - { path: /m, require: signed_in }
    - { path: /covered, require: signed_in }
    - { path: /covered, exact: true, require: signed_in }
    - { path: "/covered/*", require: signed_in }
    - { path: /covered/z, require: signed_in }
`)

function example(label: string): string | null {
  const location = [...app.allLocations, app.fallback].find((one) => one.label === label)
  const found = location && exampleRequest(origin, location)
  return found ? `${found.method} ${found.path}` : null
}

t.test('a request that leads to the location, past those that cover parts of it', async (t) => {
  t.equal(gateway.apps.length, 1)
  const rows: readonly (readonly [string, string | null])[] = [
    ['/a (exact)', 'GET /a'],
    ['/a/x (exact)', 'GET /a/x'],
    ['/a/* (exact)', 'GET /a/xx'],
    ['/a', 'GET /a/xx/xx'],
    ['/ü/b c [PURGE]', 'PURGE /%C3%BC/b%20c'],
    ['/m [GET POST]', 'GET /m'],
    ['/m', 'PUT /m'],
    ['/n/*/z', 'GET /n/xx/z'],
    ['/covered', null],
    ['*', 'GET /'],
  ]
  for (const [label, wanted] of rows) t.equal(example(label), wanted, label)
})

t.test('of every location of every example there is one, and it is right', async (t) => {
  for (const file of exampleFiles) {
    for (const one of loadExample(file).hosts.values()) {
      for (const own of one.apps) {
        for (const location of [...own.allLocations, own.fallback]) {
          const found = exampleRequest(one, location)
          const reading = readTarget(found?.path ?? '')
          const place = reading.ok ? matchRoute(one, reading.target, found?.method ?? '') : null
          t.ok(place?.kind === 'app' && place.location === location, `${file} ${own.name} ${location.label}`)
        }
      }
    }
  }
})

t.test('the locations that cover a path, the most specific first', async (t) => {
  const labels = (...segments: readonly string[]) =>
    coveringLocations(app, segments).map(({ label }) => label)
  t.same(labels('a', 'x'), ['/a/x (exact)', '/a/* (exact)', '/a', '*'])
  t.same(labels('n', 'x', 'z', 'y'), ['/n/x/z', '/n/*/z', '*'])
  t.same(labels('a'), ['/a (exact)', '/a', '*'])
  t.same(labels('m', 'x'), ['/m [GET POST]', '/m', '*'])
  t.same(labels(), ['*'])
})
