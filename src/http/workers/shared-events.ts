import type { EventFields, EventName } from '../../core/event.ts'
import type { Log } from '../operations/log.ts'

/** What each worker would say of the same thing: one process says it for all. */
export type SharedEventName = Extract<
  EventName,
  | 'connections.refused'
  | 'proxy.untrusted'
  | 'provider.ready'
  | 'provider.failed'
  | 'provider.clock-differs'
  | 'provider.email-unverified'
>

const shared: ReadonlySet<EventName> = new Set<SharedEventName>([
  ...(['connections.refused', 'proxy.untrusted'] as const),
  ...(['provider.ready', 'provider.failed', 'provider.clock-differs', 'provider.email-unverified'] as const),
])

export interface SharedEvent {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly name: SharedEventName
  readonly fields: EventFields<SharedEventName>
}

/** A log whose lines about what all workers see go another way; a line about a request is the worker's own. */
export function sharingLog(log: Log, share: (event: SharedEvent) => void): Log {
  return {
    ...log,
    event: (level, name, fields) => {
      const isOfRequest = 'request_id' in fields && fields.request_id !== undefined
      if (isShared(name) && !isOfRequest) share({ level, name, fields })
      else log.event(level, name, fields)
    },
  }
}

function isShared(name: EventName): name is SharedEventName {
  return shared.has(name)
}

export interface SharedEvents {
  /** Says it, unless it was said for all. */
  take(event: SharedEvent): void
  /** Of a new configuration things are said anew. */
  renew(): void
}

const everyMs = 60_000

/** What was said last of something, and until when the same is nothing new. */
interface Said {
  readonly what: string
  readonly untilMs: number
}

/**
 * Says once what several workers tell: what is so, once; what fails, once an attempt; how many connections were refused,
 * at most once a minute, with the counts of all of them.
 */
export function createSharedEvents(
  log: Pick<Log, 'event'>,
  { nowMs, nowSeconds }: { readonly nowMs: () => number; readonly nowSeconds: () => number },
): SharedEvents {
  let said = new Map<string, Said>()
  let refused = 0
  let refusedSaidMs = Number.NEGATIVE_INFINITY

  function sayOnce(event: SharedEvent, about: string, what: string, forMs: number): void {
    const key = `${about} ${text(event.fields, 'provider')}`
    const before = said.get(key)
    if (before !== undefined && before.what === what && nowMs() < before.untilMs) return
    said.set(key, { what, untilMs: nowMs() + forMs })
    log.event(event.level, event.name, event.fields)
  }

  function sayRefused({ level, name, fields }: SharedEvent): void {
    refused += number(fields, 'count')
    if (nowMs() - refusedSaidMs < everyMs) return
    log.event(level, name, { ...fields, count: refused })
    refused = 0
    refusedSaidMs = nowMs()
  }

  return {
    take: (event) => {
      switch (event.name) {
        case 'connections.refused':
          return sayRefused(event)
        case 'provider.ready':
          return sayOnce(event, 'state', 'ready', Number.POSITIVE_INFINITY)
        case 'provider.failed': {
          const untilRetryMs = Math.max(0, number(event.fields, 'retry_at') - nowSeconds()) * 1000
          return sayOnce(event, 'state', `failed ${text(event.fields, 'code')}`, untilRetryMs)
        }
        case 'proxy.untrusted':
        case 'provider.clock-differs':
        case 'provider.email-unverified':
          return sayOnce(event, event.name, event.name, Number.POSITIVE_INFINITY)
      }
    },
    renew: () => {
      // Of a proxy and of clocks nothing is new.
      said = new Map([...said].filter(([key]) => !/^(?:state|provider\.email-unverified) /.test(key)))
    },
  }
}

function text(fields: object, name: string): string {
  const value: unknown = Object.entries(fields).find(([key]) => key === name)?.[1]
  return typeof value === 'string' ? value : ''
}

function number(fields: object, name: string): number {
  const value: unknown = Object.entries(fields).find(([key]) => key === name)?.[1]
  return typeof value === 'number' ? value : 0
}
