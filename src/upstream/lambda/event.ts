import type { LambdaSettings } from '../../core/aws-settings.ts'
import { limits } from '../../core/limits/table.ts'
import { eventOfFormat1 } from './event-1.ts'
import { eventOfFormat2 } from './event-2.ts'
import { type FunctionInput, functionRequest } from './function-request.ts'

/**
 * A request as the JSON that a function is invoked with, in UTF-8; null when it is longer than Lambda takes. `nowMs` is
 * since 1970. Nothing in it comes from a client but method, path, query, the headers that go on, and the body.
 */
export function functionEvent(input: FunctionInput, lambda: LambdaSettings, nowMs: number): Buffer | null {
  // Neither text nor base64 is ever shorter than the body itself.
  if ((input.body?.length ?? 0) > limits.functionEventBytes) return null
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
