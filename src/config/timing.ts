import type { Duration, FakturinoConfig } from './fakturino-config.ts'
import { durationMs } from './quantities.ts'

/** Every wait and limit of an operation. Times are in milliseconds. */
export interface Timing {
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
  /** A whole `deploy` or `init`; `--timeout` counts instead where it is given. */
  commandMs: number
  /** `followedMs`: the wait between looks while the platform tells by itself when something happens. */
  polling: { firstMs: number; factor: number; longestMs: number; followedMs: number }
  /** What `check` waits for, and how far it looks back. */
  check: {
    /** Between two looks of `--watch`, where no health check of the config says how often. */
    intervalMs: number
    /** Instead of what the checks of the config say. */
    probeTimeoutMs?: number
    /** In which so many errors are a burst; what was before it is compared. */
    errorBurstMs: number
    /** Over which failing requests are counted, and as long before it to compare. */
    requestsMs: number
    /** A scheduler looks every minute what is due. */
    schedulerSilentMs: number
    /** Jobs that wait so long without getting fewer are worked on by nobody. */
    queueNotConsumedMs: number
  }
  backup: {
    /** A backup is as good as a new one until it is so old. */
    freshMs: number
    /** How long one may take to be made. */
    madeMs: number
  }
  /** How a change of flags is watched before it counts as good. */
  soak: SoakLimits
  /** How long evidence from the environment that is tried first is good for. */
  evidenceMs: number
  /** One operator at a time in an environment. */
  lease: {
    /** How long a lease counts after it was last renewed, by the platform's clock. */
    lifeMs: number
    renewMs: number
    /** How long a command waits for the lease of another. */
    waitMs: number
    /** Between writing the lease and reading it back: whoever wrote at the same moment shows by then. */
    settleMs: number
  }
}

/** How long and how strictly a change of flags is watched. Times are in milliseconds. */
export interface SoakLimits {
  durationMs: number
  intervalMs: number
  /** So many bad samples of one check fail it, */
  failureLimit: number
  /** and so many one after the other. */
  consecutiveLimit: number
  /** With fewer samples than these nothing is judged, */
  minimumProbes: number
  /** and with fewer requests nothing is judged by their share. */
  minimumRequests: number
  /** What is looked at before the change, to compare. */
  baselineMs: number
}

const second = 1000
const minute = 60 * second

/** What holds on Railway unless the config says otherwise. */
export const defaultTiming: Timing = {
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
  polling: { firstMs: 2 * second, factor: 1.5, longestMs: 10 * second, followedMs: 15 * second },
  check: {
    intervalMs: 30 * second,
    errorBurstMs: 5 * minute,
    requestsMs: 5 * minute,
    schedulerSilentMs: 2 * minute,
    queueNotConsumedMs: 5 * minute,
  },
  backup: { freshMs: 60 * minute, madeMs: 10 * minute },
  soak: {
    durationMs: 30 * minute,
    intervalMs: 30 * second,
    failureLimit: 5,
    consecutiveLimit: 3,
    minimumProbes: 10,
    minimumRequests: 50,
    baselineMs: 5 * minute,
  },
  evidenceMs: 7 * 24 * 60 * minute,
  lease: { lifeMs: 120 * second, renewMs: 40 * second, waitMs: 10 * minute, settleMs: second },
}

/** What holds on a rehearsal platform, where everything is faster. The config's own timings are for Railway and do not apply. */
export const rehearsalTiming: Timing = {
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
  polling: { firstMs: 250, factor: 1.5, longestMs: second, followedMs: 3 * second },
  check: {
    intervalMs: second,
    probeTimeoutMs: 2 * second,
    errorBurstMs: 5 * second,
    requestsMs: 5 * second,
    schedulerSilentMs: 2 * minute,
    queueNotConsumedMs: 5 * second,
  },
  backup: { freshMs: 60 * minute, madeMs: 30 * second },
  soak: {
    durationMs: 20 * second,
    intervalMs: second,
    failureLimit: 3,
    consecutiveLimit: 2,
    minimumProbes: 5,
    minimumRequests: 10,
    baselineMs: 5 * second,
  },
  evidenceMs: 60 * minute,
  lease: { lifeMs: 120 * second, renewMs: 40 * second, waitMs: 30 * second, settleMs: 100 },
}

/** The timings of a config: its `timing` and `soak` over the defaults. */
export function timingOf({ timing = {}, soak = {} }: Pick<FakturinoConfig, 'timing' | 'soak'>): Timing {
  const { deploy, liveness } = defaultTiming
  return {
    ...defaultTiming,
    liveness: { ...liveness, probeTimeoutMs: ms(timing.probe, liveness.probeTimeoutMs) },
    settleMs: ms(timing.settle, defaultTiming.settleMs),
    deploy: {
      queueMs: ms(timing.queue, deploy.queueMs),
      buildMs: ms(timing.build, deploy.buildMs),
      preDeployMs: ms(timing.preDeploy, deploy.preDeployMs),
      healthMarginMs: ms(timing.healthMargin, deploy.healthMarginMs),
      verifyMs: ms(timing.verify, deploy.verifyMs),
    },
    soak: soakOf(soak),
    evidenceMs: ms(soak.evidence, defaultTiming.evidenceMs),
    commandMs: ms(timing.command, defaultTiming.commandMs),
  }
}

/** How long a service may take to pass its health check. */
export function healthTimeoutMs({ deploy }: Timing, healthcheckTimeoutSeconds: number): number {
  return deploy.healthMs ?? healthcheckTimeoutSeconds * second + deploy.healthMarginMs
}

function ms(duration: Duration | undefined, otherwise: number): number {
  return duration === undefined ? otherwise : durationMs(duration)
}

function soakOf(soak: NonNullable<FakturinoConfig['soak']>): SoakLimits {
  const { durationMs, intervalMs, baselineMs, ...limits } = defaultTiming.soak
  const { duration, interval, baseline, evidence: _evidence, ...asked } = soak
  return {
    ...limits,
    ...asked,
    durationMs: ms(duration, durationMs),
    intervalMs: ms(interval, intervalMs),
    baselineMs: ms(baseline, baselineMs),
  }
}
