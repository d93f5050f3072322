import * as providers from '@aws-sdk/credential-providers'
import { type AwsCredentialSettings, type AwsRole, awsSecretPattern } from '../../core/aws-settings.ts'
import { limits } from '../../core/limits/table.ts'
import { profileWithProcess } from './profile-files.ts'
import type { AwsCredentials } from './signature.ts'
import { CredentialFailure, failureWords } from './words.ts'

/** What AWS's package gives. */
interface Given {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

type Provide = () => Promise<Given>

/**
 * Asks once: what the file gives or AWS's own chain finds, and with these for the role if there is one. The chain is that of
 * AWS's package (the environment, the shared files, a web identity token, the address of a container or pod, the machine)
 * but for `credential_process`: the gateway runs no programs. Environment and files are read anew each time. Rejects with
 * something of which `failureWords` tells what may be told. Nothing of it is written to the console.
 */
export async function fetchCredentials(settings: AwsCredentialSettings): Promise<AwsCredentials> {
  const { given, role, region } = settings
  const own: Provide =
    given === null
      ? () => askChain(region)
      : async () => ({
          accessKeyId: given.accessKeyId,
          secretAccessKey: given.secretAccessKey.reveal(),
          ...(given.sessionToken !== null && { sessionToken: given.sessionToken.reveal() }),
        })
  if (role === null) return readCredentials(await own())
  // First: whoever has none shall read so, and not what the token service would say of it.
  const caller = await own()
  return readCredentials(await assume(role, region, caller))
}

function assume({ arn, externalId, sessionName }: AwsRole, region: string, caller: Given): Promise<Given> {
  return providers.fromTemporaryCredentials({
    masterCredentials: caller,
    params: {
      RoleArn: arn,
      RoleSessionName: sessionName,
      ...(externalId !== null && { ExternalId: externalId }),
    },
    clientConfig: clientConfig(region),
    logger: silent,
  })()
}

interface Link {
  readonly name: string
  /** Set up for this process: what it says then is what the operator wants to read, and nobody is asked after it. */
  readonly isMeant: boolean
  readonly ask: Provide
}

/**
 * In the order of AWS's package. What was set up and fails is not passed over for the next one, who might be somebody else; and
 * what was not set up is told of only where there is nothing else to tell.
 */
async function askChain(region: string): Promise<Given> {
  let words = 'none are looked for: `AWS_EC2_METADATA_DISABLED` is set'
  for (const { name, isMeant, ask } of linksOf(process.env, region)) {
    try {
      return await ask()
    } catch (thrown) {
      words = `${name}: ${failureWords(thrown)}`
      if (isMeant || !hasNext(thrown)) break
    }
  }
  throw new CredentialFailure(words)
}

function linksOf(env: Readonly<Record<string, string | undefined>>, region: string): readonly Link[] {
  const isSet = (...names: string[]): boolean => names.every((name) => Boolean(env[name]))
  const links: Link[] = []
  if (!isSet('AWS_PROFILE') && isSet('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'))
    links.push({ name: 'the environment', isMeant: true, ask: providers.fromEnv({ logger: silent }) })
  const profile = env.AWS_PROFILE || 'default'
  const isMeant = isSet('AWS_PROFILE')
  links.push({ name: `the profile ${profile}`, isMeant, ask: () => askProfile(env, region) })
  if (isSet('AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_ROLE_ARN'))
    links.push({ name: 'the web identity token', isMeant: true, ask: () => askTokenFile(region) })
  if (isSet('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI') || isSet('AWS_CONTAINER_CREDENTIALS_FULL_URI'))
    links.push({ name: 'the container’s address', isMeant: true, ask: askContainer })
  else if (!isSet('AWS_EC2_METADATA_DISABLED') || env.AWS_EC2_METADATA_DISABLED === 'false')
    links.push({ name: 'the machine', isMeant: true, ask: askMachine })
  return links
}

async function askProfile(env: Readonly<Record<string, string | undefined>>, region: string): Promise<Given> {
  const refused = await profileWithProcess(env)
  if (refused !== null)
    throw new CredentialFailure(
      `profile ${refused} has a \`credential_process\`, and the gateway runs no programs: have it write the shared ` +
        'credentials file, or give `upstream.aws.credentials`',
    )
  // What a profile names as its `credential_source` gets the same.
  const init = { ...machine, clientConfig: withoutRegion, parentClientConfig: { region }, ignoreCache: true }
  return providers.fromIni(init)()
}

function askTokenFile(region: string): Promise<Given> {
  return providers.fromTokenFile({ clientConfig: clientConfig(region), logger: silent })()
}

/** Its own time-out would end nothing, and write to the console: who asks waits as long as for all (`limits.awsFetchMs`). */
function askContainer(): Promise<Given> {
  return providers.fromHttp({ timeout: 0, maxRetries: 1, logger: silent })()
}

/** AWS's package writes to the console where it is given nothing to write to. */
const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Version 2 of the instance metadata service alone: where it fails AWS's package would take what the first one says. */
const machine = { timeout: limits.awsLocalAnswerMs, ec2MetadataV1Disabled: true, logger: silent }

function askMachine(): Promise<Given> {
  return providers.fromInstanceMetadata(machine)()
}

function hasNext(thrown: unknown): boolean {
  return thrown instanceof Error && 'tryNextLink' in thrown && thrown.tryNextLink === true
}

/** Of the clients of the token service; a profile may name a region of its own. */
const withoutRegion = {
  maxAttempts: 2,
  requestHandler: {
    connectionTimeout: limits.awsAnswerMs,
    requestTimeout: limits.awsAnswerMs,
    throwOnRequestTimeout: true,
    logger: silent,
  },
  logger: silent,
}

function clientConfig(region: string) {
  return { ...withoutRegion, region }
}

/** They go into header lines and into the scope of a signature: nothing else may be in them. */
function readCredentials({ accessKeyId, secretAccessKey, sessionToken, expiration }: Given): AwsCredentials {
  const endsAtMs = expiration?.getTime() ?? null
  if (!/^\w{1,128}$/.test(accessKeyId)) throw new CredentialFailure('what came is no access key id')
  if (!awsSecretPattern.test(secretAccessKey))
    throw new CredentialFailure('what came is no secret access key')
  if (sessionToken !== undefined && !awsSecretPattern.test(sessionToken))
    throw new CredentialFailure('what came is no session token')
  if (Number.isNaN(endsAtMs)) throw new CredentialFailure('what came has no readable end')
  return { accessKeyId, secretAccessKey, sessionToken: sessionToken ?? null, endsAtMs }
}
