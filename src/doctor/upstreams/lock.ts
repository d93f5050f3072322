import type { App, Location } from '../../core/gateway.ts'
import type { UpstreamSettings } from '../../core/upstream-settings.ts'
import type { Finding, FindingsOf } from '../finding.ts'

/**
 * What keeps strangers from an app: nobody but the gateway can sign requests, knows the secret, or signs assertions. Null:
 * nothing of the file.
 */
export type Lock = 'signature' | 'secret' | 'assertion' | null

export function lockOf({ upstream, sharedSecret, identityAssertion }: App): Lock {
  // Who has both is refused by AWS before the app is asked for the secret.
  if (upstream.aws !== null) return 'signature'
  if (sharedSecret !== null) return 'secret'
  return identityAssertion === null ? null : 'assertion'
}

/** Whether an app can refuse strangers there: an assertion is about somebody, and an open location need have nobody. */
export function guards(lock: Lock, { access }: Pick<Location, 'access'>): boolean {
  return lock !== null && (lock !== 'assertion' || access.kind === 'rule')
}

/** What is looked at when the app is asked as the gateway asks, and as a stranger would. */
export function checksOf(lock: Lock): { readonly asGateway: string; readonly asStranger: string } {
  switch (lock) {
    case null:
      return { asGateway: 'as the gateway', asStranger: 'without the secret' }
    // There is nobody whom the gateway could assert: it asks as it would for whoever is not signed in.
    case 'assertion':
      return { asGateway: 'as the gateway', asStranger: 'without the assertion' }
    case 'signature':
    case 'secret':
      return { asGateway: `with the ${lock}`, asStranger: `without the ${lock}` }
  }
}

/** What to do where a stranger gets more than a refusal. */
export function openCure(app: App): string {
  const { upstream } = app
  const gets = 'Whoever reaches the app without the gateway gets this'
  if (upstream.lambda !== null) return `${gets}: see what answers there, it is not Lambda.`
  switch (upstream.aws?.service) {
    case 'execute-api':
      return `${gets}, IAM is not demanded: set \`authorizer: aws_iam\` (serverless.yml), \`AuthorizationType: AWS_IAM\`, for every method, and deploy the stage.`
    case 'lambda':
      return `${gets}, IAM is not demanded: set \`AuthType: AWS_IAM\` for the function's URL (serverless.yml: \`url: { authorizer: aws_iam }\`).`
    case 's3':
      return `${gets}: block public access to the bucket, and take "Principal": "*" out of its policy.`
    case 'vpc-lattice-svcs':
      return `${gets}, IAM is not demanded: set \`AuthType: AWS_IAM\` for the service, and an auth policy that lets in the gateway's role alone.`
    case undefined: {
      switch (lockOf(app)) {
        case 'assertion':
          return `${gets}: have it answer 401 or 403 to requests without an assertion that it has verified (\`claimgate snippet\` prints how).`
        case 'secret':
          return `${gets}: have it answer 401 or 403 to requests without the header of \`shared_secret\`.`
        case 'signature':
        case null:
          return `${gets}.`
      }
    }
  }
}

/** An app without any lock can be asked by everyone whom the network lets through. */
export function unlockedFindings(say: FindingsOf, app: App): readonly Finding[] {
  if (lockOf(app) !== null || app.upstream.socketPath !== null) return []
  return [
    say.warning(
      'without the secret',
      `there is no \`shared_secret\`: ${addressOf(app.upstream)} answers whoever reaches it`,
      'Set one that the app demands, or see that nothing but the gateway reaches the address.',
    ),
  ]
}

/** Where the app is, for people. */
export function addressOf({ socketPath, origin }: UpstreamSettings): string {
  return socketPath === null ? origin : `unix:${socketPath}`
}
