/** App Auto Scaling takes no more steps than this in one policy. */
const MAX_STEPS = 20;

export interface Step {
  /** Of messages above the alarm's threshold of one. */
  readonly metricIntervalLowerBound: string;
  readonly metricIntervalUpperBound?: string;
  /** Tasks. */
  readonly scalingAdjustment: number;
}

/**
 * How many tasks a backlog gets: one for every `perTask` messages begun, up to `tasks`. Where that
 * takes too many steps, they are made coarser, upwards.
 */
export function backlogSteps(perTask: number, tasks: number): Step[] {
  const stride = Math.ceil(tasks / MAX_STEPS);
  const count = Math.ceil(tasks / stride);
  return Array.from({ length: count }, (_, step) => ({
    metricIntervalLowerBound: String(step * stride * perTask),
    ...(step < count - 1 && { metricIntervalUpperBound: String((step + 1) * stride * perTask) }),
    scalingAdjustment: Math.min(tasks, (step + 1) * stride),
  }));
}
