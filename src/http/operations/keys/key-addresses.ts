import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { EventFields } from '../../../core/event.ts'
import { isFault } from '../../../core/fault.ts'
import type { ApiKey } from '../../../core/keys/api-key.ts'
import { keyFacts, usageFacts } from '../../../core/keys/key-facts.ts'
import { formatKeyId } from '../../../core/keys/key-form.ts'
import { limits } from '../../../core/limits/table.ts'
import type { Secret } from '../../../core/secret.ts'
import { changeOrigins } from '../../../runtime/keys/changed-origins.ts'
import { type FoundKey, findKey, listKeys } from '../../../runtime/keys/found-keys.ts'
import { type KeyPlace, type MadeKey, makeKey, rotateKey } from '../../../runtime/keys/made-key.ts'
import { readOverlap, readWantedKey } from '../../../runtime/keys/wanted-key.ts'
import type { AdminTokenCheck } from './admin-token.ts'
import { readSentObject, type SentObject } from './json-body.ts'
import { isKeyProblem, type KeyProblem, keyProblemBody, problemOf } from './problem.ts'

/** What these addresses work on. */
export interface KeyAddresses {
  /** Of the edition in force; null: the file has none, and nothing is here. */
  readonly token: () => Secret | null
  /** Where keys are, now; null: the file has no `api_keys`. */
  readonly place: () => KeyPlace | null
  readonly check: AdminTokenCheck
  /** For the log. */
  readonly changed: (event: KeyEvent, fields: EventFields<KeyEvent>) => void
  readonly failed: (thrown: unknown) => void
}

export type KeyEvent = 'key.created' | 'key.rotated' | 'key.changed' | 'key.revoked'

type Answer = { readonly status: 200 | 201; readonly body: object; readonly location?: string }

/**
 * `/keys`: what `claimgate keys` does, as JSON, for programs of the operator. The token is asked for before anything of a
 * body is read. A request that is sent twice makes two keys: whoever keeps an answer keeps a secret, so none is kept to be
 * given again.
 */
export async function keyAddresses(scope: FastifyInstance, addresses: KeyAddresses): Promise<void> {
  const { token, check, place, failed } = addresses
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: limits.adminBodyBytes },
    (_request, body, done) => done(null, body),
  )
  scope.addHook('onRequest', async (request, reply) => {
    const wanted = token()
    if (wanted === null) {
      reply.callNotFound()
      return reply
    }
    const refusal = check.refuse(request.raw, wanted)
    return refusal === null ? undefined : send(reply, refusal)
  })
  scope.setErrorHandler((thrown, _request, reply) => {
    const known = problemOfError(thrown)
    if (known === null) failed(thrown)
    return send(reply, known ?? (isFault(thrown) ? storeAway : broken))
  })

  const at =
    (work: (place: KeyPlace, request: FastifyRequest) => Promise<Answer | KeyProblem>) =>
    async (request: FastifyRequest, reply: FastifyReply) => {
      const here = place()
      return send(reply, here === null ? noKeys : await work(here, request))
    }
  scope.get(
    '/keys',
    at((here, request) => list(here, queryOf(request))),
  )
  scope.post(
    '/keys',
    at((here, request) => create(here, request, addresses)),
  )
  scope.get(
    '/keys/:id',
    at((here, request) => withKey(here, request, (found) => show(here, found))),
  )
  scope.patch(
    '/keys/:id',
    at((here, request) => withKey(here, request, (found) => change(here, found, request, addresses))),
  )
  scope.delete(
    '/keys/:id',
    at((here, request) => withKey(here, request, (found) => revoke(here, found, request, addresses))),
  )
  scope.post(
    '/keys/:id/rotate',
    at((here, request) => withKey(here, request, (found) => rotate(here, found, request, addresses))),
  )
  scope.get(
    '/keys/:id/usage',
    at((here, request) => withKey(here, request, (found) => usage(here, found))),
  )
}

const noKeys: KeyProblem = { status: 404, detail: 'the configuration has no `api_keys`' }
const unknownKey: KeyProblem = { status: 404, detail: 'there is no such key' }
const storeAway: KeyProblem = { status: 503, detail: 'the store of keys did not answer: see the log' }
const broken: KeyProblem = { status: 500, detail: 'a fault of the gateway itself: see the log' }
const inFile: KeyProblem = { status: 409, detail: 'the key stands in the configuration: change it there' }

function send(reply: FastifyReply, answer: Answer | KeyProblem): FastifyReply {
  reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
  if (isKeyProblem(answer)) {
    return reply
      .code(answer.status)
      .headers(answer.headers ?? {})
      .type('application/problem+json; charset=utf-8')
      .send(keyProblemBody(answer))
  }
  if (answer.location !== undefined) reply.header('location', answer.location)
  return reply.code(answer.status).type('application/json; charset=utf-8').send(JSON.stringify(answer.body))
}

/** What a client did; null: it is ours. */
function problemOfError(thrown: unknown): KeyProblem | null {
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : null
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return { status: 413, detail: `the body is larger than ${limits.adminBodyBytes / 1024} KiB` }
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return { status: 415, detail: 'the body must be application/json' }
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return { status: 400, detail: 'the body has not the length that was announced' }
    default:
      return null
  }
}

function queryOf(request: FastifyRequest): URLSearchParams {
  const url = request.raw.url ?? ''
  const at = url.indexOf('?')
  return new URLSearchParams(at === -1 ? '' : url.slice(at + 1))
}

async function list(place: KeyPlace, query: URLSearchParams): Promise<Answer | KeyProblem> {
  const names = [...query.keys()]
  const unknown = names.find((name) => name !== 'user' && name !== 'cursor')
  if (unknown !== undefined) return problemOf([{ field: 'query', message: 'takes user and cursor alone' }])
  if (new Set(names).size < names.length)
    return problemOf([{ field: 'query', message: 'has one parameter twice' }])
  const [user, after] = [query.get('user'), query.get('cursor')]
  if (after !== null && !/^[\w.:-]{1,200}$/.test(after))
    return problemOf([{ field: 'cursor', message: 'is not the `next` of an answer' }])
  const { keys, next } = await listKeys(place, { user, after, most: limits.listedKeys })
  return { status: 200, body: { keys, next } }
}

async function create(
  place: KeyPlace,
  request: FastifyRequest,
  { changed }: KeyAddresses,
): Promise<Answer | KeyProblem> {
  // Whoever sends it counts on one key for two requests.
  if (request.headers['idempotency-key'] !== undefined)
    return problemOf([
      { field: 'Idempotency-Key', message: 'is not supported: a request that is sent twice makes two keys' },
    ])
  const said = sentObject(request)
  if (isKeyProblem(said)) return said
  const read = readWantedKey(said, place.gateway, place.now)
  if (!read.ok) return problemOf(read.faults)
  const made = await makeKey(place, read.wanted)
  if ('field' in made) return problemOf([made])
  changed('key.created', fieldsOf(place, made.key))
  return { status: 201, location: `/keys/${formatKeyId(made.key)}`, body: madeFacts(place, made) }
}

function sentObject({ body }: FastifyRequest): SentObject | KeyProblem {
  return body instanceof Buffer
    ? readSentObject(body)
    : problemOf([{ field: 'body', message: 'expected a JSON object' }])
}

async function withKey(
  place: KeyPlace,
  request: FastifyRequest,
  work: (found: FoundKey) => Promise<Answer | KeyProblem>,
): Promise<Answer | KeyProblem> {
  const { id }: { id?: unknown } = typeof request.params === 'object' ? (request.params ?? {}) : {}
  const found = typeof id === 'string' ? await findKey(place, id) : null
  return found === null ? unknownKey : work(found)
}

async function show({ gateway, now }: KeyPlace, { key, source }: FoundKey): Promise<Answer> {
  return { status: 200, body: keyFacts(key, gateway, now, source) }
}

async function revoke(
  place: KeyPlace,
  { key, source }: FoundKey,
  { body }: FastifyRequest,
  { changed }: KeyAddresses,
): Promise<Answer | KeyProblem> {
  if (body !== undefined)
    return problemOf([{ field: 'body', message: 'nothing is said of a key that is revoked' }])
  if (source === 'file') return inFile
  const revoked = await place.keys.change(key.id, { kind: 'revoke', at: place.now })
  if (revoked === null) return unknownKey
  if (key.revokedAt === null) changed('key.revoked', fieldsOf(place, revoked))
  return { status: 200, body: keyFacts(revoked, place.gateway, place.now) }
}

async function rotate(
  place: KeyPlace,
  { key, source }: FoundKey,
  request: FastifyRequest,
  { changed }: KeyAddresses,
): Promise<Answer | KeyProblem> {
  if (source === 'file') return inFile
  const said = sentField(request, 'overlap', 'is nothing that a rotation takes')
  if (isKeyProblem(said)) return said
  const overlap = readOverlap(said.overlap)
  if (typeof overlap !== 'number') return problemOf([overlap])
  const made = await rotateKey(place, key.id, overlap)
  if (made === null) return unknownKey
  if ('field' in made) return { status: 409, detail: `${made.field}: ${made.message}`, errors: [made] }
  changed('key.rotated', fieldsOf(place, made.key))
  return { status: 200, body: madeFacts(place, made) }
}

/** Its origins alone: what else a key opens never changes behind the back of whoever looks at it. */
async function change(
  place: KeyPlace,
  { key, source }: FoundKey,
  request: FastifyRequest,
  { changed }: KeyAddresses,
): Promise<Answer | KeyProblem> {
  if (source === 'file') return inFile
  const said = sentField(request, 'origins', 'is nothing that can be changed')
  if (isKeyProblem(said)) return said
  const now = await changeOrigins(place, key, said.origins)
  if (now === null) return unknownKey
  if ('length' in now) return problemOf(now)
  changed('key.changed', fieldsOf(place, now))
  return { status: 200, body: keyFacts(now, place.gateway, place.now) }
}

async function usage({ keys }: KeyPlace, { key }: FoundKey): Promise<Answer> {
  return { status: 200, body: usageFacts(formatKeyId(key), await keys.usage(key.id)) }
}

/** The one answer with a secret in it. */
function madeFacts({ gateway, now }: KeyPlace, { key, secret, whole }: MadeKey): object {
  return { ...keyFacts(key, gateway, now), secret, api_key: whole }
}

function fieldsOf({ gateway, now }: KeyPlace, key: ApiKey): EventFields<KeyEvent> {
  return { key: key.id, name: key.name, by: 'admin', subject: keyFacts(key, gateway, now).user }
}

/** A body that may have this field, and no other. */
function sentField(request: FastifyRequest, name: string, message: string): ReturnType<typeof sentObject> {
  const said = sentObject(request)
  if (isKeyProblem(said)) return said
  const other = Object.keys(said).find((one) => one !== name)
  return other === undefined ? said : problemOf([{ field: other, message: `${message}: ${name} alone` }])
}
