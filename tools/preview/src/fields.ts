import {
  type DataFrame, FieldConfigOptionsRegistry, type FieldConfigPropertyItem, type FieldConfigSource, FieldType,
  type GrafanaTheme2,
  type InterpolateFunction, applyFieldOverrides, cacheFieldDisplayNames, standardTransformers,
  standardTransformersRegistry, transformDataFrame,
} from '@grafana/data';
import { firstValueFrom } from 'rxjs';
import type { Panel } from './dashboard';

/** Make Grafana's own transformations known; the list holds some of them twice. */
export function knowTransformations(): void {
  const known = new Map(Object.values(standardTransformers).map((each) => [each.id as string, each]));
  standardTransformersRegistry.setInit(() =>
    [...known].map(([id, transformer]) => ({
      id,
      name: transformer.name,
      transformation: async () => transformer,
      editor: () => null,
      imageDark: '',
      imageLight: '',
    }))
  );
}

/** Bring answers to what a panel draws: merged, renamed, with unit, thresholds, mappings, colours and links. */
export async function prepared(
  panel: Panel, answers: DataFrame[], theme: GrafanaTheme2, replaceVariables: InterpolateFunction
): Promise<DataFrame[]> {
  const transformed = await firstValueFrom(transformDataFrame(panel.transformations ?? [], named(panel, answers)));
  const fieldConfig = unbounded(panel.fieldConfig);
  const fieldConfigRegistry = registry(fieldConfig);
  const data = applyFieldOverrides({
    data: transformed, fieldConfig, fieldConfigRegistry, replaceVariables, theme, timeZone: 'utc',
  });
  cacheFieldDisplayNames(data);
  return data;
}

/** Call a table's values by their query where there are several, as Grafana does. */
function named(panel: Panel, answers: DataFrame[]): DataFrame[] {
  if (panel.type !== 'table' || panel.targets.length < 2) {
    return answers;
  }
  return answers.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) => (field.name === 'Value' ? { ...field, name: `Value #${frame.refId}` } : field)),
  }));
}

/** JSON has no infinity, so the lowest step of thresholds is written as null. */
function unbounded(config: FieldConfigSource): FieldConfigSource {
  return JSON.parse(JSON.stringify(config), (_, value) => {
    if (Array.isArray(value?.steps)) {
      const steps = value.steps.map((step: { value: number | null }) => ({ ...step, value: step.value ?? -Infinity }));
      return { ...value, steps };
    }
    return value;
  });
}

/** Know the properties that a panel uses: plugins, which register them in Grafana, are in no package. */
function registry({ defaults, overrides }: FieldConfigSource): FieldConfigOptionsRegistry {
  const { custom, ...standard } = defaults;
  const ids = new Set([
    ...Object.keys(standard),
    ...Object.keys(custom ?? {}).map((name) => `custom.${name}`),
    ...overrides.flatMap(({ properties }) => properties.map(({ id }) => id)),
  ]);
  return new FieldConfigOptionsRegistry(() => [...ids].map(property));
}

function property(id: string): FieldConfigPropertyItem {
  return {
    id,
    path: id.replace(/^custom\./, ''),
    name: id,
    isCustom: id.startsWith('custom.'),
    editor: () => null,
    override: () => null,
    process: (value) => value,
    // A time axis has no label or limits of its own.
    shouldApply: ({ type }) => !(id.startsWith('custom.axis') && type === FieldType.time),
  };
}
