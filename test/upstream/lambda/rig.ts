// What surrounds an invocation in a test without a network: what is sent is kept, and the test says what comes back.
import { isFault } from '../../../src/core/fault.ts'
import type { UpstreamSettings } from '../../../src/core/gateway.ts'
import type { UpstreamRequest, UpstreamSink } from '../../../src/core/ports.ts'
import { AnswerRoom } from '../../../src/upstream/lambda/answer-room.ts'
import { type HeldTiming, heldTiming } from '../../support/timing.ts'
import { settings } from '../rig.ts'
import { functionName, nowMs } from './input.ts'

export function functionSettings(streaming: boolean): UpstreamSettings {
  return settings(443, {
    scheme: 'https',
    hostname: 'lambda.eu-west-1.amazonaws.com',
    origin: 'https://lambda.eu-west-1.amazonaws.com',
    ownOrigin: 'https://wiki.example.com',
    host: 'wiki.example.com',
    lambda: { functionName, payload: '1.0', streaming },
  })
}

export interface Options {
  readonly room?: AnswerRoom
  readonly timing?: HeldTiming
  readonly takes?: () => boolean
  readonly onHead?: () => void
  readonly onData?: () => void
}

/** `tell`: what is noted of a piece that comes out. */
export function surroundings(tell: (chunk: Buffer) => unknown, options: Options) {
  /** What came out: heads, pieces, the end or a fault. */
  const told: unknown[] = []
  const sent: UpstreamRequest[] = []
  const counts = { cancels: 0, resumes: 0 }
  const room = options.room ?? new AnswerRoom()
  let below: UpstreamSink | null = null
  const sink: UpstreamSink = {
    head: (head) => {
      options.onHead?.()
      told.push(head.statusCode)
    },
    data: (chunk) => {
      told.push(tell(chunk))
      options.onData?.()
      return options.takes?.() ?? true
    },
    end: () => void told.push('end'),
    failed: (fault) => void told.push(isFault(fault) ? fault.code : fault, fault.message),
  }
  const invoking = {
    room,
    timing: options.timing ?? heldTiming(),
    epochMs: () => nowMs,
    send: (invocation: UpstreamRequest, to: UpstreamSink) => {
      sent.push(invocation)
      below = to
      return { resume: () => void counts.resumes++, cancel: () => void counts.cancels++ }
    },
  }
  return {
    ...{ told, sent, room, sink, invoking },
    cancels: () => counts.cancels,
    resumes: () => counts.resumes,
    /** Of the exchange below. */
    below: (): UpstreamSink => {
      if (below === null) throw new Error('nothing was sent')
      return below
    },
  }
}
