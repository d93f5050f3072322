import type { IncomingHttpHeaders } from 'node:http'
import type { ApiKey } from '../../core/keys/api-key.ts'
import { newKeyId } from '../../core/keys/key-form.ts'
import { type FilledKeyForm, openFilled, sealKeyForm } from '../../core/keys/own-key-form.ts'
import { limits } from '../../core/limits/table.ts'
import { createRecordSeal, type RecordSeal } from '../../core/session/record-seal.ts'
import type { Admission } from '../admission/admission.ts'
import { accountOf } from '../pages/account.ts'
import { type Answer, frameOf, pageAnswer, withHeaders } from '../pages/answer.ts'
import type { NewKeyForm } from '../pages/key-forms.ts'
import { type KeyNotice, keysPage, type MayMake } from '../pages/keys-page.ts'
import type { Look } from '../pages/look.ts'
import { sendOnce, withScript } from '../pages/scripts.ts'
import type { RequestContext } from '../server/context.ts'
import { choicesOfEnd, choicesOfOverlap } from './choices.ts'
import { type KeyOwner, keyOwner, ownedKeys } from './key-owner.ts'
import { isLiving, shownKeys } from './shown-keys.ts'
import { inOwnWindow } from './window.ts'

/**
 * GET `/.auth/keys`: the keys of whoever is signed in, and forms to make and change them. Shows no secret, and changes
 * nothing. Throws a StoreFault.
 */
export async function ownKeys(
  context: RequestContext,
  admission: Admission,
  headers: IncomingHttpHeaders,
): Promise<Answer> {
  const owner = await keyOwner(context, admission, headers)
  if ('status' in owner) return owner
  const [value = '', ...more] = new URLSearchParams(admission.target?.query).getAll('filled')
  const of = { origin: owner.origin.origin, session: owner.session.key }
  const filled = more.length === 0 ? openFilled(context.runtime.ring, of, value) : null
  return keysAnswer(context, admission, owner, { notice: null, filled })
}

export interface Shown {
  /** What came of a form. */
  readonly notice: KeyNotice | null
  /** What stays filled in; null: nothing was. */
  readonly filled: FilledKeyForm | null
}

/** The page as it is for this person now. Throws a StoreFault. */
export async function keysAnswer(
  context: RequestContext,
  admission: Admission,
  owner: KeyOwner,
  { notice, filled }: Shown,
): Promise<Answer> {
  const { ring, random } = context.runtime
  const { origin, session, provider, principal, place, address, person } = owner
  const keys = await ownedKeys(owner)
  const { living, ended } = await shownKeys(owner, sealOf(context), keys)
  const script = sendOnce()
  const frame = { ...frameOf(admission), script }
  const form = sealKeyForm(
    ring,
    { origin: origin.origin, session: session.key },
    { keyId: newKeyId(random), now: place.now },
    random,
  )
  const page = keysPage({
    ...frame,
    ...{ account: accountOf(provider, principal), contact: admission.app?.contact ?? null },
    ...{ now: place.now, action: address, form, keys: living, ended, notice },
    may: person === null ? null : mayMake(frame.look, owner, keys, filled),
  })
  // With `no-referrer` the forms would be posted with `Origin: null`.
  return inOwnWindow(
    withHeaders(withScript(pageAnswer(200, page), script), { 'referrer-policy': 'same-origin' }),
  )
}

export function sealOf({ runtime }: RequestContext): RecordSeal {
  return createRecordSeal(() => runtime.ring, runtime.random)
}

function mayMake(
  look: Look,
  owner: KeyOwner,
  keys: readonly ApiKey[],
  filled: FilledKeyForm | null,
): MayMake {
  const whyNot = whyNoMore(owner, keys)
  return {
    make: whyNot === null ? newForm(look, owner, filled) : null,
    whyNot,
    overlaps: choicesOfOverlap(look),
    rotating: filled?.kind === 'rotate' ? filled : null,
  }
}

/**
 * Why there is no room for another key. The store judges those that have not ended once more, in the step that keeps one.
 * Ended ones stay for a while, and somebody who makes and revokes without end is not to fill the store for all others.
 */
export function whyNoMore(
  { selfService, place }: Pick<KeyOwner, 'selfService' | 'place'>,
  keys: readonly ApiKey[],
): MayMake['whyNot'] {
  if (keys.filter((key) => isLiving(key, place.now)).length >= selfService.maxKeys) return 'keys.full'
  return keys.length >= selfService.maxKeys + limits.ownEndedKeys ? 'keys.too-many' : null
}

function newForm(look: Look, { selfService }: KeyOwner, filled: FilledKeyForm | null): NewKeyForm {
  const ends = choicesOfEnd(look, selfService)
  const before = filled?.kind === 'make' ? filled : null
  const known = ends.find(({ value }) => value === before?.expires) ?? ends.at(-1)
  return {
    name: before?.name ?? '',
    ends,
    chosen: known?.value ?? '',
    origins: selfService.origins ? (before?.origins ?? '') : null,
  }
}
