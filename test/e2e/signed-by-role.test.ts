// An app whose requests are signed by a role, from the file to botocore: the token service gives credentials for it, a reload
// goes on with them, and an operator reads why there are none.
import t from 'tap'
import { type AwsKey, startAws } from '../support/aws/stand-in.ts'
import { startLiveGateway } from '../support/live-gateway.ts'
import { poll } from '../support/waiting.ts'

const user: AwsKey = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: null,
  arn: 'arn:aws:iam::123456789012:user/gateway',
}
const arnOf = (name: string): string => `arn:aws:iam::123456789012:role/${name}`
const wiki = { arn: arnOf('wiki'), externalId: 'wiki-of-acme' }

const aws = await startAws(t, {
  keys: [user],
  sts: { roles: [wiki, { arn: arnOf('other') }] },
  handler: 'own.handler',
  files: {
    'own.py': 'def handler(event, context):\n    return {"statusCode": 200, "headers": {}, "body": "ok"}\n',
  },
})
process.env.AWS_ENDPOINT_URL_STS = aws.sts.origin

const yaml = (url: string, role: string, more = ''): string => `
providers:
  op: { issuer: "https://id.example.com", client_id: gateway, client_secret: a-client-secret-of-32-bytes-or-more }
apps:
  wiki:
    url: ${url}
    require: anyone
    upstream:
      url: ${aws.rest.url}
      aws:
        sign: execute-api
        ${role}
        credentials: { access_key_id: ${user.accessKeyId}, secret_access_key: "${user.secretAccessKey}" }
        endpoint: ${aws.rest.origin}
${more}`
const asWiki = `role_arn: "${wiki.arn}"\n        external_id: ${wiki.externalId}`
const asOther = `role_arn: "${arnOf('other')}"`

const gateway = await startLiveGateway((url) => yaml(url, asWiki))
t.teardown(() => gateway.close())

t.test('the role signs, under its session name, and no client learns of it', async (t) => {
  const answer = await fetch(`${gateway.url}/a?b=c+d`)
  t.equal(answer.status, 200)
  t.equal(await answer.text(), 'ok')
  t.notMatch(JSON.stringify([...answer.headers]), /ASIA|AKIA|amz-security/i)
  const [assumed, ...more] = await aws.requests('sts')
  t.same(more, [], 'asked once, before anybody came')
  t.match(assumed?.form, { RoleArn: wiki.arn, RoleSessionName: 'claimgate', ExternalId: 'wiki-of-acme' })
  const [asked] = await aws.requests('rest')
  t.match(asked?.key, /^ASIA/)
})

t.test('a reload goes on with what was fetched, and another role is fetched for itself', async (t) => {
  await aws.forget()
  await gateway.reload(yaml(gateway.url, asWiki, '# nothing new\n'))
  await gateway.reload(yaml(gateway.url, asWiki, '    title: Wiki\n'))
  t.equal((await fetch(gateway.url)).status, 200)
  t.same(await aws.requests('sts'), [])
  await gateway.reload(yaml(gateway.url, asOther))
  t.equal((await fetch(gateway.url)).status, 200)
  t.same(
    (await aws.requests('sts')).map(({ form }) => form?.RoleArn),
    [arnOf('other')],
  )
  t.match(
    gateway.log.filter(({ event }) => `${event}`.startsWith('aws.')),
    [wiki.arn, arnOf('other')].map((arn) => ({
      ...{ event: 'aws.credentials-fetched', whose: `role ${arn}` },
      ...{ access_key: /^ASIA/, ends_at: Number },
    })),
    'all went well, each once',
  )
})

t.test(
  'a role that may not be taken: 503, the log says why, and it comes by itself when it may',
  async (t) => {
    await aws.setSts({ roles: [] })
    await gateway.reload(yaml(gateway.url, asWiki))
    await poll(
      'the line that credentials could not be had',
      () => gateway.log.find(({ event }) => event === 'aws.credentials-failed'),
      (line) => line !== undefined,
    )
    const answer = await fetch(gateway.url)
    t.equal(answer.status, 503)
    t.notMatch(await answer.text(), /arn:aws|AccessDenied/)
    const words = `AccessDenied: User: ${user.arn} is not authorized to perform: sts:AssumeRole on resource: ${wiki.arn}`
    t.match(
      gateway.log.find(({ event }) => event === 'aws.credentials-failed'),
      { level: 50, whose: `role ${wiki.arn}`, error: words, retry_at: Number },
    )
    t.match(
      gateway.log.find(({ event }) => event === 'upstream.failed'),
      {
        code: 'AWS_CREDENTIALS_UNAVAILABLE',
        app: 'wiki',
        error: new RegExp(`credentials of role .*: ${words}$`),
      },
    )
    await aws.setSts({ roles: [wiki] })
    await poll(
      'the line that they came again',
      () => gateway.log.find(({ event }) => event === 'aws.credentials-renewed'),
      (line) => line !== undefined,
    )
    t.equal((await fetch(gateway.url)).status, 200)
  },
)

t.test('no line of the log holds a secret', async (t) => {
  const log = JSON.stringify(gateway.log)
  t.notMatch(log, user.secretAccessKey)
  t.notMatch(log, /IQoJb3JpZ2lu/)
})
