export {
  atQuality,
  atScore,
  type Curve,
  millionUsd,
  type Point,
  pointOf,
  type Sample,
} from "./curve.ts";
