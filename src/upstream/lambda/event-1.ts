import { authorizerMember } from '../../core/authorizer.ts'
import { domainPrefix, type FunctionRequest, logFormatTime } from './function-request.ts'
import { asObject, canonicalCase, valuesByName } from './header-lines.ts'
import { queryParameters } from './query.ts'

/**
 * The event of format 1.0, as REST APIs and HTTP APIs send it for a route that takes every path.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
export function eventOfFormat1(request: FunctionRequest): object {
  const { method, path, body } = request
  const headers = valuesByName(request.lines.map(([name, value]) => [canonicalCase(name), value]))
  const query = valuesByName(queryParameters(request.query))
  return {
    version: '1.0',
    resource: anyPath,
    path,
    httpMethod: method,
    headers: asObject(headers, last),
    multiValueHeaders: asObject(headers, (values) => values),
    queryStringParameters: query.size === 0 ? null : asObject(query, last),
    multiValueQueryStringParameters: query.size === 0 ? null : asObject(query, (values) => values),
    requestContext: requestContext(request),
    pathParameters: { proxy: path.slice(1) },
    stageVariables: null,
    body: body?.text ?? null,
    isBase64Encoded: body?.isBase64 ?? false,
  }
}

const anyPath = '/{proxy+}'

function requestContext(request: FunctionRequest): object {
  const { app, method, path, domainName, accountId, sourceIp, userAgent, requestId, nowMs, authorizer } =
    request
  return {
    accountId,
    apiId: app,
    // Adapters that exist fail at a null here, and take an absent one for nobody.
    ...(authorizer === null ? {} : { authorizer: authorizerMember('1.0', authorizer) }),
    domainName,
    domainPrefix: domainPrefix(domainName),
    extendedRequestId: requestId,
    httpMethod: method,
    identity: { sourceIp, userAgent },
    path,
    protocol: 'HTTP/1.1',
    requestId,
    requestTime: logFormatTime(nowMs),
    requestTimeEpoch: nowMs,
    resourceId: null,
    resourcePath: anyPath,
    stage: '$default',
  }
}

/** Of several values of one name the single-valued fields have the last. */
function last(values: readonly string[]): string {
  return values.at(-1) ?? ''
}
