import type { LambdaSettings } from '../../core/aws-settings.ts'
import { limits } from '../../core/limits/table.ts'
import { eventOfFormat1 } from './event-1.ts'
import { eventOfFormat2 } from './event-2.ts'
import { eventBodyBytes } from './event-body.ts'
import { type FunctionInput, functionRequest } from './function-request.ts'
import { headerLines } from './header-lines.ts'

/**
 * A request as the JSON that a function is invoked with, in UTF-8; null when it is longer than Lambda takes. `nowMs` is
 * since 1970. Nothing in it comes from a client but method, path, query, the headers that go on, and the body.
 */
export function functionEvent(input: FunctionInput, lambda: LambdaSettings, nowMs: number): Buffer | null {
  const lines = headerLines(input.headers)
  if (input.body !== null && eventBodyBytes(input.body, lines) > limits.functionEventBytes) return null
  const request = functionRequest(input, lambda, nowMs)
  const json = Buffer.from(JSON.stringify(eventOf(request, lambda.payload)))
  return json.length > limits.functionEventBytes ? null : json
}

function eventOf(request: ReturnType<typeof functionRequest>, format: LambdaSettings['payload']): object {
  switch (format) {
    case '1.0':
      return eventOfFormat1(request)
    case '2.0':
      return eventOfFormat2(request)
  }
}
