import type { Access, Location } from '../../core/gateway.ts'
import type { SessionStoreSettings } from '../../core/session-store-settings.ts'
import type { ConfigPath } from '../node.ts'
import { faultAt, faultAtKey, isWritten, type Scope, warnAt } from './scope.ts'

/** What the keys say at one place, with what stands further out. */
export interface ResumeKeys {
  readonly resume: 'forms' | 'none'
  readonly max_resumed_body: number
  /** Null: no limit. */
  readonly max_body: number | null
}

/** Null when it was faulty. */
export type StoreKind = SessionStoreSettings['kind'] | null

/** As it holds at one location: `none` where no form could ever be kept, whatever is written. */
export function buildResume(
  { resume, max_resumed_body: largest, max_body: maxBody }: ResumeKeys,
  { access, unauthenticated, credentials }: Pick<Location, 'access' | 'unauthenticated' | 'credentials'>,
  store: StoreKind,
): Pick<Location, 'resume' | 'maxResumedBodyBytes'> {
  const asksToSignIn = access.kind === 'rule' && unauthenticated === 'sign_in'
  if (resume === 'none' || store === 'cookie' || !asksToSignIn || !credentials.includes('session'))
    return { resume: 'none', maxResumedBodyBytes: 0 }
  return { resume, maxResumedBodyBytes: Math.min(largest, maxBody ?? largest) }
}

/** What an app or a location says beside what else holds there; `placeOf` tells where a key was written. */
export function checkResume(
  scope: Scope,
  placeOf: (key: keyof ResumeKeys) => ConfigPath,
  { resume, max_resumed_body: largest, max_body: maxBody }: ResumeKeys,
  store: StoreKind,
): void {
  const [own, size] = [placeOf('resume'), placeOf('max_resumed_body')]
  if (store === 'cookie' && resume === 'forms' && isWritten(scope, own)) {
    const message = 'must be `none` with `store: cookie`: there is no place where a form could be kept'
    faultAt(scope, own, message)
  }
  if (!isWritten(scope, size)) return
  if (store === 'cookie') faultAtKey(scope, size, 'means nothing with `store: cookie`: no form is kept')
  else if (resume === 'none' && isWritten(scope, own))
    faultAtKey(scope, size, 'means nothing with `resume: none`')
  else if (maxBody !== null && largest > maxBody)
    warnAt(scope, size, 'is more than `max_body`, which holds for these forms too')
}

/** Where no sign-in is asked for, a location's own keys would be read as a promise that is not kept. */
export function checkWhereResumed(
  scope: Scope,
  path: ConfigPath,
  { own, unauthenticated }: { readonly own: Access } & Pick<Location, 'unauthenticated'>,
  resume: 'forms' | 'none',
): void {
  for (const key of ['resume', 'max_resumed_body']) {
    const at = [...path, key]
    if (!isWritten(scope, at)) continue
    if (own.kind !== 'rule')
      faultAtKey(scope, at, `means nothing where nobody is asked to sign in: \`require\` is \`${own.kind}\``)
    else if (unauthenticated === 'deny' && resume === 'forms')
      faultAtKey(scope, at, 'means nothing with `unauthenticated: deny`, where no form is kept')
  }
}
