/** Simulates whole clusters: `simulate(drawPlan(seed))`. */
export { drawPlan } from './plan/draw-plan.ts';
export type { PlanLimits } from './plan/draw-plan.ts';
export type { Fault, Plan } from './plan/plan.ts';
export { simulate } from './run/simulate.ts';
export type { SimOptions, SimResult } from './run/simulate.ts';
