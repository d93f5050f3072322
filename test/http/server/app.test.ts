// What the gateway serves and where, what becomes of faults, and who hears what of the proxy: one row an address, one
// row a fault, without a network.
import type { FastifyReply, FastifyRequest } from 'fastify'
import t, { type Test } from 'tap'
import { ConfigFault, LoginFault, ProviderFault, StoreFault, UpstreamFault } from '../../../src/core/fault.ts'
import { limits } from '../../../src/core/limits/table.ts'
import type { Admission } from '../../../src/http/admission/admission.ts'
import { carryAdmission } from '../../../src/http/admission/admission.ts'
import { attachContext } from '../../../src/http/server/context.ts'
import type { Runtime } from '../../../src/runtime/runtime.ts'
import { type HeldApp, openHeldApp } from '../../support/held-app.ts'
import { settled } from '../../support/held-connection.ts'
import { statusOf } from '../../support/raw.ts'
import { loadGateway } from '../../support/request-context.ts'
import { orRejected } from '../../support/thrown.ts'

const site = 'https://wiki.example'
const secret = 'the-secret-that-the-wiki-checks-on-each-request'
const yaml = (inner = 'require: signed_in') => `
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s }
  form: { issuer: "https://form.example", client_id: c, client_secret: s, user_id_prefix: "f:", response_mode: form_post }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps:
  wiki:
    url: ${site}
    upstream: http://10.9.9.9
    provider: [op, form]
    shared_secret: ${secret}
    identity_headers: { X-Note: note }
    require: signed_in
    locations: [{ path: /open, require: anyone }, { path: /in, ${inner} }]
`
const open = (t: Test, change: Partial<Runtime> = {}) => openHeldApp(t, yaml(), change)

interface Asking {
  readonly method?: string
  readonly headers?: readonly string[]
  readonly body?: string
}

function bytesOf(path: string, { method = 'GET', headers = [], body }: Asking = {}): string {
  const length = body === undefined ? [] : [`Content-Length: ${body.length}`]
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: wiki.example', ...length, ...headers]
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}

const form = 'Content-Type: application/x-www-form-urlencoded'
const same = 'Sec-Fetch-Site: same-origin'

t.test('it can be made of any configuration, and upgrades are taken in one place', async (t) => {
  const made = await orRejected(() => open(t))
  t.notOk(made instanceof Error, String(made))
  t.equal((made as HeldApp).app.server.listenerCount('upgrade'), 1)
})

t.test('each address of the gateway’s own answers by itself, and there are no others', async (t) => {
  const held = await open(t)
  const cookie = `Cookie: ${await held.signIn('wiki.example')}`
  const posted = { method: 'POST', headers: [form, same] }
  const rows: readonly (readonly [string, Asking, number, RegExp])[] = [
    ['/health', {}, 200, /content-type: text\/plain\r\ncache-control: no-store\r\n[\s\S]*\r\n\r\nok\n$/],
    ['/health', { method: 'HEAD' }, 200, /content-length: 3\r\n[\s\S]*\r\n\r\n$/],
    ['/login?provider=op', {}, 302, /location: https:\/\/op\.example\/authorize/],
    ['/login', { ...posted, body: 'return_to=%2Fkept' }, 200, /<a [^>]*href="\/kept"/],
    ['/login', { ...posted, headers: [same] }, 200, /<a [^>]*href="\/"/],
    ['/callback/op?code=c', {}, 400, /login-state-unknown/],
    ['/callback/form', { ...posted, body: 'code=c' }, 400, /login-state-unknown/],
    ['/logout', {}, 200, /<form [^>]*method="post"/],
    ['/logged-out', {}, 200, /<title>[^<]*[Ss]igned out/],
    ['/me', { headers: [cookie] }, 200, /"user":"alice"/],
    ['/me', {}, 401, /"reason":"no-session"/],
    [
      '/logout',
      { ...posted, headers: [form, same, cookie], body: 'x=1' },
      303,
      /location: \/\.auth\/logged-out/,
    ],
    ['/me', { headers: [cookie] }, 401, /"reason":"session/],
  ]
  for (const [address, asking, status, text] of rows) {
    const answer = await held.ask(bytesOf(`/.auth${address}`, asking))
    t.equal(statusOf(answer), status, `${asking.method ?? 'GET'} ${address}`)
    t.match(answer, text, `${asking.method ?? 'GET'} ${address}`)
  }
  t.equal(
    held.app.printRoutes({ commonPrefix: false }),
    `└── / (GET)
    ├── answer (GET)
    ├── own/health (GET)
    ├── own/login (GET, POST)
    ├── own/logout (GET, POST)
    ├── own/logged-out (GET)
    ├── own/callback (GET, POST)
    └── own/me (GET)
`,
  )
  t.same(held.sent, [], 'the app heard of none of them')
})

t.test('a callback is read from the query, and where its provider posts it from the form', async (t) => {
  for (const [provider, callback] of [
    ['op', (state: string) => bytesOf(`/.auth/callback/op?code=c&state=${state}`, {})],
    [
      'form',
      (state: string) =>
        bytesOf('/.auth/callback/form', { method: 'POST', headers: [form], body: `code=c&state=${state}` }),
    ],
  ] as const) {
    const held = await open(t)
    const begun = await held.ask(bytesOf(`/.auth/login?provider=${provider}&return_to=%2Fin`))
    const state = /[?&]state=([^&\r]+)/.exec(begun)?.[1] ?? ''
    const cookie = /set-cookie: ([^;]+)/.exec(begun)?.[1] ?? ''
    const answer = await held.ask(callback(state).replace('\r\n\r\n', `\r\nCookie: ${cookie}\r\n\r\n`))
    t.match(answer, /set-cookie: __Host-claimgate=/i, provider)
    t.same(
      held.provider(provider).exchanged.map(({ parameters }) => parameters),
      [`code=c&state=${state}`],
      provider,
    )
  }
})

t.test(
  'a form has so many bytes, and is one: anything else is refused and logged by its line alone',
  async (t) => {
    const held = await open(t)
    const posted = (body: string, type = form) =>
      held.ask(bytesOf('/.auth/logout', { method: 'POST', headers: [type, same], body }))
    const exact = await posted('x'.repeat(limits.formBytes))
    t.equal(statusOf(exact), 303)
    const long = await posted('x'.repeat(limits.formBytes + 1))
    t.equal(statusOf(long), 413)
    t.match(long, /"reason":"body-too-large"/)
    t.match(long, /connection: close/i)
    for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x']) {
      const other = await posted('{}', `Content-Type: ${type}`)
      t.equal(statusOf(other), 415, type)
      t.match(other, /"reason":"media-type-unknown"/)
    }
    t.same(
      held.lines.map(({ event, status }) => [event, status]),
      [303, 413, 415, 415, 415].map((status) => ['request', status]),
    )
    t.same(held.counted, [])
  },
)

function thrownInto(
  held: HeldApp,
  admission: Admission,
  thrown: unknown,
  raw: object,
  answered: object = {},
) {
  const request = {
    destroyed: false,
    complete: true,
    headers: {},
    ...raw,
  } as unknown as FastifyRequest['raw']
  attachContext(request, held.context)
  carryAdmission(request, admission)
  const done: unknown[] = []
  const reply = {
    raw: { headersSent: false, destroy: () => done.push('destroy'), ...answered },
    request: { raw: request },
    code: (status: number) => done.push(status) && reply,
    headers: () => reply,
    send: (body: string) => done.push(JSON.parse(body).reason) && reply,
  }
  held.app.errorHandler.call(
    held.app,
    thrown as Error,
    { raw: request } as FastifyRequest,
    reply as unknown as FastifyReply,
  )
  return done
}

t.test('what is thrown is answered by its code, told under its own name, and counted', async (t) => {
  const fault = [UpstreamFault, StoreFault, ProviderFault, LoginFault, ConfigFault] as const
  const [upstream, store, provider, login, config] = fault
  for (const [thrown, status, reason, event, code] of [
    [new upstream('UPSTREAM_TIMEOUT', 'x'), 504, 'upstream-timeout', 'upstream.failed', 'UPSTREAM_TIMEOUT'],
    [new store('STORE_FULL', 'x'), 503, 'store-full', 'store.failed', 'STORE_FULL'],
    [new provider('PROVIDER_BUSY', 'x'), 503, 'provider-busy', 'provider.failed', 'PROVIDER_BUSY'],
    [new login('LOGIN_LOOP', 'x'), 400, 'login-loop', 'login.failed', 'LOGIN_LOOP'],
    [new config('CONFIG_INVALID', 'x'), 500, 'config-invalid', 'internal.failed', 'CONFIG_INVALID'],
    [
      new upstream('REQUEST_BODY_TOO_LARGE', 'x'),
      413,
      'request-body-too-large',
      null,
      'REQUEST_BODY_TOO_LARGE',
    ],
    [new upstream('REQUEST_BODY_STALLED', 'x'), 408, 'request-body-stalled', null, 'REQUEST_BODY_STALLED'],
    [new Error('x'), 500, 'internal', 'internal.failed', undefined],
    ['a text', 500, 'internal', 'internal.failed', undefined],
    [
      Object.assign(new Error('x'), { code: 'FST_ERR_CTP_BODY_TOO_LARGE' }),
      413,
      'body-too-large',
      null,
      undefined,
    ],
    [
      Object.assign(new Error('x'), { code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE' }),
      415,
      'media-type-unknown',
      null,
      undefined,
    ],
  ] as const) {
    const held = await open(t)
    const admission = await held.admission(`${site}/open`, { headers: { accept: '*/*' } })
    const done = thrownInto(held, admission, thrown, {})
    t.same(done, [status, reason], reason)
    t.same(
      held.lines.map(({ event, code, request_id, app }) => [event, code, request_id, app]),
      event === null ? [] : [[event, code, 'request-7', 'wiki']],
      reason,
    )
    t.same(held.counted, code === undefined ? [] : [`fault ${code}`], reason)
  }
})

t.test(
  'an answer that has begun, or whose client went away in its body, is ended and nobody’s fault',
  async (t) => {
    const held = await open(t)
    const admission = await held.admission(`${site}/open`, { headers: { accept: '*/*' } })
    const begun = { headersSent: true }
    const gone = { destroyed: true, complete: false }
    t.same(thrownInto(held, admission, new Error('x'), {}, begun), ['destroy'])
    t.same(thrownInto(held, admission, new Error('x'), gone), ['destroy'])
    t.same([held.lines, held.counted], [[], []])
    t.same(
      thrownInto(held, admission, new Error('x'), { destroyed: true }),
      [500, 'internal'],
      'it had all come',
    )
    t.same(thrownInto(held, admission, new Error('x'), { complete: false }), [500, 'internal'], 'it is there')
  },
)

t.test('a client that goes away in the middle of a form is told of by no line but its own', async (t) => {
  const held = await open(t)
  const client = held.connect()
  client.write(
    bytesOf('/.auth/logout', { method: 'POST', headers: [form, same], body: 'x' }).replace(': 1', ': 9'),
  )
  await settled()
  client.destroy()
  await settled()
  t.match(held.lines, [{ event: 'request', status: 499 }])
  t.equal(held.lines.length, 1)
})

t.test('an address that nothing should have shown is a mistake of ours', async (t) => {
  const { app } = await open(t)
  const answer = await Promise.race([app.inject('/nowhere'), settled()])
  t.equal(answer?.statusCode, 500)
})

t.test('what is no HTTP is answered once, and told by its code', async (t) => {
  const held = await open(t)
  const answer = await held.ask('no http\r\n\r\n')
  t.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n(?:[^\r]+\r\n)+\r\n$/)
  t.match(held.lines, [{ event: 'request.unreadable', code: 'HPE_INVALID_METHOD' }])
  t.equal(held.lines.length, 1)
})

const head = (...headers: string[]) => ({ statusCode: 200, reasonPhrase: null, headers })

t.test('a request of an app goes to its upstream, and the answer comes back', async (t) => {
  const held = await open(t)
  const client = held.connect()
  client.write(bytesOf('/open/x'))
  await settled()
  t.match(held.sent[0]?.request, { method: 'GET', path: '/open/x', body: null })
  t.doesNotThrow(() => {
    held.sent[0]?.sink.head(head('Content-Length', '2', 'X-Secret', secret))
    held.sent[0]?.sink.data(Buffer.from('hi'))
    held.sent[0]?.sink.end()
  })
  await settled()
  t.match(client.text(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nhi$/)
  t.notMatch(client.text(), secret)
  t.match(held.lines, [
    { event: 'upstream.secret-reflected', level: 50, app: 'wiki', request_id: /-000001$/ },
    { event: 'request', status: 200 },
  ])
})

t.test(
  'a fault of the app is answered before its answer begins, and cuts the client after that',
  async (t) => {
    for (const [begins, thrown, line, access] of [
      [
        false,
        new UpstreamFault('UPSTREAM_TIMEOUT', 'x'),
        { event: 'upstream.failed', code: 'UPSTREAM_TIMEOUT', app: 'wiki' },
        { status: 504 },
      ],
      [
        true,
        new UpstreamFault('UPSTREAM_ABORTED', 'x'),
        { event: 'upstream.failed', code: 'UPSTREAM_ABORTED', app: 'wiki', request_id: /-000001$/ },
        { status: 200, code: 'UPSTREAM_ABORTED' },
      ],
      [
        true,
        Object.assign(new Error('x'), { code: 'ECONNRESET' }),
        { event: 'internal.failed', app: 'wiki' },
        { status: 499 },
      ],
    ] as const) {
      const held = await open(t)
      const client = held.connect()
      client.write(bytesOf('/open'))
      await settled()
      const sink = held.sent[0]?.sink
      if (begins) {
        sink?.head(head('Content-Length', '2'))
        sink?.data(Buffer.from('h'))
        await settled()
      }
      sink?.failed(thrown)
      await settled()
      t.ok(client.ended())
      t.equal(statusOf(client.text()), begins ? 200 : 504)
      t.match(held.lines, [line, { event: 'request', ...access }])
      t.equal('code' in (held.lines[1] ?? {}), 'code' in access)
      t.same(held.counted, thrown instanceof UpstreamFault ? [`fault ${thrown.code}`] : [])
    }
  },
)

t.test('a request that cannot be sent as it is is refused, and the access line says so', async (t) => {
  const held = await open(t)
  const answer = await held.ask(bytesOf('/open', { headers: [`Connection: ${'a,'.repeat(30)}b`] }))
  t.equal(statusOf(answer), 400)
  const { reason } = JSON.parse(answer.slice(answer.indexOf('{')))
  t.match(held.lines, [{ event: 'request', decision: 'reject', reason, status: 400 }])
  t.same(held.sent, [])
})

t.test('a refusal that cannot be made is a fault like any other', async (t) => {
  const held = await open(t)
  const { gateway } = held
  const { sessions } = held.runtime
  let known = false
  const providers = Object.assign(new Map(gateway.providers), {
    get: (name: string) => {
      if (known) throw new Error('asked for the label of a provider')
      return gateway.providers.get(name)
    },
  })
  const use = async (...of: Parameters<typeof sessions.use>) => {
    const found = await sessions.use(...of)
    known = true
    return found
  }
  held.editions.swap({
    ...held.runtime,
    gateway: { ...gateway, providers },
    sessions: { ...sessions, use },
  })
  const headers = [
    `Cookie: ${await held.signIn('wiki.example', { note: { no: 'text' } })}`,
    'Accept: text/html',
  ]
  const answer = await held.ask(bytesOf('/in', { headers }))
  t.equal(statusOf(answer), 500)
  t.match(held.lines, [
    { event: 'internal.failed', app: 'wiki', request_id: /-000001$/ },
    { event: 'request', decision: 'deny', reason: 'identity-unsendable', status: 500 },
  ])
})

t.test('what a client sends is use of its session; a store that fails then is told', async (t) => {
  const held = await open(t)
  const cookie = await held.signIn('wiki.example')
  const asked: number[] = []
  const { sessions } = held.runtime
  const broken = new StoreFault('STORE_UNAVAILABLE', 'x')
  const runtime = {
    ...held.runtime,
    sessions: {
      ...sessions,
      use: (...of: Parameters<typeof sessions.use>) => {
        asked.push(held.clock.time)
        if (asked.length > 1) throw broken
        return sessions.use(...of)
      },
    },
  }
  held.editions.swap(runtime)
  const client = held.connect()
  client.write(
    bytesOf('/in', { method: 'POST', headers: [`Cookie: ${cookie}`], body: 'x' }).replace(': 1', ': 2'),
  )
  await settled()
  held.clock.time += 60
  held.sent[0]?.request.body?.resume()
  client.write('y')
  await settled()
  t.same(asked, [1_900_000_000, 1_900_000_060])
  t.match(held.lines, [{ event: 'store.failed', code: 'STORE_UNAVAILABLE', request_id: /-000001$/ }])
  t.equal(held.lines.length, 1)
  client.destroy()
})

t.test('where nobody need be signed in, a body is use of nothing', async (t) => {
  const held = await open(t)
  const headers = [`Cookie: ${await held.signIn('wiki.example')}`]
  let used = 0
  const use: Runtime['sessions']['use'] = (...of) => {
    used += 1
    return held.runtime.sessions.use(...of)
  }
  held.editions.swap({ ...held.runtime, sessions: { ...held.runtime.sessions, use } })
  const client = held.connect()
  client.write(bytesOf('/open', { method: 'POST', headers, body: 'xy' }))
  await settled()
  held.clock.time += 3600
  const pieces: string[] = []
  held.sent[0]?.request.body?.on('data', (piece) => pieces.push(String(piece)))
  await settled()
  t.same(pieces, ['xy'])
  t.equal(used, 0)
  t.same(held.lines, [])
  client.destroy()
})

t.test('what an app leaves of a body is dropped', async (t) => {
  const held = await open(t)
  const client = held.connect()
  client.write(bytesOf('/open', { method: 'POST', body: 'x' }).replace(': 1', ': 9'))
  await settled()
  t.same(held.dropped, [])
  held.sent[0]?.sink.head(head('Content-Length', '0'))
  held.sent[0]?.sink.end()
  await settled()
  t.match(held.dropped, [{ network: { key: '198.51.100.7' }, rate: { bytesPerSecond: 500 } }])
  t.match(client.text(), /connection: close/i)
  client.destroy()
})

const stream = head('Content-Type', 'text/event-stream')

/** The next edition, in which nobody may come where it was streamed from. */
const closed = (held: HeldApp): Runtime => ({
  ...held.runtime,
  edition: 2,
  gateway: loadGateway(yaml('require: nobody').replace('/open, require: anyone', '/open, require: nobody')),
})

t.test('server-sent events end with the rules that let them in, and with the gateway', async (t) => {
  for (const [name, end, ends] of [
    ['new rules', (held: HeldApp) => held.editions.swap(closed(held)), true],
    ['the same rules', (held: HeldApp) => held.editions.swap({ ...held.runtime, edition: 2 }), false],
    ['the end of the gateway', (held: HeldApp) => void held.app.close(), true],
  ] as const) {
    for (const before of [true, false]) {
      const held = await open(t)
      const client = held.connect()
      client.write(bytesOf('/open'))
      await settled()
      if (before) end(held)
      held.sent[0]?.sink.head(stream)
      held.sent[0]?.sink.data(Buffer.from('data: 1\n\n'))
      await settled()
      if (!before) {
        t.notOk(client.ended(), `${name}: until then it is open`)
        end(held)
      }
      await settled()
      t.equal(client.ended(), ends, `${name}, ${before ? 'before it began' : 'while it runs'}`)
      t.equal((held.sent[0]?.done ?? []).includes('cancel'), ends)
      client.destroy()
    }
  }
})

t.test(
  'a stream of a session listens for its end as long as it runs, and is judged when rules change',
  async (t) => {
    const held = await open(t)
    const { sessions } = held.runtime
    let [listening, judged] = [0, 0]
    const onEnd: typeof sessions.onEnd = (...of) => {
      const leave = sessions.onEnd(...of)
      listening += 1
      return () => {
        listening -= 1
        leave()
      }
    }
    const lookUp: typeof sessions.lookUp = (...of) => {
      judged += 1
      return sessions.lookUp(...of)
    }
    const runtime = { ...held.runtime, sessions: { ...sessions, onEnd, lookUp } }
    held.editions.swap(runtime)
    const client = held.connect()
    client.write(bytesOf('/in', { headers: [`Cookie: ${await held.signIn('wiki.example')}`] }))
    await settled()
    held.sent[0]?.sink.head(stream)
    await settled()
    t.same([listening, judged], [1, 0])
    held.editions.swap({ ...runtime, edition: 2 })
    await settled()
    t.same([listening, judged], [1, 1])
    client.destroy()
    await settled()
    held.editions.swap({ ...runtime, edition: 3 })
    await settled()
    t.same([listening, judged], [0, 1])
  },
)

t.test('who is not let in gets the answer to the verdict', async (t) => {
  const held = await open(t)
  for (const [path, status, reason] of [
    ['/in', 401, 'no-session'],
    ['/open//x', 400, 'target-empty-segment'],
  ] as const) {
    const answer = await held.ask(bytesOf(path, { headers: ['Accept: */*'] }))
    t.equal(statusOf(answer), status, path)
    t.match(answer, `"reason":"${reason}"`, path)
  }
  t.same(held.sent, [])
})

t.test('new rules are told to the event streams and to the WebSockets', async (t) => {
  const held = await open(t)
  t.same(held.editions.subscribers(), ['sessions', 'webSockets', 'eventStreams'])
})
