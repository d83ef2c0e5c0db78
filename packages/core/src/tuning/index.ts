export {
  atQuality,
  atScore,
  type Curve,
  mean,
  millionCost,
  millionUsd,
  type Point,
  pointOf,
  type Sample,
} from "./curve.ts";
