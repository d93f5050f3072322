import type { IncomingMessage } from 'node:http'
import type { FormToken } from '../../core/session/sent-form.ts'

/** A request of a browser that stands for a form which was kept. */
export interface ResumedForm {
  readonly token: FormToken
  /** What goes to the app in place of what came; null: it was not let in, and the form stays kept. */
  readonly sent: { readonly rawHeaders: readonly string[]; readonly body: Buffer } | null
}

const resumed = Symbol('resumed form')

type Carrier = IncomingMessage & { [resumed]?: ResumedForm }

export function carryResumedForm(request: IncomingMessage, form: ResumedForm): void {
  const carrier: Carrier = request
  carrier[resumed] = form
}

/** Null: it stands for itself, as nearly every request does. */
export function resumedFormOf(request: IncomingMessage): ResumedForm | null {
  const carrier: Carrier = request
  return carrier[resumed] ?? null
}
