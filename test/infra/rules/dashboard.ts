import { all, at, jsonAt, listAt, textAt } from "../read.ts";
import { isReported } from "./reported.ts";
import type { Rule } from "./rule.ts";

export const everyGraphHasAnExistingMetric: Rule = (graph) =>
  all(graph, "cloudwatch/dashboard:Dashboard").flatMap(({ inputs }) => {
    const widgets = listAt(jsonAt(inputs, "dashboardBody"), "widgets");
    const places = widgets.flatMap((widget) => listAt(widget, "properties.metrics"));
    return places.flatMap((place) => {
      const [namespace, metric] = [textAt(place, "0"), textAt(place, "1")];
      const isMath = at(place, "0.expression") !== undefined;
      return isMath || isReported(namespace, metric) ? [] : [`${namespace} ${metric}`];
    });
  });
