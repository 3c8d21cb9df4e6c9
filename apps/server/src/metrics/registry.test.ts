import { describe, expect, it } from 'vitest';
import { MetricsRegistry } from './registry.ts';

describe('MetricsRegistry', () => {
  it('renders counters, gauges, histograms and summaries, sorted by name', () => {
    const registry = new MetricsRegistry();
    const ticks = registry.counter('t_total', 'Ticks');
    ticks.add(2, { reason: 'forbid', decision: 'skipped' });
    ticks.add(1, { decision: 'skipped', reason: 'forbid' });
    registry.counter('t_total', 'Ticks').add(4);
    registry.gauge('g', 'A\nB').set(-1.5, { name: 'a"b\\c\nd' });
    const lag = registry.histogram('h_seconds', 'Lag', [0.1, 1]);
    for (const value of [0.05, 0.1, 2]) lag.observe(value);
    registry.summary('s', 'S').observe(3);
    registry.collect(() => registry.gauge('late', 'Late').set(7));
    expect(registry.render().split('\n')).toEqual([
      String.raw`# HELP g A\nB`,
      '# TYPE g gauge',
      String.raw`g{name="a\"b\\c\nd"} -1.5`,
      '# HELP h_seconds Lag',
      '# TYPE h_seconds histogram',
      'h_seconds_bucket{le="0.1"} 2',
      'h_seconds_bucket{le="1"} 2',
      'h_seconds_bucket{le="+Inf"} 3',
      'h_seconds_sum 2.15',
      'h_seconds_count 3',
      '# HELP late Late',
      '# TYPE late gauge',
      'late 7',
      '# HELP s S',
      '# TYPE s summary',
      's_sum 3',
      's_count 1',
      '# HELP t_total Ticks',
      '# TYPE t_total counter',
      't_total{decision="skipped",reason="forbid"} 3',
      't_total 4',
      '',
    ]);
  });

  it('is bounded: label values beyond the limit are counted, not kept', () => {
    const registry = new MetricsRegistry();
    const jobs = registry.counter('jobs_total', 'Jobs');
    for (let i = 0; i <= 100_001; i++) jobs.add(1, { job_name: String(i) });
    const text = registry.render();
    expect(text.match(/^jobs_total\{/gm)).toHaveLength(100_000);
    expect(text).toContain('dkron_metrics_series_refused_total 2\n');
  });
});
