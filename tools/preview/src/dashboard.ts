import type { DataTransformerConfig, FieldConfigSource } from '@grafana/data';

/** What is drawn of a dashboard's JSON; the rest of it is for Grafana's editor and menus. */
export interface Dashboard {
  uid: string;
  title: string;
  panels: Panel[];
  templating: { list: Variable[] };
}

export interface Variable {
  name: string;
  label: string;
  type: 'query' | 'datasource';
  query: string;
  includeAll: boolean;
  allValue?: string;
  sort: number;
}

export interface Target {
  refId: string;
  expr: string;
  legendFormat: string;
  instant: boolean;
  interval: string;
}

export interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  fieldConfig: FieldConfigSource;
  /** What an option means, the panel's type knows. */
  options: Record<string, any>;
  targets: Target[];
  transformations?: DataTransformerConfig[];
}
