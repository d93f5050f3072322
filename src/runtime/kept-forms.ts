import { limits } from '../core/limits/table.ts'
import {
  type FormToken,
  formId,
  newFormToken,
  openForm,
  type SentForm,
  sealForm,
} from '../core/session/sent-form.ts'
import type { Runtime } from './runtime.ts'

type Keeping = Pick<Runtime, 'ring' | 'store' | 'clock' | 'random'>

/** Keeps a form for ten minutes. Null: there is no room for it. Rejects with a StoreFault: then nothing is kept. */
export async function keepForm(
  { ring, store, clock, random }: Keeping,
  form: SentForm,
): Promise<FormToken | null> {
  const token = newFormToken(random)
  const now = clock.now()
  const isKept = await store.forms.keep({
    id: formId(token),
    session: form.session,
    sealed: sealForm(ring, token, form, random),
    at: now,
    until: now + limits.keptFormSeconds,
  })
  return isKept ? token : null
}

/** The form that a token of this origin stands for, which stays; null: none, sent already, or over. Rejects with a StoreFault. */
export async function readForm(
  { ring, store, clock }: Pick<Keeping, 'ring' | 'store' | 'clock'>,
  token: FormToken,
  origin: string,
): Promise<SentForm | null> {
  const sealed = await store.forms.read(formId(token), clock.now())
  return sealed === null ? null : openForm(ring, token, origin, sealed)
}

/** The same, once in the whole deployment. */
export async function takeForm(
  { ring, store, clock }: Pick<Keeping, 'ring' | 'store' | 'clock'>,
  token: FormToken,
  origin: string,
): Promise<SentForm | null> {
  const sealed = await store.forms.take(formId(token), clock.now())
  return sealed === null ? null : openForm(ring, token, origin, sealed)
}
