import type { FastifyInstance, FastifyRequest } from 'fastify'
import { limits } from '../../core/limits/table.ts'
import { admissionOf } from '../admission/admission.ts'
import { verdictAnswer } from '../admission/verdict-answer.ts'
import { believedOf } from '../operations/mark.ts'
import { changeOwnKeys } from '../own-keys/change.ts'
import { ownKeys } from '../own-keys/own-keys.ts'
import { type Answer, send } from '../pages/answer.ts'
import { account } from '../sign-in/account.ts'
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
import { contextOf } from './context.ts'

/** A preflight has no page of its own: what it is told stands in the headers of its location. */
const preflightAnswer: Answer = { status: 204, headers: { 'cache-control': 'no-store' }, body: '' }

/** The gateway's own addresses, and its own answers. Small forms are read here and nowhere else. */
export async function ownAddresses(scope: FastifyInstance): Promise<void> {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: limits.formBytes },
    (_request, body, done) => done(null, new URLSearchParams(String(body))),
  )
  const query = (request: FastifyRequest) => new URLSearchParams(admissionOf(request.raw).target?.query)
  const form = (request: FastifyRequest) =>
    request.body instanceof URLSearchParams ? request.body : new URLSearchParams()

  scope.get('/answer', async (request, reply) => send(reply, await verdictAnswer(request.raw)))
  scope.get('/preflight', async (_request, reply) => send(reply, preflightAnswer))
  scope.get('/own/health', async (request, reply) => {
    const believed = believedOf(contextOf(request.raw).runtime, request.raw)
    if (believed !== null) return reply.header('cache-control', 'no-store').send(believed)
    return reply.type('text/plain').header('cache-control', 'no-store').send('ok\n')
  })
  scope.get('/own/login', async (request, reply) =>
    send(reply, await login(contextOf(request.raw), admissionOf(request.raw), request.headers)),
  )
  scope.post('/own/login', async (request, reply) =>
    send(reply, takeUp(contextOf(request.raw), admissionOf(request.raw), request.headers, form(request))),
  )
  scope.get('/own/callback', async (request, reply) =>
    send(
      reply,
      await callback(contextOf(request.raw), admissionOf(request.raw), request.headers, query(request)),
    ),
  )
  scope.post('/own/callback', async (request, reply) =>
    send(
      reply,
      await callback(contextOf(request.raw), admissionOf(request.raw), request.headers, form(request)),
    ),
  )
  scope.get('/own/logout', async (request, reply) =>
    send(reply, await askToLogOut(contextOf(request.raw), admissionOf(request.raw), request.headers)),
  )
  scope.post('/own/logout', async (request, reply) =>
    send(
      reply,
      await logOut(contextOf(request.raw), admissionOf(request.raw), request.headers, form(request)),
    ),
  )
  scope.get('/own/logged-out', async (request, reply) =>
    send(reply, loggedOut(contextOf(request.raw), admissionOf(request.raw), request.headers)),
  )
  scope.post('/own/backchannel-logout', { bodyLimit: limits.logoutFormBytes }, async (request, reply) =>
    send(reply, await backChannelLogout(contextOf(request.raw), admissionOf(request.raw), form(request))),
  )
  scope.post('/own/token', { bodyLimit: limits.tokenFormBytes }, async (request, reply) =>
    send(reply, await giveToken(request)),
  )
  scope.get('/own/frontchannel-logout', async (request, reply) =>
    send(reply, await frontChannelLogout(contextOf(request.raw), admissionOf(request.raw))),
  )
  scope.get('/own/account', async (request, reply) =>
    send(reply, await account(contextOf(request.raw), admissionOf(request.raw), request.headers)),
  )
  scope.get('/own/sessions', async (request, reply) =>
    send(reply, await ownSessions(contextOf(request.raw), admissionOf(request.raw), request.headers)),
  )
  scope.post('/own/sessions', async (request, reply) =>
    send(
      reply,
      await endOwnSessions(contextOf(request.raw), admissionOf(request.raw), request.headers, form(request)),
    ),
  )
  scope.get('/own/keys', async (request, reply) =>
    send(reply, await ownKeys(contextOf(request.raw), admissionOf(request.raw), request.headers)),
  )
  scope.post('/own/keys', async (request, reply) =>
    send(
      reply,
      await changeOwnKeys(contextOf(request.raw), admissionOf(request.raw), request.headers, form(request)),
    ),
  )
  scope.get('/own/resume', async (request, reply) =>
    send(reply, await resumeForm(contextOf(request.raw), admissionOf(request.raw), request.headers)),
  )
  scope.get('/own/resource-metadata', async (request, reply) =>
    send(reply, showResourceMetadata(contextOf(request.raw), admissionOf(request.raw))),
  )
  scope.options('/own/resource-metadata', async (_request, reply) => send(reply, resourceMetadataPreflight))
  scope.get('/own/me', async (request, reply) =>
    send(reply, await me(contextOf(request.raw), admissionOf(request.raw), request.headers)),
  )
}
