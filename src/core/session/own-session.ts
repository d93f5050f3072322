import type { RecordSeal } from './record-seal.ts'
import { sameText } from './seal.ts'
import type { SessionKey } from './session.ts'

/**
 * What the page of one's sessions calls another one of them in its form: a keyed hash that hangs on the session that the
 * page is shown to. So a page that somebody else gets to see names no session, and what it holds ends none from any
 * other session, be it of the same person.
 */
export function nameOfOther(seal: Pick<RecordSeal, 'index'>, own: SessionKey, other: Other): string {
  return seal.index('own-session', [own, other])
}

/** Whether the form names this one, be it by an older secret. */
export function isNamed(
  seal: Pick<RecordSeal, 'indexes'>,
  name: string,
  { own, other }: { readonly own: SessionKey; readonly other: Other },
): boolean {
  return seal.indexes('own-session', [own, other]).some((one) => sameText(one, name))
}

/** One other session, or all of them; no key is spelt so. */
type Other = SessionKey | typeof allOthers

export const allOthers = 'all others'
