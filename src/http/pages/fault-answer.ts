import { type AnyFault, type FaultStatus, faultEntry } from '../../core/fault.ts'
import type { Admission } from '../admission/admission.ts'
import { type Answer, frameOf, pageAnswer, problemAnswer, withHeaders } from './answer.ts'
import { errorPage } from './pages.ts'

/** The way on after a fault: a link at once, or when to come back. */
export interface AfterFault {
  readonly next?: { readonly label: string; readonly href: string }
  /** Said by the page and by Retry-After (RFC 9110 10.2.3) alike. */
  readonly retryAfterSeconds?: number
  /** Instead of the one that such a fault has. */
  readonly status?: FaultStatus
}

/** A fault, in the one fixed sentence that it has for people, and what may be done about it. */
export function faultAnswer(
  admission: Admission,
  fault: AnyFault | null,
  { next, retryAfterSeconds, status = statusOf(fault) }: AfterFault = {},
): Answer {
  const reason = fault === null ? 'internal' : fault.code.toLowerCase().replaceAll('_', '-')
  const seconds = retryAfterSeconds ?? (status === 503 ? 5 : null)
  const retry = seconds === null ? {} : { 'retry-after': String(seconds) }
  if (!admission.wantsPage) return withHeaders(problemAnswer(admission, status, reason), retry)
  const contact = admission.app?.contact ?? null
  const frame = frameOf(admission)
  const { words } = frame.look
  const page = errorPage({
    ...frame,
    status,
    sentence: fault === null ? null : words[`fault.${fault.code}`],
    retryAfterSeconds: retryAfterSeconds ?? null,
    contact,
    next:
      next ??
      (isWorthAsking(admission, status) ? { label: words['link.try-again'], href: sameAddress } : null),
  })
  return withHeaders(pageAnswer(status, page), retry)
}

function statusOf(fault: AnyFault | null): FaultStatus {
  return fault === null ? 500 : faultEntry(fault.code).status
}

/** RFC 3986 4.4: the address of the page itself, however long it is and whatever stands in it. */
const sameAddress = ''

/**
 * Whether the same once more may be answered, and does nothing that was not wanted: a GET whose app or provider failed.
 */
function isWorthAsking({ method, address }: Admission, status: number): boolean {
  return (status === 502 || status === 504) && method === 'GET' && (address === null || address === 'login')
}
