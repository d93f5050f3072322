import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { limits } from '../../core/limits/table.ts'
import { type Admission, admissionOf, type OwnAddress } from '../admission/admission.ts'
import { verdictAnswer } from '../admission/verdict-answer.ts'
import { believedOf } from '../operations/mark.ts'
import { changeOwnKeys } from '../own-keys/change.ts'
import { ownKeys } from '../own-keys/own-keys.ts'
import { type Answer, send } from '../pages/answer.ts'
import { account } from '../sign-in/account.ts'
import { showAssertionKeys } from '../sign-in/assertion-keys.ts'
import { backChannelLogout } from '../sign-in/backchannel-logout.ts'
import { callback } from '../sign-in/callback.ts'
import { frontChannelLogout } from '../sign-in/frontchannel-logout.ts'
import { login, takeUp } from '../sign-in/login.ts'
import { askToLogOut, loggedOut, logOut } from '../sign-in/logout.ts'
import { me } from '../sign-in/me.ts'
import { endOwnSessions, ownSessions } from '../sign-in/own-sessions.ts'
import { resourceMetadataPreflight, showResourceMetadata } from '../sign-in/resource-metadata.ts'
import { resumeForm } from '../sign-in/resume.ts'
import { giveToken } from '../token/token.ts'
import { contextOf, type RequestContext } from './context.ts'

/** A preflight has no page of its own: what it is told stands in the headers of its location. */
const preflightAnswer: Answer = { status: 204, headers: { 'cache-control': 'no-store' }, body: '' }

type Told = Answer | Promise<Answer>
/** What an address of ours answers. `form` is empty where none was sent. */
type Answering = (
  context: RequestContext,
  admission: Admission,
  headers: IncomingHttpHeaders,
  form: URLSearchParams,
) => Told

/** By the names of `OwnAddress`; a request comes here after the gate has judged address and method. */
const gets: readonly (readonly [OwnAddress, Answering])[] = [
  ['login', login],
  ['callback', (context, admission, headers) => callback(context, admission, headers, queryOf(admission))],
  ['logout', askToLogOut],
  ['logged-out', loggedOut],
  ['frontchannel-logout', frontChannelLogout],
  ['account', account],
  ['sessions', ownSessions],
  ['keys', ownKeys],
  ['resume', resumeForm],
  ['resource-metadata', showResourceMetadata],
  ['me', me],
  ['jwks', showAssertionKeys],
]
const posts: readonly (readonly [OwnAddress, Answering])[] = [
  ['login', takeUp],
  ['callback', callback],
  ['logout', logOut],
  ['sessions', endOwnSessions],
  ['keys', changeOwnKeys],
]

/** The gateway's own addresses, and its own answers. Small forms are read here and nowhere else. */
export async function ownAddresses(scope: FastifyInstance): Promise<void> {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: limits.formBytes },
    (_request, body, done) => done(null, new URLSearchParams(String(body))),
  )
  scope.get('/answer', async ({ raw }, reply) => send(reply, await verdictAnswer(raw)))
  scope.get('/preflight', async (_request, reply) => send(reply, preflightAnswer))
  scope.get('/own/health', async ({ raw }, reply) => {
    const believed = believedOf(contextOf(raw).runtime, raw)
    if (believed !== null) return reply.header('cache-control', 'no-store').send(believed)
    return reply.type('text/plain').header('cache-control', 'no-store').send('ok\n')
  })
  const serve = (answering: Answering) => async (request: FastifyRequest, reply: FastifyReply) => {
    const { raw, headers } = request
    return send(reply, await answering(contextOf(raw), admissionOf(raw), headers, formOf(request)))
  }
  for (const [address, answering] of gets) scope.get(`/own/${address}`, serve(answering))
  for (const [address, answering] of posts) scope.post(`/own/${address}`, serve(answering))
  scope.post(
    '/own/backchannel-logout',
    { bodyLimit: limits.logoutFormBytes },
    serve((context, admission, _headers, form) => backChannelLogout(context, admission, form)),
  )
  scope.post('/own/token', { bodyLimit: limits.tokenFormBytes }, async (request, reply) =>
    send(reply, await giveToken(request)),
  )
  scope.options(
    '/own/resource-metadata',
    serve(() => resourceMetadataPreflight),
  )
}

function queryOf({ target }: Admission): URLSearchParams {
  return new URLSearchParams(target?.query)
}

function formOf({ body }: FastifyRequest): URLSearchParams {
  return body instanceof URLSearchParams ? body : new URLSearchParams()
}
