import { readAwsHost } from '../../config/build/aws-host.ts'
import { partitionOf } from '../../config/build/aws-partition.ts'
import type { UpstreamSettings } from '../../core/upstream-settings.ts'

/**
 * What IAM has to allow for an upstream whose requests are signed, with the very resource where the file tells it:
 * `execute-api:Invoke` on `arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/*`. Null: nothing is signed.
 * `account` is whose credentials sign, as far as that is known; `*` stands for what is not.
 */
export function neededPolicy(upstream: UpstreamSettings, account: string | null): string | null {
  const { aws, lambda, ownOrigin, basePath } = upstream
  if (aws === null) return null
  if (lambda !== null) return `\`lambda:InvokeFunction\` on \`${lambda.functionName}\``
  const [partition, owner] = [partitionOf(aws.region), account ?? '*']
  const { hostname } = new URL(ownOrigin)
  const isOwnHost = readAwsHost(hostname).kind === 'service'
  const [firstSegment = ''] = basePath.split('/').slice(1)
  switch (aws.service) {
    case 'execute-api': {
      // `abc123.execute-api…`, or through a VPC endpoint `abc123-vpce-0a1b.execute-api…`.
      const [api = '*'] = isOwnHost ? hostname.split(/-vpce-|\./) : []
      const stage = isOwnHost ? firstSegment || '$default' : '*'
      return `\`execute-api:Invoke\` on \`arn:${partition}:execute-api:${aws.region}:${owner}:${api}/${stage}/*\``
    }
    case 'lambda':
      return `\`lambda:InvokeFunctionUrl\` and \`lambda:InvokeFunction\` on the function, \`arn:${partition}:lambda:${aws.region}:${owner}:function:…\``
    case 's3': {
      const [bucket = '…'] =
        isOwnHost && !hostname.startsWith('s3') ? hostname.split(/\.s3[.-]/) : [firstSegment]
      return `\`s3:GetObject\` on \`arn:${partition}:s3:::${bucket}/*\``
    }
    case 'vpc-lattice-svcs':
      return `\`vpc-lattice-svcs:Invoke\` on the service, \`arn:${partition}:vpc-lattice:${aws.region}:${owner}:service/…/*\``
  }
}
