// The gateway as config/examples/aws/ starts it: by the command of the Dockerfile, with the environment and the file of
// each template. The folder of the image is one of this machine, and the port a free one.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { environmentOfTemplate, readTemplate, templateFolder } from '../support/aws/templates.ts'
import { startChild, stopChild } from '../support/child.ts'
import { root } from '../support/examples.ts'
import { startOp } from '../support/op.ts'
import { freePort } from '../support/ports.ts'
import { poll } from '../support/waiting.ts'

const dockerfile = readFileSync(`${root}${templateFolder}Dockerfile`, 'utf8')
const command: readonly string[] = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1] ?? '[]')

/** `claimgate` as the image has it on its path. */
function programFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-image-'))
  writeFileSync(
    join(folder, 'claimgate'),
    `#!/bin/sh\nexec "${process.execPath}" "${root}bin/claimgate.js" "$@"\n`,
  )
  chmodSync(join(folder, 'claimgate'), 0o755)
  return folder
}

const op = await startOp()
op.register({ redirectUris: ['https://wiki.example.com/.auth/callback'] })
t.teardown(() => op.close())

function ask(port: number, path: string, headers: http.OutgoingHttpHeaders): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    http
      .get({ host: '127.0.0.1', port, path, headers, agent: false }, (answer) => resolve(answer.resume()))
      .once('error', reject)
  })
}

for (const name of ['express.yaml', 'fargate.yaml', 'lambda.yaml']) {
  t.test(`${name}: the gateway starts, is ready, and sends people to the provider`, async (t) => {
    const port = await freePort()
    const folder = programFolder()
    const given = environmentOfTemplate(readTemplate(name), {
      ...{
        Issuer: op.issuer,
        ClientId: op.clientId,
        ClientSecretArn: op.clientSecret,
      },
      // The balancer that asks is this test.
      VpcCidr: '127.0.0.1/32',
    })
    const file = given.CLAIMGATE_YAML?.replace(':8080', `:${port}`) ?? ''
    const env = {
      ...given,
      PATH: `${folder}:/usr/bin:/bin`,
      CLAIMGATE_DATA: folder,
      // The port of metrics is taken by other tests.
      CLAIMGATE_YAML: file.includes('admin:') ? file : `${file}admin: false\n`,
    }
    const [program = '', ...args] = command
    const child = startChild(program, args, { env })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (more) => (said += more))
    t.teardown(async () => {
      await stopChild(child)
      rmSync(folder, { recursive: true, force: true })
    })
    await poll(
      `${name} to start`,
      () => (child.exitCode === null ? said : `it ended: ${said}`),
      (all) => all.includes('gateway.started'),
    )
    t.equal((await ask(port, '/.auth/health', { host: '169.254.1.1' })).statusCode, 200, 'on any host')
    const page = await ask(port, '/', {
      ...{ host: 'wiki.example.com', 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.7' },
      ...{ accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    })
    t.equal(page.statusCode, 302)
    const there = new URL(page.headers.location ?? '')
    t.equal(there.origin, op.issuer)
    t.equal(there.searchParams.get('redirect_uri'), 'https://wiki.example.com/.auth/callback')
    await poll(
      'the access line',
      () => said,
      (all) => all.includes('"client":"192.0.2.7"'),
    )
    t.notMatch(said, op.clientSecret)
  })
}
