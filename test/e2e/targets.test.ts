import t, { type Test } from 'tap'
import { corpus, shown } from '../corpus/lines.ts'
import { cookieLine, fire, navigation, type Shown, seenBy } from '../support/attack.ts'
import { signedIn, startFront } from '../support/front.ts'

const front = await startFront()
t.teardown(() => front.close())

const alice = cookieLine(front, await signedIn(front, 'alice'))
const adam = cookieLine(front, await signedIn(front, 'adam'))

/** Runs the shots; whatever they are answered, the app must not hear of one of them. */
async function unseen(test: Test, shots: () => Promise<void>): Promise<void> {
  const before = front.echo.received.length
  await shots()
  test.equal(front.echo.received.length, before, 'the app heard nothing')
}

/** 400 in fixed words, kept by nobody; closed, as `fire` has read to the end. */
function refused(test: Test, answer: Shown, target: string): void {
  test.equal(answer.status, 400, shown(target))
  test.same(answer.values('cache-control'), ['no-store'], shown(target))
  test.same(answer.values('x-content-type-options'), ['nosniff'], shown(target))
  if (target.length > 4) test.notOk(answer.body.includes(target), `${shown(target)} is not echoed`)
}

t.test('S-001 … S-029: no ambiguous target is judged or passed on, whoever sends it', async (t) => {
  await unseen(t, async () => {
    for (const target of corpus('targets.txt').filter((line) => line !== '')) {
      for (const who of [[], [adam], [alice, ...navigation]]) {
        refused(t, await fire(front, { target, headers: who }), target)
      }
    }
  })
})

t.test(
  'S-012: what servers read in several ways is refused by an app that does not ask for it',
  async (t) => {
    await unseen(t, async () => {
      for (const line of corpus('ambiguous-targets.txt')) {
        const [, target = ''] = line.split(' ')
        for (const who of [[], [adam]]) refused(t, await fire(front, { target, headers: who }), target)
      }
    })
  },
)

t.test('S-011, S-019, S-021: one path is judged, and that very path is sent', async (t) => {
  const rows: readonly (readonly [target: string, who: readonly string[], status: number, sent?: string])[] =
    [
      ['/%61dmin/x', [alice], 403],
      ['/adm%69n/x', [alice], 403],
      ['/adm%69n/x', [adam], 200, '/admin/x'],
      ['/%41dmin', [alice], 200, '/Admin'],
      ['/ADMIN/x', [], 401],
      ['/PUBLIC/x', [], 401],
      ['/publicity/x', [], 401],
      ['/public-admin', [], 401],
      ['/public.bak', [], 401],
      ['/publi', [], 401],
      ['/public', [], 200, '/public'],
      ['/admin.', [alice], 200, '/admin.'],
      ['/admin%20', [alice], 200, '/admin%20'],
      ['/admin../x', [alice], 200, '/admin../x'],
      ['/admin...', [alice], 200, '/admin...'],
      ['/public/%ef%bc%8e%EF%BC%8E/admin', [], 200, '/public/%EF%BC%8E%EF%BC%8E/admin'],
      ['/%EF%BD%81dmin', [], 401],
      ['/admin%E2%80%8B', [alice], 200, '/admin%E2%80%8B'],
      ['/public/a|b[c]', [], 200, '/public/a|b[c]'],
      ['/public/x?/admin/', [], 200, '/public/x?/admin/'],
    ]
  for (const [target, headers, status, sent] of rows) {
    const before = front.echo.received.length
    t.equal((await fire(front, { target, headers })).status, status, target)
    const after = front.echo.received.slice(before).map((request) => request.target)
    t.same(after, sent === undefined ? [] : [sent], target)
  }
})

t.test('S-016: what stands in the query opens nothing', async (t) => {
  await unseen(t, async () => {
    for (const target of ['/private?next=/public/x', '/private/x?/public/', '/?/public/x']) {
      t.equal((await fire(front, { target })).status, 401, target)
    }
  })
})

t.test('S-035: the query reaches the app byte for byte', async (t) => {
  const query = "?a=b?c=d&a=%2e%2e/..&%00=1&x=%zz&&;{}|^`'\\"
  t.equal((await seenBy(front, { target: `/x${query}`, headers: [alice] })).target, `/x${query}`)
})

t.test('S-025 … S-027: forms of a target that are no path', async (t) => {
  await unseen(t, async () => {
    for (const target of [
      'http://evil.test/admin',
      'HTTP://evil.test/admin',
      'https://u:p@127.0.0.1/admin',
      'ftp://x/admin',
      'http:///admin',
      `http://localhost:${front.gateway.port}/public/x`,
      'http://gw.example?next=/admin',
      'http://gw.example#/admin',
      '*',
      'admin',
      '?x=1',
    ]) {
      for (const method of ['GET', 'OPTIONS']) {
        t.equal((await fire(front, { method, target, headers: [adam] })).status, 400, `${method} ${target}`)
      }
    }
  })
})

t.test('S-023: raw 8-bit bytes, spaces and controls in a target', async (t) => {
  await unseen(t, async () => {
    for (const target of [
      '/adm\xefn',
      '/\xc3\xa9',
      '/a b',
      '/a\tb',
      '/a\x0bb',
      '/a\x0cb',
      '/a\x00b',
      '/a\x7f',
    ]) {
      refused(t, await fire(front, { target, headers: [adam] }), target)
    }
  })
})

t.test('S-028: targets of 8,193, 20,000 and 1,000,000 bytes', async (t) => {
  await unseen(t, async () => {
    for (const [length, status] of [
      [8193, 400],
      [20_000, 400],
      [1_000_000, 431],
    ] as const) {
      const target = `/public/${'a'.repeat(length)}`
      t.equal((await fire(front, { target })).status, status, String(length))
    }
  })
})

t.test('S-031: headers that name another path decide nothing, and stay here', async (t) => {
  const names = [
    'X-Original-URL',
    'X-Original-URI',
    'X-Rewrite-URL',
    'X-Forwarded-Uri',
    'X-Forwarded-Path',
    'X-Forwarded-Prefix',
    'X-Envoy-Original-Path',
  ]
  await unseen(t, async () => {
    for (const name of names) {
      const headers = [`${name}: /public/x`, ...navigation]
      t.equal((await fire(front, { target: '/admin/x', headers })).status, 302, name)
    }
  })
  const lines = names.map((name) => `${name}: /admin/x`)
  const seen = await seenBy(front, { target: '/public/x', headers: lines })
  t.same(
    names.filter((name) => name.toLowerCase() in seen.headers),
    [],
  )
})

t.test('S-032: a CGI variable of the path is dropped', async (t) => {
  const lines = ['SCRIPT_NAME: /public', 'PATH_INFO: /admin', 'SCRIPT-NAME: /public', 'Path-Info: /admin']
  const seen = await seenBy(front, { target: '/public/admin', headers: lines })
  t.same(
    Object.keys(seen.headers).filter((name) => /script|path.info/.test(name)),
    [],
  )
})

t.test('S-033: nothing below /.auth reaches the app, in whatever spelling', async (t) => {
  await unseen(t, async () => {
    for (const [target, status] of [
      ['/.auth', 404],
      ['/.auth/', 200],
      ['/.auth/nope', 404],
      ['/.auth/login/', 404],
      ['/.auth/health/', 404],
      ['/.auth/callback/x', 404],
      ['/%2eauth/nope', 404],
      ['/.%61uth/nope', 404],
      ['/.auth/callback/../x', 400],
      ['/.auth%2fnope', 400],
      ['/.auth//login', 404],
      ['/.auth;x/login', 400],
      ['/.auth%252flogin', 400],
    ] as const) {
      t.equal((await fire(front, { target, headers: [adam] })).status, status, target)
    }
    t.equal((await fire(front, { method: 'PUT', target: '/.auth/login' })).status, 405)
  })
})

t.test('S-034: nobody is let in for a User-Agent; health is one path', async (t) => {
  await unseen(t, async () => {
    for (const agent of ['ELB-HealthChecker/2.0', 'GoogleHC/1.0', 'kube-probe/1.30', 'Route53']) {
      t.equal(
        (await fire(front, { target: '/admin/x', headers: [`User-Agent: ${agent}`] })).status,
        401,
        agent,
      )
    }
    t.equal((await fire(front, { target: '/.auth/health' })).body.includes('ok'), true)
    t.equal((await fire(front, { target: '/.auth/health/../../admin' })).status, 400)
    t.equal((await fire(front, { target: '/healthz' })).status, 401)
  })
})
