// Two workers sign by a role that each of them takes with the process's own keys. The file then names another role while
// requests go on: none fails, and what was fetched for the first role signs nothing any more.
import t from 'tap'
import { type AwsRequest, startAws } from '../support/aws/stand-in.ts'
import { newPlace, startProcess } from '../support/process.ts'
import { exchange, statusOf } from '../support/raw.ts'
import { poll } from '../support/waiting.ts'
import { startedWorkers, workerOf } from '../support/workers.ts'

const user = {
  accessKeyId: 'AKIAOWNKEYSEXAMPLE00',
  secretAccessKey: 'the/own+keys/of/the/process/00000000000',
  sessionToken: null,
  arn: 'arn:aws:iam::123456789012:user/gateway',
}
const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`
const roles = [{ arn: role('first'), externalId: 'wiki-7' }, { arn: role('second') }]

const who = ({ event }: AwsRequest) =>
  (event?.requestContext as { identity?: { userArn?: string } } | undefined)?.identity?.userArn

t.test('the role of both workers, and another one without a failed request', async (t) => {
  const aws = await startAws(t, { keys: [user], sts: { roles } })
  const place = await newPlace()
  t.teardown(() => place.remove())
  const yaml = (keys: string) => `
workers: 2
providers:
  op: { issuer: "https://id.example.com", client_id: gateway, client_secret: a-client-secret-of-32-bytes-or-more }
apps:
  wiki:
    url: ${place.url}
    require: anyone
    upstream: { url: "${aws.rest.url}", aws: { sign: execute-api, endpoint: "${aws.rest.origin}", ${keys} } }
`
  place.write(yaml(`role_arn: "${role('first')}", external_id: wiki-7, session_name: gate`))
  const running = await startProcess(place, {
    env: {
      AWS_ACCESS_KEY_ID: user.accessKeyId,
      AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
      AWS_ENDPOINT_URL_STS: aws.sts.origin,
    },
  })
  t.teardown(() => running.stop())
  t.equal(startedWorkers(running).length, 2)
  const ask = async () =>
    statusOf(
      await exchange(
        place.port,
        `GET /who HTTP/1.1\r\nHost: localhost:${place.port}\r\nConnection: close\r\n\r\n`,
      ),
    )
  const statuses: number[] = []
  let goes = true
  const asking = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (goes) statuses.push(await ask())
    }),
  )
  const signers = async () => new Set((await aws.requests('rest')).map(who))
  await poll(
    'both workers to have answered',
    () =>
      new Set(
        running
          .log()
          .filter(({ event }) => event === 'request')
          .map(workerOf),
      ).size,
    (count) => count === 2,
  )
  t.same([...(await signers())], ['arn:aws:sts::123456789012:assumed-role/first/gate'])
  const taken = (await aws.requests('sts')).length
  t.equal(taken, 2, 'each worker takes the role once')

  place.write(yaml(`role_arn: "${role('second')}"`))
  running.signal('SIGHUP')
  await running.logged(({ event }) => event === 'config.loaded')
  await aws.forget()
  const from = statuses.length
  await poll(
    'requests by the other role',
    () => statuses.length,
    (count) => count > from + 40,
  )
  goes = false
  await asking
  const [last] = (await aws.requests('rest')).slice(-1)
  t.equal(last && who(last), 'arn:aws:sts::123456789012:assumed-role/second/claimgate')
  t.same([...new Set(statuses)], [200], `${statuses.length} requests`)
  const later = (await aws.requests('rest')).slice(-20).map(who)
  t.same([...new Set(later)], ['arn:aws:sts::123456789012:assumed-role/second/claimgate'])
  for (const { lines } of await aws.requests('rest')) {
    const text = running.stdout()
    for (const [name, value] of lines)
      if (/^(?:authorization|x-amz-security-token)$/i.test(name)) t.notOk(text.includes(value), name)
  }
  t.notOk(running.stdout().includes(user.secretAccessKey))
})
