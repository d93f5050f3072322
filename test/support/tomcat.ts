// Tomcat, as Debian packages it, with an app of three views that say which path they saw.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startChild, stopChild } from './child.ts'
import { createWaits } from './waiting.ts'

export interface Tomcat {
  readonly origin: string
  stop(): Promise<void>
}

const home = '/usr/share/tomcat10'

/** As it comes, but for encoded slashes: it decodes them too, and finds its servlets by what comes out. */
const server = `<Server port="-1">
  <Service name="Catalina">
    <Connector port="0" address="127.0.0.1" protocol="HTTP/1.1" encodedSolidusHandling="decode"/>
    <Engine name="Catalina" defaultHost="localhost">
      <Host name="localhost" appBase="apps" autoDeploy="false" deployOnStartup="false">
        <Context path="" docBase="DOCUMENTS"/>
      </Host>
    </Engine>
  </Service>
</Server>
`

const views = [
  ['admin', '/admin/*'],
  ['public', '/public/*'],
  ['other', '/*'],
] as const

const web = `<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0" metadata-complete="true">
  <servlet><servlet-name>jsp</servlet-name><servlet-class>org.apache.jasper.servlet.JspServlet</servlet-class></servlet>
${views
  .map(
    ([
      name,
      pattern,
    ]) => `  <servlet><servlet-name>${name}</servlet-name><jsp-file>/WEB-INF/${name}.jsp</jsp-file></servlet>
  <servlet-mapping><servlet-name>${name}</servlet-name><url-pattern>${pattern}</url-pattern></servlet-mapping>`,
  )
  .join('\n')}
</web-app>
`

const encoded = (java: string) => `<%= java.net.URLEncoder.encode(${java}, "UTF-8") %>`

const page = (view: string) =>
  `<%@ page contentType="application/json; charset=UTF-8" %>{"view": "${view}", "path": "${encoded(
    'request.getServletPath() + (request.getPathInfo() == null ? "" : request.getPathInfo())',
  )}", "target": "${encoded('request.getRequestURI()')}", "query": ""}`

export async function startTomcat(): Promise<Tomcat> {
  const base = mkdtempSync(join(tmpdir(), 'claimgate-tomcat-'))
  for (const folder of ['conf', 'temp', 'work', 'logs', 'apps', 'root/WEB-INF'])
    mkdirSync(join(base, folder), { recursive: true })
  writeFileSync(join(base, 'conf/server.xml'), server.replace('DOCUMENTS', join(base, 'root')))
  writeFileSync(join(base, 'root/WEB-INF/web.xml'), web)
  for (const [name] of views) writeFileSync(join(base, `root/WEB-INF/${name}.jsp`), page(name))
  const child = startChild(
    'java',
    [
      ...['-Xmx256m', `-Dcatalina.home=${home}`, `-Dcatalina.base=${base}`, `-Djava.io.tmpdir=${base}/temp`],
      ...['-cp', `${home}/bin/bootstrap.jar:${home}/bin/tomcat-juli.jar`],
      ...['org.apache.catalina.startup.Bootstrap', 'start'],
    ],
    { cwd: base, env: { PATH: '/usr/bin:/bin' } },
  )
  const waits = createWaits()
  let printed = ''
  let failure: Error | null = null
  const read = (piece: Buffer): void => {
    printed += piece.toString('utf8')
    waits.wake()
  }
  child.stdout.on('data', read)
  child.stderr.on('data', read)
  child.once('exit', (code) => {
    failure = new Error(`Tomcat ended with ${code}:\n${printed}`)
    waits.wake()
  })
  const port = await waits.until({
    what: 'Tomcat to say where it listens',
    look: () => {
      if (failure !== null) throw failure
      return /Starting ProtocolHandler \["http-nio-127\.0\.0\.1-auto-\d+-(\d+)"\]/.exec(printed)?.[1]
    },
    seen: () => printed,
  })
  return {
    origin: `http://127.0.0.1:${port}`,
    stop: async () => {
      await stopChild(child)
      rmSync(base, { recursive: true, force: true })
    },
  }
}
