// A request as it reaches a function, for the tests of its event.
import type { LambdaSettings } from '../../../src/core/aws-settings.ts'
import { isObject } from '../../../src/core/json.ts'
import type { UpstreamCaller } from '../../../src/core/ports.ts'
import { functionEvent } from '../../../src/upstream/lambda/event.ts'
import type { FunctionInput } from '../../../src/upstream/lambda/function-request.ts'
import { forwarding } from '../../core/headers/apps.ts'

export const functionName = 'arn:aws:lambda:eu-west-1:123456789012:function:wiki:live'

/** Thursday, 12 March 2020, 19:03:58.390 UTC. */
export const nowMs = 1_584_039_838_390

export const nobody: UpstreamCaller = {
  requestId: 'r-1',
  clientAddress: '203.0.113.9',
  network: { key: '203.0.113.9', hidden: false },
  principal: null,
  forwarding,
}

export function input(more: Partial<FunctionInput> = {}): FunctionInput {
  const headers = ['Host', 'wiki.example.com', 'User-Agent', 'agent/1']
  return { app: 'wiki', method: 'GET', path: '/', headers, body: null, caller: nobody, ...more }
}

/** The event as a function reads it; with `path` what stands there. */
export function eventOf(
  payload: LambdaSettings['payload'],
  more: Partial<FunctionInput> = {},
  ...path: readonly string[]
): unknown {
  const json = functionEvent(input(more), { functionName, payload, streaming: false }, nowMs)
  const event: unknown = JSON.parse(json?.toString('utf8') ?? 'null')
  return path.reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), event)
}
