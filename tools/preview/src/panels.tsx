import {
  type DataFrame, type DisplayValueAlignmentFactors, type FieldDisplay, type TimeRange, VizOrientation,
  getDisplayValueAlignmentFactors, getFieldDisplayValues,
} from '@grafana/data';
import { BigValue, BigValueTextMode, TimeSeries, VizRepeater, type VizRepeaterRenderValueProps, useTheme2 } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import type { ComponentType } from 'react';
import type { Panel } from './dashboard';
import { States } from './states';

export interface Drawn {
  panel: Panel;
  frames: DataFrame[];
  range: TimeRange;
  width: number;
  height: number;
}

/** Each type of panel with the component of Grafana's that draws it; a type that is not here cannot be drawn. */
export const PANELS: Record<string, ComponentType<Drawn>> = {
  stat: Stat,
  'state-timeline': States,
  table: ({ panel, frames, range, width, height }) => (
    <TableNG
      data={frames[0]!}
      width={width}
      height={height}
      sortBy={panel.options.sortBy}
      fieldConfig={panel.fieldConfig}
      timeRange={range}
      enableVirtualization={false}
    />
  ),
  timeseries: ({ panel, frames, range, width, height }) => (
    <TimeSeries
      frames={frames}
      width={width}
      height={height}
      timeRange={range}
      timeZone="utc"
      legend={panel.options.legend}
      options={panel.options}
    />
  ),
};

function Stat({ panel, frames, range, width, height }: Drawn) {
  const theme = useTheme2();
  const { reduceOptions, colorMode, graphMode, justifyMode, textMode, orientation } = panel.options;
  const values = () =>
    getFieldDisplayValues({
      data: frames,
      fieldConfig: panel.fieldConfig,
      reduceOptions,
      replaceVariables: (text) => text,
      sparkline: graphMode !== 'none',
      theme,
      timeZone: 'utc',
    });
  const one = (shown: VizRepeaterRenderValueProps<FieldDisplay, DisplayValueAlignmentFactors>) => (
    <BigValue
      theme={theme}
      value={shown.value.display}
      sparkline={shown.value.sparkline && { ...shown.value.sparkline, timeRange: range }}
      alignmentFactors={shown.alignmentFactors}
      count={shown.count}
      width={shown.width}
      height={shown.height}
      colorMode={colorMode}
      graphMode={graphMode}
      justifyMode={justifyMode}
      textMode={textMode ?? BigValueTextMode.Auto}
    />
  );
  return (
    <VizRepeater
      source={frames}
      getValues={values}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={one}
      renderCounter={0}
      width={width}
      height={height}
      orientation={orientation ?? VizOrientation.Auto}
      autoGrid
      itemSpacing={3}
    />
  );
}
