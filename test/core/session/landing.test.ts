import t from 'tap'
import { readLanding, readReferringPage, startOf } from '../../../src/core/session/landing.ts'
import { loadGateway } from '../../support/request-context.ts'

function originWith(...prefixes: readonly string[]) {
  const apps = prefixes.map(
    (prefix, at) =>
      `  a${at}: { url: "https://wiki.example${prefix}", upstream: http://10.9.9.9, require: signed_in }`,
  )
  const origin = loadGateway(`
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps:
${apps.join('\n')}
`).hosts.get('wiki.example')
  if (origin === undefined) throw new Error('the file has the host')
  return origin
}

t.test('an origin begins at its root where an app is there, else at the app nearest to it', async (t) => {
  t.equal(startOf(originWith('')), '/')
  t.equal(startOf(originWith('/deep/er', '')), '/')
  t.equal(startOf(originWith('/deep/er', '/wiki')), '/wiki')
  t.equal(startOf(originWith('/é/wiki')), '/%C3%A9/wiki')
  t.equal(startOf({ apps: [] }), '/')
})

t.test('where no page is named, or none of the origin, one lands where the origin begins', async (t) => {
  const [root, below] = [originWith(''), originWith('/wiki')]
  for (const nothing of [
    null,
    undefined,
    '',
    '/',
    '//evil.example',
    'https://evil.example/',
    '/.auth/logout',
  ]) {
    t.equal(readLanding(nothing, root, '/.auth'), '/', String(nothing))
    t.equal(readLanding(nothing, below, '/.auth'), '/wiki', String(nothing))
  }
  t.equal(readLanding('/wiki/page?x=1', below, '/.auth'), '/wiki/page?x=1')
  t.equal(readLanding('/elsewhere', below, '/.auth'), '/elsewhere', 'what was asked for is asked for')
})

t.test('S-092 … S-095: the referring page is one of this very origin, or none', async (t) => {
  const origin = originWith('')
  const read = (referer: string | undefined) => readReferringPage(referer, origin, '/.auth')
  t.equal(read('https://wiki.example/form?id=7'), '/form?id=7')
  t.equal(read('https://wiki.example/'), '/')
  t.equal(read('https://wiki.example/form#part'), '/form')
  for (const other of [
    undefined,
    '',
    'https://wiki.example',
    '/form',
    'http://wiki.example/form',
    'https://wiki.example:444/form',
    'https://wiki.example:443/form',
    'https://WIKI.example/form',
    'https://wiki.example.evil/form',
    'https://wiki.example@evil/form',
    'https://evil/https://wiki.example/form',
    'https://wiki.example//evil.example/',
    'https://wiki.example/\\evil.example/',
    'https://wiki.example/../x',
    'https://wiki.example/.auth/logout',
    ' https://wiki.example/form',
    `https://wiki.example/${'x'.repeat(9000)}`,
  ]) {
    t.equal(read(other), null, String(other).slice(0, 60))
  }
})
