import type { Told } from "./alarm.ts";
import { physical } from "./context.ts";

/**
 * The account's bill, this month: of all that runs in it, as AWS tells costs apart by tag only where
 * an administrator has turned that on.
 */
export function budget({ fleet, alarmTopic }: Told): void {
  const { monthlyBudgetUsd } = fleet.settings;
  if (monthlyBudgetUsd === undefined) return;
  const tell = (notificationType: "ACTUAL" | "FORECASTED", threshold: number) => ({
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
      notifications: [tell("ACTUAL", 80), tell("FORECASTED", 100)],
    },
    fleet.within,
  );
}
