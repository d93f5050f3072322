import type { UpstreamSettings } from './upstream-settings.ts'

type Signed = Pick<UpstreamSettings, 'aws' | 'lambda' | 'origin' | 'ownOrigin'>

/**
 * How an app is reached where nobody but the gateway can ask it, for people: `signed for execute-api in eu-west-1, as
 * arn:aws:iam::123456789012:role/gateway`. Null: requests are not signed. Holds no secret.
 */
export function signingText(upstream: Signed): string | null {
  const { aws, lambda, origin, ownOrigin } = upstream
  if (aws === null) return null
  const how =
    lambda === null
      ? `signed for ${aws.service} in ${aws.region}`
      : `Lambda function ${lambda.functionName}, events ${lambda.payload}${lambda.streaming ? ', streaming' : ''}, invoked`
  const by = lambda !== null || origin === ownOrigin ? '' : `, by ${origin}`
  return `${how} ${signerText(upstream)}${by}`
}

/** Whose credentials sign: `as role …`, or with which. */
function signerText({ aws }: Signed): string {
  if (aws === null) return ''
  const { given, role } = aws.credentials
  const keys = given === null ? 'the credentials of the process' : `the key ${given.accessKeyId} of the file`
  return role === null ? `with ${keys}` : `as ${role.arn}, assumed with ${keys}`
}
