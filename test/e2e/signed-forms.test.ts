// A form that waits for a sign-in in front of an API that AWS guards: a real provider, a stand-in that verifies signatures
// by botocore, the seed's app behind the real serverless-wsgi. What cannot be sent as it is stays, and goes when it can.
import t from 'tap'
import { roleKey, startAws } from '../support/aws/stand-in.ts'
import { Browser } from '../support/browser.ts'
import { visitAs } from '../support/front.ts'
import { startLiveGateway } from '../support/live-gateway.ts'
import { startOp } from '../support/op.ts'
import { rawClient, statusOf } from '../support/raw.ts'

const handler = `
import base64, json

def handler(event, context):
    body = event.get('body') or ''
    data = base64.b64decode(body) if event.get('isBase64Encoded') else body.encode()
    return {'statusCode': 200, 'headers': {'Content-Type': 'application/json'},
            'body': json.dumps({'got': data.decode(), 'type': event['headers'].get('Content-Type')})}
`
const aws = await startAws(t, { handler: 'own.handler', files: { 'own.py': handler } })
const op = await startOp()
t.teardown(() => op.close())
const { accessKeyId, secretAccessKey } = roleKey
const token = roleKey.sessionToken === null ? '' : `, session_token: "${roleKey.sessionToken}"`
const keys = `credentials: { access_key_id: ${accessKeyId}, secret_access_key: "${secretAccessKey}"${token} }`

const yaml = (url: string, more = '') => `
providers:
  op: { issuer: "${op.issuer}", client_id: ${op.clientId}, client_secret: ${op.clientSecret} }

apps:
  wiki:
    url: ${url}
    require: signed_in
    upstream:
      url: "${aws.rest.url}"
      aws: { sign: execute-api, ${keys}, endpoint: "${aws.rest.origin}" }
      ${more}
`

const gateway = await startLiveGateway((url) => yaml(url))
t.teardown(() => gateway.close())
const { url, port } = gateway
op.register({ redirectUris: [`${url}/.auth/callback`] })

/** As a browser sends a form of the origin's own page. */
async function post(
  browser: Browser,
  target: string,
  type: string,
  body: string,
  lines: readonly string[] = [],
) {
  const cookie = [...browser.cookies('localhost')].map(([name, value]) => `${name}=${value}`).join('; ')
  const client = await rawClient(
    port,
    [
      `POST ${target} HTTP/1.1`,
      `Host: localhost:${port}`,
      ...['Connection: close', 'Accept: text/html', `Origin: ${url}`, 'Sec-Fetch-Site: same-origin'],
      ...[
        'Sec-Fetch-Mode: navigate',
        'Sec-Fetch-Dest: document',
        `Content-Type: ${type}`,
        `Cookie: ${cookie}`,
      ],
      ...[...lines, `Content-Length: ${body.length}`, '', body],
    ].join('\r\n'),
  )
  const text = await client.closed()
  for (const [, name = '', value = ''] of text.matchAll(/^set-cookie: ([^=]+)=([^;\r]*)/gim))
    browser.cookies('localhost').set(name, value)
  return { status: statusOf(text), text, location: /^location: (\S+)/im.exec(text)?.[1] ?? '' }
}

const plain = (text: string) =>
  text.replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))).replaceAll('&amp;', '&')
const linkOn = (text: string) => /name="claimgate-resume" value="([^"]*)"/.exec(plain(text))?.[1] ?? ''

t.test('a form whose headers cannot be sent is kept, and arrives when they can', async (t) => {
  const browser = new Browser()
  t.equal((await visitAs(browser, 'alice', `${url}/`)).status, 200)
  // The session ends elsewhere, while the browser keeps its cookie.
  const copy = new Browser()
  for (const [name, value] of browser.cookies('localhost')) copy.cookies('localhost').set(name, value)
  const out = { form: {}, headers: { origin: url, 'sec-fetch-site': 'same-origin' }, follow: false }
  const left = await copy.visit(`${url}/.auth/logout`, out)
  t.match(left.status, 200, left.body)
  await aws.forget()
  const form = `note=${'x'.repeat(3000)}`
  const met = await post(browser, '/notes', 'application/x-www-form-urlencoded', form)
  t.equal(met.status, 303)
  const page = await visitAs(browser, 'alice', met.location)
  t.equal(page.url.pathname, '/.auth/resume')
  const send = (text: string, lines: readonly string[] = []) =>
    post(browser, '/notes', 'text/plain', `claimgate-resume=${linkOn(text)}\r\n`, lines)
  const tooMany = await send(page.body, [`X-Note: ${'n'.repeat(9000)}`])
  t.equal(tooMany.status, 431)
  t.match(tooMany.text, /still kept/)
  const tooMuch = `headers: { X-Tenant: "${'t'.repeat(2200)}", X-Region: "${'r'.repeat(2200)}" }`
  await gateway.reload(yaml(url, tooMuch))
  const unsendable = await send(page.body)
  t.equal(unsendable.status, 403)
  t.match(unsendable.text, /still kept/)
  t.same(await aws.requests('rest'), [], 'AWS has seen nothing of it')
  await gateway.reload(yaml(url))
  const again = /href="(\/\.auth\/resume\?form=[^"]*)"/.exec(plain(unsendable.text))?.[1] ?? ''
  const back = await browser.visit(`${url}${again}`)
  t.equal(back.status, 200)
  const sent = await send(back.body)
  t.equal(sent.status, 200)
  t.ok(sent.text.includes(`"${form}"`), 'to the byte')
  t.match(sent.text, /"type": "application\/x-www-form-urlencoded"/)
  t.equal((await aws.requests('rest')).filter(({ method }) => method === 'POST').length, 1, 'once')
  t.equal((await send(back.body)).status, 404)
})
