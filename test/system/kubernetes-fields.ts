// The fields of Kubernetes' objects that config/examples/kubernetes uses, by kind: there is no kubectl here, and a field
// with a wrong name would be dropped, or refused, by the cluster of whoever applies it.

/** A text, a number, a list of such, or a map with names of one's own. */
export const value: 'value' = 'value'

/** Nested; a list has one shape for all of its members. */
export type Fields = typeof value | { readonly [name: string]: Fields }

const metadata = { name: value, namespace: value, labels: value }
const selector = { matchLabels: value }
const probe = {
  httpGet: { path: value, port: value },
  periodSeconds: value,
  failureThreshold: value,
  timeoutSeconds: value,
}
const peer = {
  namespaceSelector: selector,
  podSelector: selector,
  ipBlock: { cidr: value, except: value },
}
const ports = { protocol: value, port: value }

const container = {
  name: value,
  image: value,
  ports: { name: value, containerPort: value },
  securityContext: {
    allowPrivilegeEscalation: value,
    readOnlyRootFilesystem: value,
    capabilities: { drop: value },
  },
  resources: { requests: { cpu: value, memory: value }, limits: { memory: value } },
  startupProbe: probe,
  readinessProbe: probe,
  livenessProbe: probe,
  lifecycle: { preStop: { exec: { command: value } } },
  volumeMounts: { name: value, mountPath: value, readOnly: value },
}

const pod = {
  automountServiceAccountToken: value,
  enableServiceLinks: value,
  terminationGracePeriodSeconds: value,
  securityContext: {
    runAsNonRoot: value,
    runAsUser: value,
    runAsGroup: value,
    fsGroup: value,
    seccompProfile: { type: value },
  },
  topologySpreadConstraints: {
    maxSkew: value,
    topologyKey: value,
    whenUnsatisfiable: value,
    labelSelector: selector,
  },
  containers: container,
  volumes: {
    name: value,
    configMap: { name: value },
    secret: { secretName: value, defaultMode: value },
    emptyDir: { medium: value, sizeLimit: value },
  },
}

/** By `apiVersion kind`. */
export const kinds: Readonly<Record<string, Fields>> = {
  'apps/v1 Deployment': {
    metadata,
    spec: {
      selector,
      strategy: { type: value, rollingUpdate: { maxSurge: value, maxUnavailable: value } },
      template: { metadata, spec: pod },
    },
  },
  'v1 Service': {
    metadata,
    spec: { selector: value, ports: { name: value, port: value, targetPort: value } },
  },
  'v1 Secret': { metadata, type: value, stringData: value },
  'policy/v1 PodDisruptionBudget': { metadata, spec: { maxUnavailable: value, selector } },
  'autoscaling/v2 HorizontalPodAutoscaler': {
    metadata,
    spec: {
      scaleTargetRef: { apiVersion: value, kind: value, name: value },
      minReplicas: value,
      maxReplicas: value,
      metrics: {
        type: value,
        resource: { name: value, target: { type: value, averageUtilization: value } },
      },
      behavior: { scaleDown: { stabilizationWindowSeconds: value } },
    },
  },
  'networking.k8s.io/v1 NetworkPolicy': {
    metadata,
    spec: {
      podSelector: selector,
      policyTypes: value,
      ingress: { from: peer, ports },
      egress: { to: peer, ports },
    },
  },
  'kustomize.config.k8s.io/v1beta1 Kustomization': {
    resources: value,
    configMapGenerator: { name: value, namespace: value, files: value },
    generatorOptions: { disableNameSuffixHash: value },
  },
}

/** The paths of fields that these do not name. */
export function unknownFields(object: unknown, fields: Fields, at: string): readonly string[] {
  if (fields === value) return []
  if (Array.isArray(object)) return object.flatMap((one) => unknownFields(one, fields, at))
  if (typeof object !== 'object' || object === null) return [`${at}: not a mapping`]
  return Object.entries(object).flatMap(([name, inner]) => {
    const known = fields[name]
    return known === undefined ? [`${at}.${name}`] : unknownFields(inner, known, `${at}.${name}`)
  })
}
