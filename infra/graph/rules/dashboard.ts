import { all, at, jsonAt, listAt, textAt } from "../read.ts";
import type { Rule } from "./rule.ts";

/** What AWS reports by itself, of what is drawn. A misspelt name is an empty graph. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  "AWS/SQS": [
    "ApproximateNumberOfMessagesVisible",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateAgeOfOldestMessage",
    "NumberOfMessagesSent",
  ],
  "AWS/Lambda": ["Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions"],
  "AWS/ECS": ["CPUUtilization", "MemoryUtilization"],
};

export const whatIsDrawnIsThere: Rule = (graph) =>
  all(graph, "cloudwatch/dashboard:Dashboard").flatMap(({ inputs }) => {
    const widgets = listAt(jsonAt(inputs, "dashboardBody"), "widgets");
    const places = widgets.flatMap((widget) => listAt(widget, "properties.metrics"));
    return places.flatMap((place) => {
      const [namespace, metric] = [textAt(place, "0"), textAt(place, "1")];
      const isMath = at(place, "0.expression") !== undefined;
      return isMath || KNOWN[namespace]?.includes(metric) ? [] : [`${namespace} ${metric}`];
    });
  });
