import { type DataFrame, EventBusSrv, type InterpolateFunction, type TimeRange, dateTimeFormat } from '@grafana/data';
import { PanelChrome, PanelContextProvider, useTheme2 } from '@grafana/ui';
import { Component, type ReactNode, useEffect, useState } from 'react';
import type { Dashboard, Panel } from './dashboard';
import { prepared } from './fields';
import { PANELS } from './panels';
import { frames } from './prometheus';
import { ALL, type Chosen, inLink, inQuery } from './variables';

const COLUMNS = 24;
const ROW_HEIGHT = 38;
const SPACING = 8;
const BUS = new EventBusSrv();

interface Shown {
  dashboard: Dashboard;
  chosen: Chosen;
  range: TimeRange;
}

/** A dashboard as Grafana lays it out: its chosen values, and each panel at its place in the grid. */
export function Page({ width, ...shown }: Shown & { width: number }) {
  const { dashboard, chosen, range } = shown;
  const theme = useTheme2();
  const column = width / COLUMNS;
  const bottom = Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  const time = (moment: TimeRange['from']) => dateTimeFormat(moment, { format: 'HH:mm', timeZone: 'utc' });
  const box = { border: `1px solid ${theme.colors.border.medium}`, borderRadius: 2, padding: '4px 8px' };
  return (
    <main style={{ padding: SPACING, width: width + 2 * SPACING }}>
      <header style={{ display: 'flex', gap: SPACING, alignItems: 'center', minHeight: 40, paddingBottom: SPACING }}>
        <h1 style={{ ...theme.typography.h4, margin: 0, marginRight: SPACING }}>{dashboard.title}</h1>
        {dashboard.templating.list.map(({ name, label }) => (
          <span key={name} style={box} data-variable={name}>
            <span style={{ color: theme.colors.text.secondary }}>{label}</span> {chosen[name] === ALL ? 'All' : chosen[name]}
          </span>
        ))}
        <span style={{ ...box, marginLeft: 'auto' }}>{`${time(range.from)} to ${time(range.to)} UTC`}</span>
      </header>
      <div style={{ position: 'relative', height: bottom * ROW_HEIGHT }}>
        {dashboard.panels.map((panel) => {
          const { x, y, w, h } = panel.gridPos;
          const size = { width: w * column - SPACING, height: h * ROW_HEIGHT - SPACING };
          const place = { position: 'absolute', left: x * column, top: y * ROW_HEIGHT, ...size } as const;
          return (
            <section key={panel.id} style={place}>
              {panel.type === 'row' ? <h2 style={theme.typography.h5}>{panel.title}</h2> : <Asked {...shown} {...size} panel={panel} />}
            </section>
          );
        })}
      </div>
    </main>
  );
}

type State = { is: 'loading' } | { is: 'data' | 'empty'; frames: DataFrame[] } | { is: 'error'; message: string };

/** A panel with the answers to its questions; `data-state` says how it went. */
function Asked({ panel, width, height, ...shown }: Shown & { panel: Panel; width: number; height: number }) {
  const { dashboard, chosen, range } = shown;
  const theme = useTheme2();
  const [state, setState] = useState<State>({ is: 'loading' });
  useEffect(() => {
    const replace: InterpolateFunction = (text, row) => inLink(text ?? '', chosen, range, row);
    const asked = panel.targets.map((target) =>
      frames(target, inQuery(target.expr, dashboard.templating.list, chosen), range, Math.round(width))
    );
    Promise.all(asked)
      .then((answers) => prepared(panel, answers.flat(), theme, replace))
      .then((data) => setState({ is: data.some(({ length }) => length) ? 'data' : 'empty', frames: data }))
      .catch((error: unknown) => setState({ is: 'error', message: String(error) }));
  }, [panel, width, dashboard, chosen, range, theme]);
  const failed = (message: string) => setState({ is: 'error', message });
  const Drawn = PANELS[panel.type] ?? unknown(panel.type);
  const content = (inside: { width: number; height: number }) => {
    switch (state.is) {
      case 'loading':
        return null;
      case 'error':
        return <p style={{ color: theme.colors.error.text }}>{state.message}</p>;
      case 'empty':
        return <p style={{ textAlign: 'center', paddingTop: inside.height / 2 - 24 }}>{panel.fieldConfig.defaults.noValue}</p>;
      case 'data':
        return (
          <Guarded failed={failed}>
            <Drawn panel={panel} frames={state.frames} range={range} {...inside} />
          </Guarded>
        );
    }
  };
  return (
    <PanelContextProvider value={{ eventsScope: String(panel.id), eventBus: BUS }}>
      <div data-panel={panel.id} data-state={state.is} data-title={panel.title}>
        <PanelChrome title={panel.title} description={panel.description} width={width} height={height}>
          {(inner, tall) => content({ width: inner, height: tall })}
        </PanelChrome>
      </div>
    </PanelContextProvider>
  );
}

function unknown(type: string) {
  return (): ReactNode => {
    throw new Error(`nothing draws a panel of type ${type}; add it to PANELS`);
  };
}

/** Keeps the error of one panel from taking the others along. */
class Guarded extends Component<{ failed: (message: string) => void; children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override componentDidCatch(error: Error) {
    this.props.failed(error.message);
  }

  override render() {
    return this.state.broken ? null : this.props.children;
  }
}
