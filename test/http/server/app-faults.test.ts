// What becomes of what is thrown: one row a fault.
import type { FastifyReply, FastifyRequest } from 'fastify'
import t from 'tap'
import { ConfigFault, LoginFault, ProviderFault, StoreFault, UpstreamFault } from '../../../src/core/fault.ts'
import type { Admission } from '../../../src/http/admission/admission.ts'
import { carryAdmission } from '../../../src/http/admission/admission.ts'
import { attachContext } from '../../../src/http/server/context.ts'
import type { HeldApp } from '../../support/held-app.ts'
import { settled } from '../../support/held-connection.ts'
import { bytesOf, form, open, same, site } from './app-rig.ts'

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
    [new upstream('REQUEST_BODY_TOO_LARGE', 'x'), 413, 'body-too-large', null, undefined],
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
    t.same(held.counted, code === undefined ? [] : [`fault ${code} of wiki`], reason)
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
