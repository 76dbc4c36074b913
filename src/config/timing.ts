import type { Duration, FakturinoConfig } from './fakturino-config.ts'
import { durationMs } from './quantities.ts'

/** Every wait and limit of an operation. Times are in milliseconds. */
export interface Timing {
  soak: {
    durationMs: number
    intervalMs: number
    /** The window before the change that samples are compared with. */
    baselineMs: number
    failureLimit: number
    consecutiveLimit: number
    minimumProbes: number
    minimumRequests: number
  }
  /** When HTTP traffic counts as bad: over both the percentage and so many times the baseline. */
  http: { serverErrorPercent: number; baselineFactor: number; slowProbeMs: number }
  /** More error entries than this within the window, and so many times the baseline. */
  errorBurst: { entries: number; windowMs: number; baselineFactor: number }
  /** So many good probes in a row, with a gap between them. */
  liveness: { successes: number; gapMs: number; probeTimeoutMs: number }
  /** How long a deployment is watched after the platform calls it a success, before it counts as live. */
  settleMs: number
  deploy: {
    queueMs: number
    buildMs: number
    preDeployMs: number
    /** On top of the service's own health check timeout. */
    healthMarginMs: number
    /** Instead of that timeout and the margin. */
    healthMs?: number
    verifyMs: number
  }
  /** The whole command: `--timeout`. */
  commandMs: number
  lease: { lifeMs: number; renewalMs: number; waitMs: number }
  polling: { firstMs: number; factor: number; longestMs: number }
  client: {
    connectMs: number
    readMs: number
    mutationMs: number
    readTries: number
    firstRetryMs: number
    longestRetryMs: number
    /** A longer wait that the platform asks for is not waited for. */
    rateLimitMs: number
  }
  /** A queue with jobs that does not shrink over the window, in so many samples, has no consumer. */
  stalledQueue: { windowMs: number; samples: number }
  evidenceMaxAgeMs: number
  freshBackupMs: number
  /** A project younger than this, made under our name, was made by a run of ours that lost its answer. */
  adoptableProjectMs: number
  /** A plan that touches more existing services than this is refused. */
  touchedServices: number
}

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** What holds on Railway unless the config says otherwise. */
export const defaultTiming: Timing = {
  soak: {
    durationMs: 30 * minute,
    intervalMs: 30 * second,
    baselineMs: 5 * minute,
    failureLimit: 5,
    consecutiveLimit: 3,
    minimumProbes: 10,
    minimumRequests: 50,
  },
  http: { serverErrorPercent: 2, baselineFactor: 2, slowProbeMs: second },
  errorBurst: { entries: 10, windowMs: 5 * minute, baselineFactor: 2 },
  liveness: { successes: 3, gapMs: 2 * second, probeTimeoutMs: 10 * second },
  settleMs: 60 * second,
  deploy: {
    queueMs: 15 * minute,
    buildMs: 20 * minute,
    preDeployMs: 10 * minute,
    healthMarginMs: 60 * second,
    verifyMs: 3 * minute,
  },
  commandMs: 45 * minute,
  lease: { lifeMs: 120 * second, renewalMs: 40 * second, waitMs: 10 * minute },
  polling: { firstMs: 2 * second, factor: 1.5, longestMs: 10 * second },
  client: {
    connectMs: 10 * second,
    readMs: 30 * second,
    mutationMs: 90 * second,
    readTries: 4,
    firstRetryMs: second / 2,
    longestRetryMs: 8 * second,
    rateLimitMs: 60 * second,
  },
  stalledQueue: { windowMs: 5 * minute, samples: 3 },
  evidenceMaxAgeMs: 7 * day,
  freshBackupMs: hour,
  adoptableProjectMs: hour,
  touchedServices: 4,
}

/** What holds on a rehearsal platform, where everything is faster. The config's own timings are for Railway and do not apply. */
export const rehearsalTiming: Timing = {
  ...defaultTiming,
  soak: {
    durationMs: 20 * second,
    intervalMs: second,
    baselineMs: 5 * second,
    failureLimit: 3,
    consecutiveLimit: 2,
    minimumProbes: 5,
    minimumRequests: 10,
  },
  errorBurst: { entries: 10, windowMs: 5 * second, baselineFactor: 2 },
  liveness: { successes: 3, gapMs: 200, probeTimeoutMs: 2 * second },
  settleMs: 3 * second,
  deploy: {
    queueMs: 30 * second,
    buildMs: 30 * second,
    preDeployMs: 30 * second,
    healthMarginMs: 0,
    healthMs: 30 * second,
    verifyMs: 30 * second,
  },
  commandMs: 5 * minute,
  lease: { ...defaultTiming.lease, waitMs: 30 * second },
  polling: { firstMs: 250, factor: 1.5, longestMs: second },
  stalledQueue: { windowMs: 5 * second, samples: 3 },
  evidenceMaxAgeMs: hour,
}

/** The timings of a config: its `timing` and `soak` over the defaults. */
export function timingOf({ timing = {}, soak = {} }: Pick<FakturinoConfig, 'timing' | 'soak'>): Timing {
  const { deploy, liveness, lease } = defaultTiming
  return {
    ...defaultTiming,
    soak: {
      durationMs: ms(soak.duration, defaultTiming.soak.durationMs),
      intervalMs: ms(soak.interval, defaultTiming.soak.intervalMs),
      baselineMs: ms(soak.baseline, defaultTiming.soak.baselineMs),
      failureLimit: soak.failureLimit ?? defaultTiming.soak.failureLimit,
      consecutiveLimit: soak.consecutiveLimit ?? defaultTiming.soak.consecutiveLimit,
      minimumProbes: soak.minimumProbes ?? defaultTiming.soak.minimumProbes,
      minimumRequests: soak.minimumRequests ?? defaultTiming.soak.minimumRequests,
    },
    liveness: { ...liveness, probeTimeoutMs: ms(timing.probe, liveness.probeTimeoutMs) },
    settleMs: ms(timing.settle, defaultTiming.settleMs),
    deploy: {
      queueMs: ms(timing.queue, deploy.queueMs),
      buildMs: ms(timing.build, deploy.buildMs),
      preDeployMs: ms(timing.preDeploy, deploy.preDeployMs),
      healthMarginMs: ms(timing.healthMargin, deploy.healthMarginMs),
      verifyMs: ms(timing.verify, deploy.verifyMs),
    },
    commandMs: ms(timing.command, defaultTiming.commandMs),
    lease: { ...lease, waitMs: ms(timing.leaseWait, lease.waitMs) },
    evidenceMaxAgeMs: ms(timing.evidenceMaxAge, defaultTiming.evidenceMaxAgeMs),
    freshBackupMs: ms(timing.freshBackup, defaultTiming.freshBackupMs),
  }
}

/** How long a service may take to pass its health check. */
export function healthTimeoutMs({ deploy }: Timing, healthcheckTimeoutSeconds: number): number {
  return deploy.healthMs ?? healthcheckTimeoutSeconds * second + deploy.healthMarginMs
}

function ms(duration: Duration | undefined, otherwise: number): number {
  return duration === undefined ? otherwise : durationMs(duration)
}
