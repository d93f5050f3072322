import { z } from 'zod'
import { readFunctionArn } from './function-arn.ts'
import { flag, forms, judged } from './values.ts'

/** YAML reads `1.0` without quotes as a number, which can mean nothing else. */
const payload = z
  .union([
    z.enum(['1.0', '2.0']),
    z.literal(1).transform(() => '1.0' as const),
    z.literal(2).transform(() => '2.0' as const),
  ])
  .register(forms, { form: '`"1.0"` or `"2.0"`' })

/** `upstream.lambda`: the function that is invoked instead of an address that is asked. */
export const lambda = z.strictObject({
  function: judged(readFunctionArn, {
    examples: ['arn:aws:lambda:eu-west-1:123456789012:function:wiki:live'],
  })
    .register(forms, { form: 'ARN' })
    .describe(
      'The function’s whole ARN, which says region and account. An alias or a version may stand behind it.',
    ),
  payload: payload
    .prefault('1.0')
    .describe(
      'The format of the events that the function gets, and of its answers, as API Gateway’s Lambda proxy integrations have them. serverless-wsgi, apig-wsgi, aws-wsgi, Mangum and Zappa all read `1.0`. HTTP APIs and function URLs send `2.0`.',
    ),
  streaming: flag
    .prefault(false)
    .describe(
      'Passes the answer on as the function writes it, for functions that stream. Their answer begins with status and headers, as `awslambda.HttpResponseStream.from` writes them in Node. One that does not, of another type than JSON, is 200 of that type with `payload: "2.0"`; any other is read when it is complete, like that of any function.',
    ),
})
