import type { IncomingHttpHeaders } from 'node:http'
import type { Decision, RejectReason, RejectStatus } from '../core/decision.ts'
import type { App, Gateway, Location, Origin } from '../core/gateway.ts'
import type { Awaitable } from '../core/ports.ts'
import type { Target } from '../core/target.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Admission, OwnAddress } from './admission.ts'

/** What the gate reads of a request. A raw Node request fits it; a test writes it by hand. */
export interface RequestFacts {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly httpVersion: string
  readonly headers: IncomingHttpHeaders
  /** Name, value, name, value … as received. */
  readonly rawHeaders: readonly string[]
  readonly socket: { readonly remoteAddress?: string | undefined }
}
