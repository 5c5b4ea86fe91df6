import { type ScopedVars, type TimeRange, getFieldDisplayName } from '@grafana/data';
import type { Dashboard, Variable } from './dashboard';
import { labelValues } from './prometheus';

/** Chosen values by name; ALL where every value is meant. */
export type Chosen = Record<string, string>;

export const ALL = '$__all';
const DATASOURCE = 'Prometheus';
const REFERENCE = /\$(\w+)|\$\{([\w.]+)(?::(\w+))?\}/g;
// Prometheus reads `\` in a string once and RE2 reads it again.
const IN_REGEX = /[\\^$.*+?()[\]{}|]/g;

/** Choose a value for each variable as Grafana does: the address's, else all, else the first there is. */
export async function choose(dashboard: Dashboard, asked: URLSearchParams, range: TimeRange): Promise<Chosen> {
  const chosen: Chosen = {};
  for (const variable of dashboard.templating.list) {
    const wanted = asked.get(`var-${variable.name}`);
    if (variable.type === 'datasource') {
      chosen[variable.name] = DATASOURCE;
    } else if (wanted !== null) {
      chosen[variable.name] = wanted;
    } else if (variable.includeAll) {
      chosen[variable.name] = ALL;
    } else {
      chosen[variable.name] = (await offered(variable, dashboard.templating.list, chosen, range))[0] ?? '';
    }
  }
  return chosen;
}

/** Ask for the values that a variable offers, sorted. */
async function offered(variable: Variable, all: Variable[], chosen: Chosen, range: TimeRange): Promise<string[]> {
  const parts = /^label_values\((.+), (\w+)\)$/.exec(variable.query);
  if (!parts?.[1] || !parts[2]) {
    throw new Error(`${variable.name} asks ${variable.query}; expected label_values(selector, label)`);
  }
  return (await labelValues(inQuery(parts[1], all, chosen), parts[2], range)).sort();
}

/** Put the chosen values into a query, escaped as Grafana's Prometheus data source escapes them. */
export function inQuery(query: string, variables: Variable[], chosen: Chosen): string {
  return query.replace(/\$(\w+)/g, (reference, name: string) => {
    const variable = variables.find((each) => each.name === name);
    const value = chosen[name];
    if (variable === undefined || value === undefined) {
      return reference;
    }
    if (value === ALL) {
      return variable.allValue ?? '.+';
    }
    return variable.includeAll ? value.replace(IN_REGEX, '\\\\$&') : value.replace(/[\\"]/g, '\\$&');
  });
}

/** Put chosen values, the time range and a row's fields into a link. */
export function inLink(link: string, chosen: Chosen, range: TimeRange, row?: ScopedVars): string {
  return link.replace(REFERENCE, (reference, plain: string, braced: string, format: string) => {
    const name = plain ?? braced;
    if (name === '__url_time_range') {
      return `from=${range.from.valueOf()}&to=${range.to.valueOf()}`;
    }
    if (name.startsWith('__data.fields.')) {
      return encodeURIComponent(inRow(name.slice('__data.fields.'.length), row));
    }
    const value = chosen[name];
    if (value === undefined) {
      return reference;
    }
    return format === 'queryparam' ? `var-${name}=${encodeURIComponent(value)}` : encodeURIComponent(value);
  });
}

function inRow(title: string, row?: ScopedVars): string {
  const { frame, rowIndex } = row?.__dataContext?.value ?? {};
  const field = frame?.fields.find((each) => getFieldDisplayName(each, frame) === title);
  return String(field?.values[rowIndex ?? 0] ?? '');
}
