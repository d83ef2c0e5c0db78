import type { AlarmScope } from "./alarm.ts";
import { physical } from "./context.ts";

/**
 * A budget of the whole account's monthly bill. AWS separates costs by tag only where an administrator
 * has activated cost allocation tags.
 */
export function budget({ fleet, alarmTopic }: AlarmScope): void {
  const { monthlyBudgetUsd } = fleet.settings;
  if (monthlyBudgetUsd === undefined) return;
  const notify = (notificationType: "ACTUAL" | "FORECASTED", threshold: number) => ({
    notificationType,
    threshold,
    thresholdType: "PERCENTAGE",
    comparisonOperator: "GREATER_THAN",
    subscriberSnsTopicArns: [alarmTopic],
  });
  new aws.budgets.Budget(
    `${fleet.name}Budget`,
    {
      name: physical(fleet, "Budget"),
      budgetType: "COST",
      timeUnit: "MONTHLY",
      limitAmount: String(monthlyBudgetUsd),
      limitUnit: "USD",
      notifications: [notify("ACTUAL", 80), notify("FORECASTED", 100)],
    },
    fleet.within,
  );
}
