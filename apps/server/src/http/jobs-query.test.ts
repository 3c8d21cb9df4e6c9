import { describe, expect, it } from 'vitest';
import { listQuery } from './jobs-query.ts';

describe('query of the job list', () => {
  it('reads sort, order, filters and slice', () => {
    const query = {
      _sort: 'next',
      _order: 'DESC',
      _start: '5',
      _end: '9',
      status: 'untriggered',
      disabled: 'true',
      q: 'a',
    };
    expect(listQuery({ ...query, 'metadata[team]': 'x' })).toEqual({
      sort: 'next',
      order: 'desc',
      start: 5,
      end: 9,
      q: 'a',
      status: '',
      disabled: true,
      metadata: { team: 'x' },
    });
  });

  it('matches nothing for values that no job has', () => {
    expect(listQuery({ disabled: 'yes' })).toBeUndefined();
  });

  it('takes any status: a create may bring one', () => {
    expect(listQuery({ status: 'odd value' })?.status).toBe('odd value');
    expect(listQuery({ status: '' })?.status).toBeUndefined();
  });

  it('G-A3: names the allowed sort keys', () => {
    expect(() => listQuery({ _sort: 'started_at' })).toThrow(/_sort: started_at .*allowed: id, name, /);
    expect(listQuery({ _sort: '' })?.sort).toBe('name');
  });
});
