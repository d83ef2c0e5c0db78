import { physical, settings } from "./stage.ts";
import { alarmTopic } from "./topic.ts";

/**
 * The account's bill, this month: of all that runs in it, as AWS tells costs apart by tag only where
 * an administrator has turned that on.
 */
if (settings.monthlyBudgetUsd !== undefined) {
  const tell = (notificationType: "ACTUAL" | "FORECASTED", threshold: number) => ({
    notificationType,
    threshold,
    thresholdType: "PERCENTAGE",
    comparisonOperator: "GREATER_THAN",
    subscriberSnsTopicArns: [alarmTopic],
  });
  new aws.budgets.Budget("Budget", {
    name: physical("Budget"),
    budgetType: "COST",
    timeUnit: "MONTHLY",
    limitAmount: String(settings.monthlyBudgetUsd),
    limitUnit: "USD",
    notifications: [tell("ACTUAL", 80), tell("FORECASTED", 100)],
  });
}
