import { type DataFrame, FieldType, type TimeRange, rangeUtil } from '@grafana/data';
import type { Target } from './dashboard';

interface Matrix {
  metric: Record<string, string>;
  values: Array<[number, string]>;
}

interface Instant {
  metric: Record<string, string>;
  value: [number, string];
}

async function ask<Result>(call: string, query: Record<string, string>): Promise<Result> {
  const response = await fetch(`/api/v1/${call}?${new URLSearchParams(query)}`);
  const said = await response.json();
  if (said.status !== 'success') {
    throw new Error(`${said.errorType}: ${said.error}`);
  }
  return said.data;
}

/** Ask for the values that a label has among the selected series in the time range. */
export async function labelValues(selector: string, label: string, range: TimeRange): Promise<string[]> {
  const during = { start: String(range.from.unix()), end: String(range.to.unix()) };
  return ask<string[]>(`label/${label}/values`, { 'match[]': selector, ...during });
}

/** Ask a query over the range, one frame for each series, or for its end, one table. */
export async function frames(target: Target, query: string, range: TimeRange, width: number): Promise<DataFrame[]> {
  const { interval, intervalMs } = rangeUtil.calculateInterval(range, width, target.interval);
  // Grafana's rule for a target with a minimum step, which stands for the scrape interval there.
  const least = rangeUtil.intervalToMs(target.interval);
  const window = Math.max(intervalMs + least, 4 * least);
  const expression = query.replaceAll('$__rate_interval', `${window / 1000}s`).replaceAll('$__interval', interval);
  if (target.instant) {
    const { result } = await ask<{ result: Instant[] }>('query', { query: expression, time: String(range.to.unix()) });
    return result.length ? [table(target, result)] : [];
  }
  const step = intervalMs / 1000;
  const [start, end] = [range.from, range.to].map((moment) => String(Math.floor(moment.unix() / step) * step));
  const asked = { query: expression, start: start!, end: end!, step: String(step) };
  const { result } = await ask<{ result: Matrix[] }>('query_range', asked);
  return result.map((series) => line(target, series, intervalMs));
}

function line(target: Target, { metric, values }: Matrix, interval: number): DataFrame {
  const legend = target.legendFormat.replace(/{{(\w+)}}/g, (_, label: string) => metric[label] ?? '');
  return {
    refId: target.refId,
    name: legend,
    length: values.length,
    fields: [
      // The interval lets the lines break where a point is missing.
      { name: 'Time', type: FieldType.time, config: { interval }, values: values.map(([time]) => time * 1000) },
      {
        name: 'Value',
        type: FieldType.number,
        labels: metric,
        config: { displayNameFromDS: legend },
        values: values.map(([, value]) => Number(value)),
      },
    ],
  };
}

function table(target: Target, rows: Instant[]): DataFrame {
  const labels = [...new Set(rows.flatMap(({ metric }) => Object.keys(metric)))].sort();
  const named = (label: string) => ({
    name: label,
    type: FieldType.string,
    config: {},
    values: rows.map(({ metric }) => metric[label] ?? ''),
  });
  return {
    refId: target.refId,
    length: rows.length,
    fields: [
      { name: 'Time', type: FieldType.time, config: {}, values: rows.map(({ value }) => value[0] * 1000) },
      ...labels.map(named),
      { name: 'Value', type: FieldType.number, config: {}, values: rows.map(({ value }) => Number(value[1])) },
    ],
  };
}
