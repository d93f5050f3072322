import type { IncomingHttpHeaders } from 'node:http'
import type { ApiKey } from '../../core/keys/api-key.ts'
import { formatKeyId } from '../../core/keys/key-form.ts'
import { openKeyForm } from '../../core/keys/own-key-form.ts'
import { isRecentSignIn } from '../../core/keys/recent-sign-in.ts'
import { sameText } from '../../core/session/seal.ts'
import { type MadeKey, makeOwnKey, rotateKey } from '../../runtime/keys/made-key.ts'
import { type KeyFault, readOverlap, readWantedKey, type WantedKey } from '../../runtime/keys/wanted-key.ts'
import type { Admission } from '../admission/admission.ts'
import { type Answer, redirectAnswer, refusal } from '../pages/answer.ts'
import { forbidden } from '../pages/forbidden.ts'
import type { KeyNotice } from '../pages/keys-page.ts'
import type { RequestContext } from '../server/context.ts'
import { isFromOwnPage } from '../sign-in/own-form.ts'
import { type AskedOfKeys, readAsked } from './asked.ts'
import { askToSignIn, type Kept, madeKeyAnswer } from './confirmed.ts'
import { type KeyOwner, keyOwner, ownedKeys } from './key-owner.ts'
import { keysAnswer, sealOf, whyNoMore } from './own-keys.ts'
import { secretOf } from './shown-keys.ts'

/**
 * POST: makes one of the person's keys, or renames, rotates or revokes it. Only from our own page, as a browser's
 * navigation, in a form that this session was shown. A key is made, and gets a new secret, after a sign-in of the last
 * minutes alone; the answer with the secret is kept nowhere, and the same form sent again changes nothing. Throws a
 * StoreFault.
 */
export async function changeOwnKeys(
  context: RequestContext,
  admission: Admission,
  headers: IncomingHttpHeaders,
  form: URLSearchParams,
): Promise<Answer> {
  const { origin } = admission
  const { gateway, ring } = context.runtime
  if (origin !== null && !isFromOwnPage(headers, origin)) return forbidden(gateway, admission, 'cross-site')
  // A script can post a form, too, but not read what comes of it: see docs/security.md. What does not say is none.
  if (headers['sec-fetch-mode'] !== 'navigate' || headers['sec-fetch-dest'] !== 'document')
    return refusal(admission, 403, 'not-a-navigation')
  const owner = await keyOwner(context, admission, headers)
  if ('status' in owner) return owner
  const asked = readAsked(form)
  if (asked === null) return redirectAnswer(owner.address)
  const of = { origin: owner.origin.origin, session: owner.session.key }
  const newId = openKeyForm(ring, of, asked.form, owner.place.now)
  const post: Post = { context, admission, owner }
  if (newId === null) return shown(post, 'keys.stale', asked)
  // Whoever may have none is told so by the page.
  if (owner.person === null && asked.kind !== 'revoke') return shown(post, null, asked)
  if (asked.kind === 'make') return make(post, asked, newId)
  const key = (await ownedKeys(owner)).find((one) => formatKeyId(one) === asked.id)
  if (key === undefined) return shown(post, 'keys.gone', asked)
  switch (asked.kind) {
    case 'rename':
      return rename(post, key, asked)
    case 'rotate':
      return rotate(post, key, asked)
    case 'revoke':
      return revoke(post, key)
  }
}

interface Post {
  readonly context: RequestContext
  readonly admission: Admission
  readonly owner: KeyOwner
}

type Asked<Kind> = Extract<AskedOfKeys, { kind: Kind }>

function shown(
  { context, admission, owner }: Post,
  notice: KeyNotice | null,
  asked: AskedOfKeys,
): Promise<Answer> {
  const filled = asked.kind === 'make' || asked.kind === 'rotate' ? asked : null
  return keysAnswer(context, admission, owner, { notice, filled })
}

async function make(post: Post, asked: Asked<'make'>, id: string): Promise<Answer> {
  const { owner } = post
  const { place, person, session } = owner
  const wanted = wantedOf(owner, asked)
  if (wanted === null || person === null) return shown(post, null, asked)
  if ('field' in wanted) return shown(post, noticeOf(wanted), asked)
  const keys = await ownedKeys(owner)
  if (keys.some((key) => key.id === id)) return shown(post, 'keys.already', asked)
  const whyNot = whyNoMore(owner, keys)
  if (whyNot !== null) return shown(post, whyNot, asked)
  if (!isRecentSignIn(session, place.now)) return askToSignIn(post, asked)
  const made = await makeOwnKey(place, wanted, { id, user: session.user, person })
  if (made === 'exists') return shown(post, 'keys.already', asked)
  if ('field' in made) return shown(post, noticeOf(made), asked)
  tell(post, 'key.created', made.key)
  return secretShown(post, 'keys.made-title', made)
}

/** By the reading of programs and commands; the first thing that is wrong with it else. */
function wantedOf(
  { place, session }: KeyOwner,
  { name, expires, origins }: Asked<'make'>,
): WantedKey | KeyFault | null {
  const lines = origins.split(/\s+/).filter((line) => line !== '')
  const said = { name, person: session.user, expires, ...(lines.length > 0 ? { origins: lines } : {}) }
  const read = readWantedKey(said, place.gateway, place.now)
  return read.ok ? read.wanted : (read.faults[0] ?? null)
}

function noticeOf({ field }: KeyFault): KeyNotice {
  switch (field) {
    case 'name':
      return 'keys.bad-name'
    case 'expires':
      return 'keys.bad-end'
    case 'origins':
      return 'keys.bad-origins'
    case 'overlap':
      return 'keys.bad-overlap'
    case 'claims':
      return 'keys.too-large'
    case 'person':
      return 'keys.full'
    default:
      return 'keys.changed-meanwhile'
  }
}

async function rename({ owner, ...post }: Post, key: ApiKey, asked: Asked<'rename'>): Promise<Answer> {
  const wanted = wantedOf(owner, { ...asked, kind: 'make', expires: 'never', origins: '' })
  if (wanted === null || 'field' in wanted) return shown({ ...post, owner }, 'keys.bad-name', asked)
  await owner.place.keys.change(key.id, { kind: 'rename', name: wanted.name })
  return redirectAnswer(owner.address)
}

async function rotate(post: Post, key: ApiKey, asked: Asked<'rotate'>): Promise<Answer> {
  const { context, owner } = post
  const { place, session } = owner
  const overlap = readOverlap(asked.overlap)
  if (typeof overlap !== 'number') return shown(post, 'keys.bad-overlap', asked)
  const names = sealOf(context).indexes('own-key', secretOf(session.key, key))
  // After a sign-in the page is another session's, and shown anew: what it names is what the key has.
  if (!names.some((name) => sameText(name, asked.current)))
    return shown(post, 'keys.changed-meanwhile', asked)
  if (!isRecentSignIn(session, place.now)) return askToSignIn(post, asked)
  const rotated = await rotateKey(place, key.id, overlap, key.secrets[0]?.hash)
  if (rotated === null) return shown(post, 'keys.gone', asked)
  if ('field' in rotated) return shown(post, 'keys.changed-meanwhile', asked)
  tell(post, 'key.rotated', rotated.key)
  return secretShown(post, 'keys.rotated-title', rotated)
}

async function revoke(post: Post, key: ApiKey): Promise<Answer> {
  const { place, address } = post.owner
  const revoked = await place.keys.change(key.id, { kind: 'revoke', at: place.now })
  if (revoked !== null && key.revokedAt === null) tell(post, 'key.revoked', revoked)
  return redirectAnswer(address)
}

function secretShown({ admission, owner }: Post, title: Kept['title'], made: MadeKey): Answer {
  return madeKeyAnswer(admission, owner, { title, made })
}

function tell(
  { context, admission, owner }: Post,
  event: 'key.created' | 'key.rotated' | 'key.revoked',
  { id, name }: ApiKey,
): void {
  context.log.event('info', event, {
    ...{ request_id: admission.requestId, client: admission.clientAddress ?? undefined },
    ...{ key: id, name, by: 'keys-page', subject: owner.session.user },
  })
}
