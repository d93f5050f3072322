import { regionSource } from './aws-region.ts'
import type { Judgement } from './values.ts'

/** Lambda API, `Invoke`: what `FunctionName` and `Qualifier` may be. The region is held against the partition elsewhere. */
const arn = new RegExp(
  `^arn:aws(?:-[a-z]{1,10}){0,3}:lambda:${regionSource}:[0-9]{12}:function:[\\w-]{1,64}(?::(?:\\$LATEST(?:\\.PUBLISHED)?|[\\w-]{1,128}))?$`,
)

const wanted =
  'arn:aws:lambda:eu-west-1:123456789012:function:wiki, with :ALIAS or :VERSION behind it or without'

/** The whole ARN of a function: a name alone says neither region nor account. */
export function readFunctionArn(text: string): Judgement<string> {
  if (arn.test(text)) return { ok: true, value: text }
  // What API Gateway's integrations have: the address of an invocation.
  const [, inner = ''] =
    /^arn:[\w-]+:apigateway:[\w-]+:lambda:path\/[0-9-]+\/functions\/(.+)\/invocations$/.exec(text) ?? []
  if (arn.test(inner))
    return {
      ok: false,
      message: 'is the address of an integration: write the function’s own ARN',
      meant: inner,
    }
  const withoutAny = text.replace(/:\*$/, '')
  if (arn.test(withoutAny))
    return { ok: false, message: 'names every version, as policies do: leave ":*" out', meant: withoutAny }
  if (
    /^[\w-]+(?::[\w$.-]+)?$/.test(text) ||
    /^[0-9]{12}:function:/.test(text) ||
    text.startsWith('function:')
  )
    return { ok: false, message: `does not say region and account: write the whole ARN, ${wanted}` }
  if (/^https?:/.test(text))
    return {
      ok: false,
      message: `is an address: \`url\` is for those; a function is named by its ARN, ${wanted}`,
    }
  return { ok: false, message: `is no ARN of a Lambda function: expected ${wanted}` }
}
