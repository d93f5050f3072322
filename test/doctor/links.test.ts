// The stage trap: links of an app's pages that lead a browser to where the gateway found the app.
import t, { type Test } from 'tap'
import { startFlask } from '../support/flask.ts'
import { type Answerer, answerHeads, recordingUpstream } from '../support/upstream.ts'
import { look } from './rig.ts'

const secret = 'a-shared-secret-of-thirty-two-bytes-and-more'
const fileFor = (upstream: string, url = 'http://localhost:8080') => `
providers:
  main: { issuer: "http://127.0.0.1:9", client_id: gateway, client_secret: a-client-secret }
apps:
  wiki:
    url: ${url}
    upstream: ${upstream}
    shared_secret: ${secret}
    require: signed_in
`

async function upstream(t: Test, answers: Answerer) {
  const app = await recordingUpstream({ answer: answers })
  t.teardown(() => app.close())
  return `http://127.0.0.1:${app.port}`
}

const html = (body: string, more = '', status = '200 OK') =>
  `HTTP/1.1 ${status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${more}\r\n${body}`

async function linesFor(t: Test, answer: string, { base = '/prod', url = 'http://localhost:8080' } = {}) {
  const origin = await upstream(t, answerHeads(answer))
  const { lines } = await look(fileFor(origin + base, url))
  return { origin, lines: lines('apps.wiki', 'links') }
}

t.test('links below the base path, in every form in which browsers follow them', async (t) => {
  const forms = [
    '<a href="/prod/home">',
    "<a title=x href='/prod/home?tab=1#top'>",
    '<a href=/prod/home>',
    '<A HREF = "/prod">',
    '<img alt=""src="/prod/a.png">',
    '<form method=post action="/prod/login">',
    '<button formaction="/prod/other">',
    '<a href=" /prod/a&amp;b ">',
    '<a href="//localhost:8080/prod/x">',
    '<link rel=stylesheet href="http://localhost:8080/prod/a.css">',
    '<meta http-equiv="refresh" content="0; url=/prod/login">',
    `<meta http-equiv=refresh content="3;URL='/prod/login'">`,
    '<!-- <a href="/x"> --><a href="/prod/x"><!-- never closed',
    '<img src=/a.png srcset="/a.png 1x, /prod/b.png 2x">',
    '<video poster="/prod/still.jpg">',
    '<object data="/prod/a.svg">',
    '<svg><use xlink:href="/prod/icons.svg#a"/></svg>',
    '<button hx-post="/prod/save">',
    '<div style="background: url(/prod/a.png)">',
    `<div style='background: url("/prod/a.png")'>`,
    "<style>@import '/prod/a.css'; a { color: red }</style>",
    '<style>a { background: url( "/prod/a.png" ) }',
    '<base href="/prod/"><a href="home">',
    '<base href=/prod/>',
  ]
  for (const form of forms) {
    const { lines } = await linesFor(t, html(`<!doctype html><p>${form}x</p>`))
    t.match(
      lines,
      [
        /^failed .*\/prod\/ leads browsers around the gateway: (href|src|action|formaction|refresh|srcset|poster|data|xlink:href|hx-post|url\(\)) /,
      ],
      form,
    )
    t.match(lines, [/X-Forwarded-Prefix/], 'the cure of an app anywhere')
  }
})

t.test("links to the app's own host", async (t) => {
  for (const base of ['', '/prod']) {
    const origin = await upstream(t, ({ received }) => {
      const [, host = ''] = /^host: (.*)\r$/im.exec(received) ?? []
      return received.endsWith('\r\n\r\n') ? html(`<a href="http://${host}/x">x</a>`) : null
    })
    const { lines } = await look(fileFor(origin + base))
    t.match(lines('apps.wiki', 'links'), [/^failed .*: href http:\/\/127\.0\.0\.1:\d+\/x\. /], base)
  }
})

t.test('links that are right', async (t) => {
  const right = [
    '<a href="/home">',
    '<a href="/products">',
    '<a href="home">',
    '<a href="?page=/prod/x">',
    '<a href="#/prod/x">',
    '<a href="mailto:prod@example.com">',
    '<a href="javascript:void(0)">',
    '<a href="https://other.example/prod/x">',
    '<a href="">x</a> <a href="//[">',
    '<!-- <a href="/prod/x"> -->',
    '<!-- a --> b <!-- <a href="/prod/x"> > -- > -->',
    '<meta name=description content="/prod/x">',
    '<meta http-equiv=refresh content="60">',
    '<meta http-equiv=refresh content="0; url=/x">',
    '<a data-note="/prod/x" href="/y">',
    '<pre>&lt;a href="/prod/x"&gt;</pre>',
    '<p>write href="/prod/x" there',
    '<base href="https://other.example/"><a href="/prod/x">',
    '<base href="/app/"><a href="prod/x">',
    '<style>a::after { content: "/prod/x" }</style>',
    '<script>if (a < b && c > d) go("/x")</script>',
    '<script>const text = "see /prod/x", other = "/production"</script>',
  ]
  for (const form of right) {
    const { lines } = await linesFor(t, html(`${form}<a href="/z">x</a>`))
    t.match(lines, [/^ok .*\d links? (was|were) seen, none leads elsewhere/], form)
  }
})

t.test('a public address that begins as the base path does: such links are right', async (t) => {
  const answer = html('<a href="/prod/x">')
  t.match((await linesFor(t, answer, { url: 'http://localhost:8080/prod' })).lines, [/^ok /])
  t.match((await linesFor(t, answer, { url: 'http://localhost:8080/production' })).lines, [/^failed /])
})

t.test('`Location`: what the gateway maps is right, and what it does not is told', async (t) => {
  const moved = (to: string) => html('', `Location: ${to}\r\n`, '302 Found')
  for (const to of ['/prod/home', '/home', 'home', 'https://other.example/prod/'])
    t.match((await linesFor(t, moved(to))).lines, [/^ok /], to)
  t.match((await linesFor(t, moved('/prod/prod/home'))).lines, [/^failed .*: Location \/prod\/home\. /])
  const origin = await upstream(t, ({ received }) => {
    const [, host = ''] = /^host: (.*)\r$/im.exec(received) ?? []
    return received.endsWith('\r\n\r\n') ? moved(`https://${host}/prod/x`) : null
  })
  // Of another scheme it is another origin, which nobody maps.
  t.match((await look(fileFor(`${origin}/prod`))).lines('apps.wiki', 'links'), [
    /^failed .*: Location https:/,
  ])
})

t.test(
  'texts of scripts and JSON may be addresses: a warning, and less than a link that is one',
  async (t) => {
    const scripts = [
      '<script>fetch("/prod/api")</script>',
      "<script>const base = '/prod'</script>",
      `<script>location = \`/prod/\${page}\`</script>`,
      '<script type="application/json">{"next":"\\/prod\\/home"}</script>',
      '<script>var a = "\\u002Fprod\\u002Fhome"</script>',
      `<button onclick="location='/prod/x'">`,
      '<script>never("/prod/closed")',
    ]
    for (const script of scripts) {
      const { lines } = await linesFor(t, html(`${script}<a href="/x">`))
      t.match(
        lines,
        [/^warning .* around the gateway: script \/prod.*: if it is asked for, it is not there\. /],
        script,
      )
    }
    t.match((await linesFor(t, html('<script>go("/prod/a")</script><a href="/prod/b">'))).lines, [
      /^failed .*: href \/prod\/b\. /,
    ])
    const json = (body: string, status = '200 OK') =>
      html(body, '', status).replace('text/html', 'application/json')
    t.match((await linesFor(t, json('{"self":"/prod/users/1"}'))).lines, [
      /^warning .*: JSON \/prod\/users\/1: /,
    ])
    t.same((await linesFor(t, json('{"self":"/users/1"}'))).lines, [])
    t.same((await linesFor(t, json('{"message":"/prod/users/1"}', '404 Not Found'))).lines, [])
  },
)

t.test('`Refresh` and `Link`, which the gateway does not map; cookies it does', async (t) => {
  for (const line of [
    'Refresh: 0; url=/prod/next',
    'Link: </a.css>; rel=preload, </prod/b.css>; rel=preload',
  ])
    t.match((await linesFor(t, html('', `${line}\r\n`))).lines, [/^failed .*: (Refresh|Link) \/prod\//], line)
  t.same((await linesFor(t, html('', 'Set-Cookie: a=b; Path=/prod\r\n'))).lines, [])
})

t.test('a page that is compressed though nobody asked for it: told, and nothing is guessed', async (t) => {
  const app = await recordingUpstream({ answer: answerHeads(html('x', 'Content-Encoding: gzip\r\n')) })
  t.teardown(() => app.close())
  const { lines } = await look(fileFor(`http://127.0.0.1:${app.port}/prod`))
  t.match(lines('apps.wiki', 'links'), [
    /^note .*\/prod\/ is compressed \(gzip\), though `identity` was asked for/,
  ])
  t.match(app.received(), /^accept-encoding: identity\r$/im)
})

t.test('pages that are made to take long take no longer', async (t) => {
  const parts = [
    '<a ',
    '<script>',
    '<style>',
    'url(',
    "<a href='",
    '<a "',
    '"/',
    '<!--',
    '<base ',
    '<a x=',
    ' href =',
  ]
  for (const part of parts) {
    const { lines } = await linesFor(t, html(part.repeat(Math.floor(250_000 / part.length))))
    t.ok(lines.length <= 1, part)
  }
})

t.test('a page that holds more links than a call takes arguments is read like any other', async (t) => {
  const many = (part: string): string => part.repeat(Math.floor(250_000 / part.length))
  for (const page of [
    `<script>${many('"/')}`,
    `<p onclick='${many('"/')}'>`,
    `<img srcset="${many(',')}">`,
  ]) {
    const { lines } = await linesFor(t, html(`<a href="/prod/x">${page}`))
    t.match(lines, [/^failed .*: href \/prod\/x\. /], page.slice(0, 20))
  }
})

t.test('what is no page, or hidden by a coding, says nothing', async (t) => {
  const link = '<a href="/prod/x">'
  for (const answer of [
    html(link).replace('text/html', 'text/plain'),
    html(link, 'Content-Encoding: gzip\r\n').replace('text/html', 'text/plain'),
    html('no link'),
    html(link).replace('Content-Type', 'X-Content-Type'),
  ])
    t.same((await linesFor(t, answer)).lines, [])
})

t.test('many links: some are named, each once, the rest is counted', async (t) => {
  const body = [1, 1, 2, 3, 4, 5].map((n) => `<a href="/prod/${n}">`).join('')
  const { lines } = await linesFor(t, html(body))
  t.match(lines, [/: href \/prod\/1, href \/prod\/2, href \/prod\/3, and 2 more\. /])
})

t.test('a secret in a link is not repeated', async (t) => {
  const { lines } = await linesFor(t, html(`<a href="/prod/${secret}/x"><a href="/prod/y?k=${secret}">`))
  t.match(lines, [/: href \[withheld: it repeats a secret\], href \/prod\/y\. /])
  t.notMatch(lines.join(''), new RegExp(secret.slice(0, 12)))
})

t.test('a page without an end: its beginning is read, and doctor ends', async (t) => {
  const endless = ({ received }: { readonly received: string }) =>
    received.endsWith('\r\n\r\n')
      ? `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<a href="/prod/first">${' '.repeat(300_000)}<a href="/prod/late">`
      : null
  const origin = await upstream(t, endless)
  const { lines } = await look(fileFor(`${origin}/prod`))
  t.match(lines('apps.wiki', 'links'), [/: href \/prod\/first\. /])
})

t.test('a page that breaks off had answered', async (t) => {
  const origin = await upstream(t, ({ received, socket }) => {
    if (!received.endsWith('\r\n\r\n')) return null
    socket.end('HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 999\r\n\r\n<a href="/prod/x">')
    return null
  })
  const { lines } = await look(fileFor(`${origin}/prod`))
  t.match(lines('apps.wiki', 'with the secret'), [/^ok .* answers 200\n/])
  t.match(lines('apps.wiki', 'links'), [/^failed /])
})

t.test('a Flask app that writes its stage into a redirect: the gateway maps it', async (t) => {
  const flask = await startFlask({
    folder: new URL('../support/', import.meta.url),
    app: 'staged_app:app',
    env: {},
  })
  t.teardown(() => flask.stop())
  const { lines } = await look(fileFor(flask.origin, 'http://localhost:8080/moved'))
  t.match(lines('apps.wiki', 'links'), [/^ok /])
})
