import type { DesiredService } from '../config/desired.ts'
import type { ObservedService } from '../platform/observed-state.ts'
import type { Change, PlanNote } from './plan.ts'

/** A change before its cause is known. */
export type AttachmentDifference = Omit<Change, 'cause' | 'service'>

/** Compares what hangs on a service: its volume, its domains, and whether pushes deploy it. */
export function compareAttachments(
  desired: DesiredService,
  observed: ObservedService | undefined,
  autoDeploy: boolean | undefined,
): { differences: AttachmentDifference[]; notes: PlanNote[] } {
  const volume = compareVolume(desired, observed)
  return {
    differences: [
      ...volume.differences,
      ...compareDomain(desired, observed),
      ...compareAutoDeploy(desired, autoDeploy),
    ],
    notes: volume.notes,
  }
}

function compareVolume(
  desired: DesiredService,
  observed: ObservedService | undefined,
): { differences: AttachmentDifference[]; notes: PlanNote[] } {
  const wanted = desired.volume
  if (wanted === undefined) return { differences: [], notes: [] }
  const found = observed?.volumes[0]
  if (found === undefined) {
    return {
      differences: [
        {
          action: 'create',
          setting: 'volume',
          after: `${megabytes(wanted.sizeMB)} at ${wanted.mountPath}`,
          severity: 'safe',
          effect: 'downtime',
          act: { kind: 'create-volume', mountPath: wanted.mountPath },
        },
      ],
      notes: [],
    }
  }
  const differences: AttachmentDifference[] = []
  const notes: PlanNote[] = []
  if (found.mountPath !== wanted.mountPath) {
    differences.push({
      action: 'update',
      setting: 'volume',
      before: found.mountPath,
      after: wanted.mountPath,
      severity: 'risky',
      effect: 'downtime',
      act: { kind: 'mount-volume', mountPath: wanted.mountPath },
    })
  }
  if (found.sizeMB < wanted.sizeMB) {
    differences.push({
      action: 'update',
      setting: 'volume-size',
      before: megabytes(found.sizeMB),
      after: megabytes(wanted.sizeMB),
      severity: 'safe',
      effect: 'none',
      act: { kind: 'resize-volume', sizeMB: wanted.sizeMB },
    })
  } else if (found.sizeMB > wanted.sizeMB) {
    notes.push({
      code: 'larger-volume',
      service: desired.name,
      message: `Its volume has ${megabytes(found.sizeMB)}, the config asks for at least ${megabytes(wanted.sizeMB)}.`,
    })
  }
  return { differences, notes }
}

function compareDomain(desired: DesiredService, observed: ObservedService | undefined): AttachmentDifference[] {
  const wanted = desired.domain
  if (wanted === undefined) return []
  const differences: AttachmentDifference[] = []
  if (!observed?.domains.some((domain) => domain.kind === 'generated')) {
    differences.push({
      action: 'create',
      setting: 'domain',
      after: `a generated one, to port ${wanted.targetPort}`,
      severity: 'safe',
      effect: 'none',
      act: { kind: 'create-domain', targetPort: wanted.targetPort },
    })
  }
  if (wanted.custom !== undefined && !observed?.domains.some((domain) => domain.domain === wanted.custom)) {
    differences.push({
      action: 'create',
      setting: 'domain',
      after: `${wanted.custom}, to port ${wanted.targetPort}`,
      severity: 'safe',
      effect: 'none',
      act: { kind: 'create-domain', targetPort: wanted.targetPort, custom: wanted.custom },
    })
  }
  for (const domain of observed?.domains ?? []) {
    const isOurs = domain.kind === 'generated' || domain.domain === wanted.custom
    if (!isOurs || domain.targetPort === wanted.targetPort) continue
    differences.push({
      action: 'update',
      setting: 'domain-port',
      ...(domain.targetPort === undefined ? {} : { before: `${domain.domain} to port ${domain.targetPort}` }),
      after: `${domain.domain} to port ${wanted.targetPort}`,
      severity: 'risky',
      effect: 'none',
      act: {
        kind: 'set-domain-port',
        domain: domain.domain,
        domainKind: domain.kind,
        targetPort: wanted.targetPort,
      },
    })
  }
  return differences
}

function compareAutoDeploy(desired: DesiredService, observed: boolean | undefined): AttachmentDifference[] {
  if (desired.autoDeploy === undefined || desired.autoDeploy === (observed ?? false)) return []
  return [
    {
      action: 'update',
      setting: 'auto-deploy',
      before: observed ? 'on' : 'off',
      after: desired.autoDeploy ? 'on' : 'off',
      severity: desired.autoDeploy ? 'risky' : 'safe',
      effect: 'none',
      act: { kind: 'set-auto-deploy', enabled: desired.autoDeploy },
    },
  ]
}

function megabytes(amount: number): string {
  return amount % 1024 === 0 ? `${amount / 1024} GB` : `${amount} MB`
}
