// Each place where AWS's package looks for credentials, by stand-ins on loopback: that they come, and what is said when they
// do not. Nothing that is said holds a secret, and nothing is written to the console.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { AwsCredentialSettings } from '../../../src/core/aws-settings.ts'
import { isFault } from '../../../src/core/fault.ts'
import { limits } from '../../../src/core/limits/table.ts'
import { Secret } from '../../../src/core/secret.ts'
import { fetchCredentials } from '../../../src/upstream/aws/chain.ts'
import { createCredentialSources } from '../../../src/upstream/aws/credentials.ts'
import { failureWords } from '../../../src/upstream/aws/words.ts'
import {
  type LocalKeys,
  startContainerCredentials,
  startInstanceMetadata,
  startPortal,
} from '../../support/aws/local-credentials.ts'
import { type AwsKey, startAws } from '../../support/aws/stand-in.ts'
import { freePort } from '../../support/ports.ts'
import { heldTiming } from '../../support/timing.ts'
import { poll } from '../../support/waiting.ts'

const region = 'eu-west-1'
const chain: AwsCredentialSettings = { given: null, role: null, region }
const roleArn = 'arn:aws:iam::123456789012:role/gateway'
const role = { arn: roleArn, externalId: 'ext-1', sessionName: 'claimgate' }

const secrets = {
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: 'IQoJb3JpZ2luX2VjSECRET/token+of=a/role==',
  webToken: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwb2QifQ.c2lnbmF0dXJl',
  podToken: 'pod-identity-token-of-a-file',
}
const user: AwsKey = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: secrets.secretAccessKey,
  sessionToken: null,
  arn: 'arn:aws:iam::123456789012:user/gateway',
}
const ending = new Date(Math.ceil(Date.now() / 1000) * 1000 + 6 * 3_600_000)
const localKeys: LocalKeys = { ...secrets, accessKeyId: 'ASIALOCALEXAMPLE', endsAt: ending }

const untouched = { ...process.env }
const written: unknown[] = []

/** The environment of one test, with a home that has no files of AWS but those given. */
function setEnv(
  t: Test,
  env: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
): string {
  const home = t.testdir({})
  mkdirSync(join(home, '.aws'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(home, '.aws', name), text)
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name]
  Object.assign(process.env, { HOME: home, AWS_EC2_METADATA_DISABLED: 'true' }, env)
  return home
}

/** In the words that an operator reads. */
async function failureOf(t: Test, settings: AwsCredentialSettings = chain): Promise<string> {
  try {
    await fetchCredentials(settings)
  } catch (thrown) {
    const words = failureWords(thrown)
    for (const [name, secret] of Object.entries(secrets)) {
      t.notOk(words.includes(secret), `${name} is not told`)
      t.notOk(words.includes(secret.slice(0, 12)), `no part of ${name} is told`)
    }
    t.notMatch(words, /[\r\n]/)
    return words
  }
  throw new Error('it did not fail')
}

t.before(() => {
  for (const name of ['log', 'warn', 'error', 'info', 'debug'] as const)
    console[name] = (...said: unknown[]) => void written.push(said)
})

t.afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in untouched)) delete process.env[name]
  Object.assign(process.env, untouched)
})

t.test('the environment', async (t) => {
  const keys = { AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 'env-secret' }
  setEnv(t, keys)
  t.same(await fetchCredentials(chain), {
    accessKeyId: 'AKIAENV',
    secretAccessKey: 'env-secret',
    sessionToken: null,
    endsAtMs: null,
  })
  setEnv(t, { ...keys, AWS_SESSION_TOKEN: 'env-token', AWS_CREDENTIAL_EXPIRATION: ending.toISOString() })
  t.match(await fetchCredentials(chain), { sessionToken: 'env-token', endsAtMs: ending.getTime() })
  setEnv(t, { ...keys, AWS_CREDENTIAL_EXPIRATION: 'soon' })
  t.equal(await failureOf(t), 'what came has no readable end')
  setEnv(t, { ...keys, AWS_SESSION_TOKEN: 'a\r\nX-Injected: b' })
  t.equal(await failureOf(t), 'what came is no session token')
  setEnv(t, { ...keys, AWS_ACCESS_KEY_ID: 'AKIA/../x' })
  t.equal(await failureOf(t), 'what came is no access key id')
})

t.test('the shared files, which are read anew each time', async (t) => {
  const credentials = (id: string) =>
    `[default]\naws_access_key_id = ${id}\naws_secret_access_key = file-secret\n`
  const home = setEnv(t, {}, { credentials: credentials('AKIAONE') })
  t.match(await fetchCredentials(chain), { accessKeyId: 'AKIAONE', secretAccessKey: 'file-secret' })
  writeFileSync(join(home, '.aws', 'credentials'), credentials('AKIATWO'))
  t.match(await fetchCredentials(chain), { accessKeyId: 'AKIATWO' })
  setEnv(t, { AWS_PROFILE: 'nowhere' }, { credentials: credentials('AKIAONE') })
  t.match(
    await failureOf(t),
    /^the profile nowhere: Could not resolve credentials using profile: \[nowhere\]/,
  )
})

t.test('a named profile goes before keys of the environment, and nothing comes behind it', async (t) => {
  const keys = { AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 'env-secret' }
  const other = '[other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = s\n'
  setEnv(t, { ...keys, AWS_PROFILE: 'other' }, { credentials: other })
  t.match(await fetchCredentials(chain), { accessKeyId: 'AKIAOTHER' })
  setEnv(t, { ...keys, AWS_PROFILE: 'gone' }, { credentials: other })
  t.match(await failureOf(t), /^the profile gone: /, 'rather than sign as somebody else')
})

t.test('what was set up and fails is not passed over, though others could be had', async (t) => {
  const machine = await startInstanceMetadata(t, localKeys)
  const able = { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: machine.origin }
  setEnv(t, { ...able, AWS_PROFILE: 'gone' })
  t.match(await failureOf(t), /^the profile gone: /)
  setEnv(t, { ...able, AWS_WEB_IDENTITY_TOKEN_FILE: '/nowhere/token', AWS_ROLE_ARN: roleArn })
  t.match(await failureOf(t), /^the web identity token: ENOENT/)
  t.same(machine.seen, [])
  setEnv(t, able, { config: '[default]\nregion = eu-west-1\n' })
  t.match(
    await fetchCredentials(chain),
    { accessKeyId: localKeys.accessKeyId },
    'a file without credentials is not meant',
  )
})

t.test('no program runs, whatever a profile says', async (t) => {
  const forms: Readonly<Record<string, (command: string) => Readonly<Record<string, string>>>> = {
    'of the default profile': (run) => ({ config: `[default]\ncredential_process = ${run}\n` }),
    'of the credentials file': (run) => ({ credentials: `[default]\ncredential_process=${run}\n` }),
    'with a profile prefix': (run) => ({ config: `[profile default]\ncredential_process = ${run}\n` }),
    'in quotes': (run) => ({ config: `[profile "default"]\ncredential_process = ${run}\n` }),
    'with carriage returns': (run) => ({ config: `[default]\r\ncredential_process = ${run}\r\n` }),
    'with a comment behind': (run) => ({ config: `[default] ; mine\n  credential_process = ${run}\n` }),
    'in two sections': (run) => ({
      config: `[default]\nregion = x\n[other]\n[default]\ncredential_process = ${run}\n`,
    }),
    'with blanks in the name': (run) => ({
      config: `[ default ]\ncredential_process = ${run}\n[default]\ncredential_process=${run}`,
    }),
    'of a source': (run) => ({
      config: `[default]\nrole_arn = ${roleArn}\nsource_profile = base\n[profile base]\ncredential_process = ${run}\n`,
    }),
    'of a source of a source': (run) => ({
      config: `[default]\nrole_arn = ${roleArn}\nsource_profile = a\n[profile a]\nrole_arn = ${roleArn}\nsource_profile = b\n`,
      credentials: `[b]\ncredential_process = ${run}\n`,
    }),
  }
  for (const [name, form] of Object.entries(forms))
    await t.test(name, async (t) => {
      const home = setEnv(t, {})
      const ran = join(home, 'ran')
      const output = '{"Version":1,"AccessKeyId":"AKIAPROCESS","SecretAccessKey":"s"}'
      for (const [file, text] of Object.entries(
        form(`sh -c 'touch ${ran}; echo "${output.replaceAll('"', '\\"')}"'`),
      ))
        writeFileSync(join(home, '.aws', file), text)
      t.match(await failureOf(t), /profile \w+ has a `credential_process`, and the gateway runs no programs/)
      t.notOk(existsSync(ran), 'nothing ran')
    })
})

t.test('a program of a profile that nobody takes is in nobody’s way', async (t) => {
  setEnv(
    t,
    {},
    {
      config: '[profile other]\ncredential_process = /bin/false\n',
      credentials:
        '# credential_process = x\n[default]\naws_access_key_id = AKIAONE\naws_secret_access_key = s\n',
    },
  )
  t.match(await fetchCredentials(chain), { accessKeyId: 'AKIAONE' })
})

t.test('the token service', async (t) => {
  const aws = await startAws(t, { keys: [user], sts: { roles: [{ arn: roleArn, externalId: 'ext-1' }] } })
  const sts = { AWS_ENDPOINT_URL_STS: aws.sts.origin }
  const given = {
    accessKeyId: user.accessKeyId,
    secretAccessKey: new Secret(user.secretAccessKey),
    sessionToken: null,
  }

  await t.test('a role with keys of the file', async (t) => {
    setEnv(t, sts)
    const credentials = await fetchCredentials({ given, role, region })
    t.match(credentials, { accessKeyId: /^ASIA/, sessionToken: /^IQoJ/ })
    const leftMs = (credentials.endsAtMs ?? 0) - Date.now()
    t.ok(leftMs > 3_500_000 && leftMs <= 3_601_000, `${leftMs}`)
    const [asked] = await aws.requests('sts')
    t.match(asked, {
      key: user.accessKeyId,
      form: { Action: 'AssumeRole', RoleArn: roleArn, ExternalId: 'ext-1', RoleSessionName: 'claimgate' },
    })
  })

  await t.test('a role with keys of the environment, and of a profile with its own role', async (t) => {
    const keys = { AWS_ACCESS_KEY_ID: user.accessKeyId, AWS_SECRET_ACCESS_KEY: user.secretAccessKey }
    setEnv(t, { ...sts, ...keys })
    t.match(await fetchCredentials({ given: null, role, region }), { accessKeyId: /^ASIA/ })
    await aws.setSts({ roles: [{ arn: roleArn }] })
    setEnv(t, sts, {
      config: `[default]\nrole_arn = ${roleArn}\nsource_profile = base\nregion = ${region}\n`,
      credentials: `[base]\naws_access_key_id = ${user.accessKeyId}\naws_secret_access_key = ${user.secretAccessKey}\n`,
    })
    t.match(await fetchCredentials(chain), { accessKeyId: /^ASIA/ })
  })

  await t.test('a web identity token, as pods of EKS have it', async (t) => {
    await aws.setSts({ roles: [{ arn: roleArn, webTokens: [secrets.webToken] }] })
    const home = setEnv(t, {})
    const file = join(home, 'token')
    const web = { ...sts, AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: roleArn }
    writeFileSync(file, secrets.webToken)
    Object.assign(process.env, web)
    t.match(await fetchCredentials(chain), { accessKeyId: /^ASIA/ })
    writeFileSync(file, secrets.webToken.replace('eyJ', 'eyK'))
    t.match(
      await failureOf(t),
      /^the web identity token: AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity$/,
    )
    writeFileSync(file, 'no token')
    t.match(
      await failureOf(t),
      /^the web identity token: InvalidIdentityTokenException: The ID Token provided is not a valid JWT/,
    )
    process.env.AWS_WEB_IDENTITY_TOKEN_FILE = join(home, 'gone')
    t.match(
      await failureOf(t),
      /^the web identity token: ENOENT: no such file or directory, open '.*\/gone'$/,
    )
  })

  await t.test('what it refuses is told in its words', async (t) => {
    setEnv(t, sts)
    await aws.setSts({ roles: [{ arn: roleArn, externalId: 'another' }] })
    const asking = { given, role, region }
    t.equal(
      await failureOf(t, asking),
      `AccessDenied: User: ${user.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
    )
    await aws.setKeys([{ ...user, expired: true }])
    t.equal(await failureOf(t, asking), 'ExpiredToken: The security token included in the request is expired')
    await aws.setKeys([])
    t.equal(
      await failureOf(t, asking),
      'InvalidClientTokenId: The security token included in the request is invalid.',
    )
    await aws.setKeys([{ ...user, secretAccessKey: 'another' }])
    t.equal(
      await failureOf(t, asking),
      'SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided. Check your ' +
        'AWS Secret Access Key and signing method. Consult the service documentation for details.',
    )
    await aws.setKeys([user])
    t.match(
      await failureOf(t, { ...asking, role: { ...role, sessionName: 'a b' } }),
      /^ValidationError: 1 validation/,
    )
  })

  await t.test('nonsense of it', async (t) => {
    setEnv(t, sts)
    await aws.setKeys([user])
    await aws.setSts({ roles: [{ arn: roleArn, externalId: 'ext-1' }] })
    const asking = { given, role, region }
    const nonsense = ['', 'no xml', '<AssumeRoleResponse/>', `<a>${secrets.sessionToken}`]
    for (const body of nonsense) {
      await aws.answerNext('sts', [
        { status: 200, body },
        { status: 200, body },
      ])
      t.not(await failureOf(t, asking), '', JSON.stringify(body))
      await aws.answerNext('sts', [])
    }
    const past =
      '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>' +
      `<AccessKeyId>ASIAX</AccessKeyId><SecretAccessKey>${secrets.secretAccessKey}</SecretAccessKey><SessionToken>a b` +
      '</SessionToken><Expiration>2020-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>'
    await aws.answerNext('sts', [{ status: 200, headers: { 'Content-Type': 'text/xml' }, body: past }])
    t.equal(await failureOf(t, asking), 'what came is no session token')
    await aws.answerNext(
      'sts',
      Array.from({ length: 2 }, () => ({ status: 500, body: 'oops' })),
    )
    t.equal(await failureOf(t, asking), 'status 500, Error')
  })

  await t.test('one that nobody reaches, or that says nothing', async (t) => {
    setEnv(t, { AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${await freePort()}` })
    t.match(await failureOf(t, { given, role, region }), /nothing listens there.*\(ECONNREFUSED\)/)
  })
})

t.test('the address of a container or pod', async (t) => {
  let expected: string | null = secrets.podToken
  const container = await startContainerCredentials(t, localKeys, () => expected)
  const file = join(t.testdir({}), '..', `pod-token-${process.pid}`)
  writeFileSync(file, secrets.podToken)
  t.teardown(() => rmSync(file))
  const env = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${container.origin}/v1/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file,
  }
  setEnv(t, env)
  t.same(await fetchCredentials(chain), {
    accessKeyId: localKeys.accessKeyId,
    secretAccessKey: localKeys.secretAccessKey,
    sessionToken: localKeys.sessionToken,
    endsAtMs: ending.getTime(),
  })

  await t.test('the token of the file is read anew each time', async (t) => {
    setEnv(t, env)
    expected = 'next-token'
    t.equal(await failureOf(t), 'the container’s address: Server responded with status: 401')
    writeFileSync(file, 'next-token')
    t.match(await fetchCredentials(chain), { accessKeyId: localKeys.accessKeyId })
    setEnv(t, { ...env, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: `${file}-gone` })
    t.match(await failureOf(t), /^the container’s address: ENOENT/)
    expected = null
  })

  await t.test('what goes wrong', async (t) => {
    setEnv(t, env)
    const path = '/v1/credentials'
    container.trouble.set(path, {
      status: 200,
      body: `{"AccessKeyId":"A","SecretAccessKey":"${secrets.secretAccessKey}`,
    })
    t.equal(await failureOf(t), 'the container’s address: what came is no JSON')
    container.trouble.set(path, { status: 200, body: '{"AccessKeyId":"A"}' })
    t.match(
      await failureOf(t),
      /^the container’s address: HTTP credential provider response not of the required format/,
    )
    container.trouble.set(path, { status: 500, body: secrets.sessionToken })
    t.equal(await failureOf(t), 'the container’s address: Server responded with status: 500')
    container.trouble.clear()
    setEnv(t, { ...env, AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://192.0.2.1/v1/credentials' })
    t.match(
      await failureOf(t),
      /^the container’s address: URL not accepted/,
      'no other host is asked over http',
    )
    await container.close()
    setEnv(t, env)
    t.match(await failureOf(t), /^the container’s address: .*ECONNREFUSED/)
  })
})

t.test('the machine, by version 2 of its metadata service', async (t) => {
  const machine = await startInstanceMetadata(t, localKeys)
  const env = { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: machine.origin }
  const folder = '/latest/meta-data/iam/security-credentials/'
  setEnv(t, env)
  t.match(await fetchCredentials(chain), { accessKeyId: localKeys.accessKeyId, endsAtMs: ending.getTime() })
  t.same(machine.seen, ['PUT /latest/api/token', `GET ${folder}`, `GET ${folder}gateway-role`])

  await t.test('what goes wrong', async (t) => {
    setEnv(t, env)
    const of = async (path: string, status: number, body = ''): Promise<string> => {
      machine.trouble.clear()
      machine.trouble.set(path, { status, body })
      return failureOf(t)
    }
    const noToken = /the machine: its metadata service \(IMDSv2\) gave no token: .* its hop limit is 1/
    for (const status of [403, 404, 405, 500]) t.match(await of('/latest/api/token', status), noToken)
    t.match(
      await of(folder, 404),
      /the machine: status 404, Error response received from instance metadata service$/,
    )
    t.match(
      await of(`${folder}gateway-role`, 200, '{"Code":"Success","SecretAccessKey":"wJalr'),
      /what came is no JSON$/,
    )
    t.match(
      await of(`${folder}gateway-role`, 200, '{"Code":"AssumeRoleUnauthorizedAccess"}'),
      /Invalid response received/,
    )
    machine.trouble.clear()
    machine.trouble.set('/latest/api/token', 'silent')
    machine.seen.length = 0
    t.match(await failureOf(t), noToken, 'the answer comes from one hop too far away, and is dropped')
    t.same(machine.seen, ['PUT /latest/api/token'], 'version 1 is not asked')
    machine.trouble.clear()
    await machine.close()
    t.match(await failureOf(t), noToken)
  })

  await t.test('one without a role', async (t) => {
    const bare = await startInstanceMetadata(t, localKeys, null)
    setEnv(t, { ...env, AWS_EC2_METADATA_SERVICE_ENDPOINT: bare.origin })
    t.match(await failureOf(t), /the machine: status 404, /)
  })

  await t.test('an outage at AWS: what has ended is given, and serves a little longer', async (t) => {
    const late = await startInstanceMetadata(t, { ...localKeys, endsAt: new Date(Date.now() - 60_000) })
    setEnv(t, { ...env, AWS_EC2_METADATA_SERVICE_ENDPOINT: late.origin })
    const { endsAtMs } = await fetchCredentials(chain)
    t.ok((endsAtMs ?? 0) > Date.now() + 240_000, 'as AWS tells its packages to do')
  })
})

t.test('a profile that begins with the machine: version 1 is not asked for it either', async (t) => {
  const machine = await startInstanceMetadata(t, localKeys)
  const config = `[default]\nrole_arn = ${roleArn}\ncredential_source = Ec2InstanceMetadata\n`
  setEnv(t, { AWS_EC2_METADATA_SERVICE_ENDPOINT: machine.origin }, { config })
  machine.trouble.set('/latest/api/token', { status: 403, body: '' })
  t.match(await failureOf(t), /^the profile default: its metadata service \(IMDSv2\) gave no token/)
  t.same(machine.seen, ['PUT /latest/api/token'])
})

t.test('IAM Identity Center, as on somebody’s own machine', async (t) => {
  const portal = await startPortal(t, localKeys, secrets.webToken)
  const startUrl = 'https://example.awsapps.com/start'
  const config = `[default]\nsso_start_url = ${startUrl}\nsso_region = ${region}\nsso_account_id = 123456789012\nsso_role_name = Gateway\n`
  const home = setEnv(t, { AWS_ENDPOINT_URL_SSO: portal.origin }, { config })
  t.match(await failureOf(t), /^the profile default: .*aws sso login/)
  const cache = join(home, '.aws', 'sso', 'cache')
  mkdirSync(cache, { recursive: true })
  const name = createHash('sha1').update(startUrl).digest('hex')
  const write = (accessToken: string, expiresAt: Date): void =>
    writeFileSync(join(cache, `${name}.json`), JSON.stringify({ startUrl, region, accessToken, expiresAt }))
  write(secrets.webToken, ending)
  t.match(await fetchCredentials(chain), { accessKeyId: localKeys.accessKeyId, endsAtMs: ending.getTime() })
  write('another', ending)
  t.match(await failureOf(t), /^the profile default: .*Session token not found or invalid/)
  write(secrets.webToken, new Date(Date.now() - 1_000))
  t.match(await failureOf(t), /^the profile default: .*expired.*aws sso login/)
})

t.test('whatever hangs, and however, holds nobody up for more than ten seconds', async (t) => {
  const container = await startContainerCredentials(t, localKeys, () => null)
  const machine = await startInstanceMetadata(t, localKeys)
  const mute = createServer((socket) => {
    asked.add('the token service')
    socket.on('error', () => {})
    t.teardown(() => socket.destroy())
  })
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
  t.teardown(() => mute.close())
  const asked = new Set<string>()
  const folder = '/latest/meta-data/iam/security-credentials/'
  const ofContainer = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${container.origin}/v1/credentials` }
  const ofMachine = { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: machine.origin }
  const given = {
    accessKeyId: user.accessKeyId,
    secretAccessKey: new Secret(user.secretAccessKey),
    sessionToken: null,
  }

  async function failureOfSource(settings: AwsCredentialSettings, isAsked: () => boolean): Promise<string> {
    const timing = heldTiming()
    const sources = createCredentialSources({ timing, random: () => 0, note: () => {} })
    const failure = sources
      .of(settings)
      .load()
      .then(
        () => 'it did not fail',
        (thrown: unknown) => (isFault(thrown) ? `${thrown.code} ${thrown.message}` : String(thrown)),
      )
    await poll('the question to come', isAsked, (came) => came)
    timing.pass(limits.awsFetchMs)
    sources.close()
    return failure
  }

  const expected = /^AWS_CREDENTIALS_UNAVAILABLE credentials of .+: nothing came within 10000 ms$/
  for (const how of ['silent', 'slow', 'broken'] as const) {
    setEnv(t, ofContainer)
    container.trouble.set('/v1/credentials', how)
    container.seen.length = 0
    // Here AWS's package notices a connection that breaks off, and nobody has to wait; of the machine's it does not.
    if (how === 'broken') t.match(await failureOf(t), /^the container’s address: it closed the connection/)
    else t.match(await failureOfSource(chain, () => container.seen.length > 0), expected, how)
    setEnv(t, ofMachine)
    machine.trouble.set(`${folder}gateway-role`, how)
    machine.seen.length = 0
    t.match(await failureOfSource(chain, () => machine.seen.length > 2), expected, how)
  }
  setEnv(t, { AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${(mute.address() as AddressInfo).port}` })
  t.match(await failureOfSource({ given, role, region }, () => asked.size > 0), expected)
})

t.test('nothing is set up', async (t) => {
  setEnv(t, {})
  t.match(
    await failureOf(t),
    /^the profile default: Could not resolve credentials using profile: \[default\]/,
  )
})

t.test('nothing was written to the console', async (t) => {
  t.same(written, [])
})
