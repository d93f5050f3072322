import { missing, own, type Said, said } from './said.ts'

const server = own('the server’s own business')
const tls = own('TLS ends in front of the gateway, or here by `listen: { address, tls }`')
const cache = own('sessions rest in the gateway’s own store')
const files = own('is about files and how they are served: the app does it')
const program = own('is about how httpd ran the app: run it on its own')
const elsewhere = missing('is not converted: if it matters, the app or what stands in front has to do it')

/**
 * What is said of whole families of directives: none of them has a part in who may pass. What is in no family and no
 * other part of the conversion reads is unknown, and closes its place.
 */
const families: readonly (readonly [RegExp, Said])[] = [
  [/^oidc(?:redis|mem)cache/, cache],
  [
    /^(?:loadmodule|loadfile|listen\w*|server(?:root|admin|tokens|signature|limit|path)|errorlog\w*|customlog|globallog|bufferedlogs|logformat|loglevel|logmessage|logiotrackttfb|transferlog|forensiclog|user|group|pidfile|timeout|\w*keepalive\w*|traceenable|hostnamelookups|usecanonical\w*|mutex|startservers|minspare\w*|maxspare\w*|threads\w*|threadlimit|maxrequest\w*|maxconnections\w*|maxclients|maxmemfree|maxranges?\w*|gracefulshutdowntimeout|protocols\w*|h2\w+|defaultruntimedir|extendedstatus|seerequesttail|coredumpdirectory|chrootdir|httpprotocoloptions|namevirtualhost|scoreboardfile|limitrequestfields|limitinternalrecursion|acceptfilter|receivebuffersize|sendbuffersize|readbuffersize|asyncrequestworkerfactor|flushmax\w+|watchdoginterval|mergetrailers|macroignore\w+|heartbeat\w+|rlimit\w+|ldap\w+|dbd\w+|redis\w+|memcache\w+|md[a-z]\w+|suexec\w*|unixd\w*|privilegesmode|identitycheck\w*|stricthostcheck|dump\w+|addmoduleinfo|stapling\w*)$/,
    server,
  ],
  [
    /^(?:documentroot|addtype|addhandler|forcetype|defaulttype|typesconfig|mimemagicfile|directory(?:index\w*|slash|checkhandler)|options|allowoverride|fileetag|enablesendfile|enablemmap|adddefaultcharset|index\w+|addicon\w*|addalt\w*|adddescription|defaulticon|fancyindexing|headername|readmename|languagepriority|forcelanguagepriority|addlanguage|defaultlanguage|addcharset|addencoding|addinputfilter|addoutputfilter\w*|set(?:input|output)filter|remove(?:charset|encoding|handler|inputfilter|language|outputfilter|type)|filter\w+|deflate\w*|brotli\w*|expires\w*|charset\w+|contentdigest|multiviewsmatch|modmimeusepathinfo|acceptpathinfo|check(?:spelling|caseonly|basenamematch)|cachenegotiateddocs|meta(?:dir|files|suffix)|ssi\w+|xbithack|imap\w+|substitute\w*|inputsed|outputsed|proxyhtml\w+|xml2\w+|extfilter\w+|buffersize|errordocument|qualifyredirecturl|redirectrelative|fallbackresource|userdir|action|script(?:log\w*|sock)?|cgi\w+|cgidscripttimeout|dav\w+)$/,
    files,
  ],
  [
    // Not their hooks that say who may pass, or answer before anybody is asked: `PerlAccessHandler`, `FcgidAuthorizer`.
    /^(?!(?:perl|python|ruby|fcgid|fastcgi)\w*(?:access|auth|trans|header|inithandler|fixup|postread|maptostorage|typehandler|loadmodule))(?:wsgi(?!accessscript|auth|script?alias|group)\w+|passenger\w*|rails\w*|rack\w*|php_(?:admin_)?(?:value|flag)|phpinidir|perl\w+|fcgid\w+|fastcgi\w*|python\w+|ruby\w*|jk(?:worker|log|shm|options)\w*)$/,
    program,
  ],
  [/^(?:wsgiscriptalias|scriptalias|alias)(?:match)?$|^aliaspreservepath$/, files],
  [
    /^(?:cache[a-z]\w+|usertrack|cookie(?:tracking|name|domain|expires|style|httponly|samesite|secure))$/,
    elsewhere,
  ],
  [
    /^(?:browsermatch\w*|passenv|unsetenv|setenv\w*|rewriteengine|rewriteoptions|rewritebase|rewritemap|proxy(?:requests|via|badheader|maxforwards|iobuffersize|receivebuffersize|sourceaddress|status|domain|remote\w*|100continue|websocketfallback\w*|ftp\w+|fcgi\w+|scgi\w+|hc\w+|set|errorlog)|noproxy|balancer(?:growth|persist|inherit)|allowconnect|servername)$/,
    server,
  ],
  [
    /^ssl(?:ca(?:certificate|dn|revocation)\w+|certificate\w+|cipher\w*|compression|crypto\w+|engine|fips|honor\w+|insecure\w+|ocsp\w+|openssl\w+|options|passphrase\w+|protocol|proxy(?!machine)\w+|random\w+|renegbuffersize|requiressl|session\w+|srp\w+|staplin?g?\w*|strictsni\w+|usestapling|username|verifydepth|vhostsni\w+|log\w*)$/,
    tls,
  ],
  [
    /^sslproxymachine/,
    missing('apps are not shown a certificate of a client: what stands between has to do it'),
  ],
  [
    /^auth(?:name|basic\w*|digest\w*|userfile|groupfile|dbd\w*|dbm\w*|ldap\w*|form\w*|ncache\w*|nz\w*|z\w*|n\w+|mellon\w*|cas\w*|kerb\w*|gss\w*)$|^(?:cas|krb5?|gssapi|mellon|shib\w*|session(?:crypto|cookie|env|max|dbd|header|include|exclude|expiry)?\w*|anonymous\w*)$/,
    missing('another kind of authentication is not converted'),
  ],
  [
    /^(?:sec(?!rule$|action$|ruleengine$)\w+|qs_\w+|dos\w+|evasive\w*|geoip\w+|maxmind\w+|limitxmlrequestbody|keptbodysize|security\w*|pagespeed\w*|mod\w+pagespeed|newrelic\w*|newrelic_\w+)$/,
    elsewhere,
  ],
]

/** What is said of a directive by its name, or by the family that it is of; null for what nobody knows. */
export function saidOf(key: string, words: readonly string[]): Said | null {
  const known = said.get(key)
  if (known !== undefined) return known
  if (/^setenv/.test(key) && words.some((word) => /^OIDC_/i.test(word))) {
    return missing('switches of mod_auth_openidc by variables have no counterpart')
  }
  // Where it is read (`access/certificates`) it is reported; anywhere else nobody knows what it asks.
  if (/^sslverifyclient$/.test(key)) return /^none$/i.test(words[0] ?? '') ? tls : null
  // The app was told somebody’s name by it, and is told none here.
  if (key === 'sslusername')
    return missing(
      'no header says what a certificate says: list `client_certificate`, and `user_id` of `client_certificates`',
    )
  if (key === 'ssloptions' && words.some((word) => /fakebasicauth/i.test(word)))
    return missing(
      'nobody is known by the name in a certificate: list `client_certificate` where it opens something',
    )
  if (key === 'secruleengine') return elsewhere
  if (key === 'accessfilename') return words.join(' ') === '.htaccess' ? server : null
  // What httpd answers by such a handler no app was asked for: see the refusals.
  if (key === 'sethandler') return /^proxy:/.test(words[0] ?? '') ? null : files
  return families.find(([names]) => names.test(key))?.[1] ?? null
}
