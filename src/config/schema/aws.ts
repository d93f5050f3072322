import { z } from 'zod'
import { regionPattern } from './aws-region.ts'
import { oneOf, secret, text } from './values.ts'

/** Services that verify signed requests on the way to an app. */
const signedServices = ['execute-api', 'lambda', 's3', 'vpc-lattice-svcs'] as const

/** IAM: `GetRole` and `AssumeRole`, what their parameters may be. A path has at most 512 characters with its slashes. */
const roleArn = /^arn:aws(?:-[a-z]{1,10}){0,3}:iam::[0-9]{12}:role\/(?:[!-~]{1,510}\/)?[\w+=,.@-]{1,64}$/
const externalId = /^[\w+=,.@:/-]{2,1224}$/
const sessionName = /^[\w+=,.@-]{2,64}$/

const keys = z.strictObject({
  access_key_id: text.clone().describe('The id of the access key.'),
  secret_access_key: secret.clone().describe('The secret that belongs to it.'),
  session_token: secret
    .clone()
    .optional()
    .describe('The token of temporary credentials: those whose id begins with `ASIA` have one.'),
})

/** `upstream.aws`: what signs the requests to an app, and where they go. */
export const aws = z.strictObject({
  sign: oneOf(signedServices)
    .optional()
    .describe(
      'The service that verifies the signatures: `execute-api` is API Gateway, `lambda` a function’s own URL. Needed beside `url`. For `execute-api` and `lambda` a request body is held until its last byte has come, as the signature holds for all of it; with `s3` and `vpc-lattice-svcs` it is passed on as it comes.',
    ),
  region: text
    .clone()
    .regex(regionPattern, { error: 'expected the name of a region, such as eu-west-1' })
    .optional()
    .describe(
      'The region of that service. Without this key it is read from `url`, if that is one of AWS’s own hosts. Every other host, such as a custom domain, needs the key.',
    ),
  role_arn: text
    .clone()
    .regex(roleArn, {
      error: 'expected the ARN of a role, such as arn:aws:iam::123456789012:role/gateway',
    })
    .optional()
    .describe('A role that the gateway assumes to sign. Without this key its own credentials sign.'),
  external_id: text
    .clone()
    .regex(externalId, { error: 'expected 2 to 1224 letters, digits and any of _+=,.@:/-' })
    .optional()
    .describe('The external id that the role’s trust policy demands.'),
  session_name: text
    .clone()
    .regex(sessionName, { error: 'expected 2 to 64 letters, digits and any of _+=,.@-' })
    .prefault('claimgate')
    .describe('How the session of the role is called in AWS’s logs.'),
  credentials: keys
    .optional()
    .describe(
      'Keys that sign, or that assume `role_arn`. Without this key the gateway finds its credentials as AWS’s tools do: in the environment, a web identity, the files of `~/.aws`, or the role of the task, the pod or the machine. A `credential_process` is never run.',
    ),
  endpoint: text
    .clone()
    .optional()
    .describe(
      'Where connections go instead, such as a VPC endpoint: scheme, host and port. TLS names this host. The `Host` header and the signature stay those of `url`; beside `lambda` they are those of the endpoint.',
    ),
})
