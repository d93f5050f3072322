import type { AnyFault } from '../../core/fault.ts'
import type { App } from '../../core/gateway.ts'
import { neededPolicy } from './policy.ts'

/** What to do where AWS refuses a request itself. `words` hold AWS's name of the error, and what it says. */
export function refusalCure({ upstream }: App, words: string): string {
  const [, type = ''] = /\b(\w+Exception)\b/.exec(words) ?? []
  switch (type) {
    case 'AccessDeniedException': {
      const policy = neededPolicy(upstream, accountIn(words)) ?? 'the request'
      const first =
        upstream.lambda === null
          ? ''
          : 'See `lambda.function` first: AWS says the same of a function that is not there. '
      return `${first}Allow ${policy} in a policy of who signs. See also what else may deny it: a resource policy there, which has to allow another account too, or one of the organization.`
    }
    case 'InvalidSignatureException':
      return isOfClock(words)
        ? "Set this machine's clock, by NTP: a signature holds for five minutes."
        : 'See that the secret key belongs to the key id, `sign` and `region`, and that no proxy between here and AWS changes path, query, body or Host.'
    case 'IncompleteSignatureException':
      return 'See what stands between here and AWS: something takes or changes `Authorization` or `X-Amz-Date`.'
    case 'ExpiredTokenException':
      return 'These credentials are over. Those of `credentials` nobody renews: write new ones, or leave them out and give this machine a role.'
    case 'UnrecognizedClientException':
      return 'AWS does not know this key here: it was deleted or switched off, is of another partition, or its session token is missing.'
    case 'MissingAuthenticationTokenException':
      return upstream.aws === null
        ? `${noSuchPath} If IAM is demanded there, write \`aws: { sign: execute-api }\`.`
        : noSuchPath
    case 'ResourceNotFoundException':
      return 'See `lambda.function`: account, region, name, and the version or alias behind it.'
    case 'InternalServerErrorException':
      return "See the function's own log: it failed, or answers in another form than the API reads."
    case 'ForbiddenException':
      return 'See the stage at the end of `url`. See also what else refuses there: a method that demands an API key (`upstream.headers: { x-api-key: … }`), a resource policy of the API, WAF, a VPC endpoint, or a custom domain without a mapping for this path.'
    case 'TooManyRequestsException':
    case 'LimitExceededException':
      return 'API Gateway throttles: see the limits of the stage and of the account, and the rate and quota of the usage plan.'
    default:
      return 'See what AWS says of this error, and whether IAM, a resource policy or WAF refuses.'
  }
}

const noSuchPath =
  'See the stage at the end of `url`, and that the API has `/` and `/{proxy+}` for every method (serverless.yml: `http: ANY /` and `http: ANY {proxy+}`) and was deployed.'

/** HTTP APIs know their stages by the first segment of the path, all but `$default`. */
export const unknownHttpPathCure =
  'See the stage in `url`: an HTTP API has one in its address only if it was given a name. See also that the API has `/` and `/{proxy+}` for every method (serverless.yml: `httpApi: { method: "*", path: … }`) and was deployed.'

/** A JWT or a function judges there, which know nothing of signatures. */
export const otherAuthorizerCure =
  'Its routes have another authorizer than IAM: set `authorizer: { type: aws_iam }` (serverless.yml), `AuthorizationType: AWS_IAM`, for every route, and deploy.'

/** HTTP APIs say nothing else when IAM refuses. */
export function forbiddenCure({ upstream }: App): string {
  return `If the app does not say so itself, IAM refuses, and HTTP APIs do not say why: allow ${neededPolicy(upstream, null) ?? 'the request'} in a policy of who signs. See also the clock, and whether its keys are over.`
}

/** Where credentials were looked for, and what the token service said, stands in the fault. */
export function credentialsCure({ upstream }: App, { message }: AnyFault): string {
  const role = upstream.aws?.credentials.role ?? null
  if (/AssumeRoleWithWebIdentity/.test(message))
    return 'See the trust policy of the role in AWS_ROLE_ARN: it has to name the issuer of this token, and its audience and subject.'
  if (/\b(?:ExpiredToken|InvalidClientTokenId|SignatureDoesNotMatch|UnrecognizedClient)/.test(message))
    return 'The keys that ask for the role are wrong, over or deleted: write right ones, or leave them out and give this machine a role.'
  if (role !== null && /AccessDenied|not authorized to perform/.test(message)) {
    const external =
      role.externalId === null ? ', and see whether it demands an `external_id`' : ' with this `external_id`'
    return `Allow \`sts:AssumeRole\` on \`${role.arn}\` in a policy of who assumes it, and name them in the role's trust policy${external}.`
  }
  return 'Give the machine, task or pod a role, set AWS_PROFILE for the gateway, or write `aws.credentials`. Run doctor where the gateway runs, as its user.'
}

function isOfClock(words: string): boolean {
  const [, seconds = '0'] = /its clock is (\d+) s /.exec(words) ?? []
  return /Signature (?:expired|not yet current)/i.test(words) || Number(seconds) >= 240
}

/** `User: arn:aws:sts::123456789012:assumed-role/…`. */
function accountIn(words: string): string | null {
  return /\barn:[\w-]+:(?:sts|iam)::(\d{12}):/.exec(words)?.[1] ?? null
}
