/** The most steps of one policy in Application Auto Scaling. */
const MAX_STEPS = 20;

export interface Step {
  /** Messages above the alarm's threshold of 1. */
  readonly metricIntervalLowerBound: string;
  readonly metricIntervalUpperBound?: string;
  /** Tasks. */
  readonly scalingAdjustment: number;
}

/**
 * The number of tasks for a backlog: one for every started `perTask` messages, up to `tasks`. Where that
 * needs too many steps, the steps become coarser, rounded up.
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
