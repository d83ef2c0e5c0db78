export {
  atQuality,
  atScore,
  type Curve,
  mean,
  millionUsd,
  type Point,
  pointOf,
  type Sample,
} from "./curve.ts";
