import { type DataFrame, dateTimeFormat, getFieldDisplayName } from '@grafana/data';
import { useTheme2 } from '@grafana/ui';
import type { Drawn } from './panels';

const AXIS = 22;
const LEGEND = 24;
const TICKS = 6;
const FILLED = 0.9;
const OPACITY = 0.7;

/** A state timeline, which is in no package of Grafana's: a line for each series, in its states' colours. */
export function States({ frames, range, width, height }: Drawn) {
  const theme = useTheme2();
  const text = { fill: theme.colors.text.primary, fontSize: theme.typography.bodySmall.fontSize };
  const lines = frames.map((frame) => ({
    name: getFieldDisplayName(frame.fields[1]!, frame, frames),
    stretches: stretches(frame),
  }));
  const left = 16 + 7 * Math.max(...lines.map(({ name }) => name.length));
  const [from, to] = [range.from.valueOf(), range.to.valueOf()];
  const across = (time: number) => left + ((Math.min(Math.max(time, from), to) - from) / (to - from)) * (width - left);
  const tall = (height - AXIS - LEGEND) / lines.length;
  const states = new Map(lines.flatMap((line) => line.stretches.map(({ state, color }) => [state, color])));
  return (
    <div>
      <svg width={width} height={height - LEGEND} role="img" style={{ display: 'block' }}>
        {lines.map(({ name, stretches }, row) => (
          <g key={name}>
            <text x={left - 8} y={(row + 0.5) * tall} textAnchor="end" dominantBaseline="middle" {...text}>
              {name}
            </text>
            {stretches.map(({ begin, end, color }) => (
              <rect
                key={begin}
                x={across(begin)}
                y={(row + (1 - FILLED) / 2) * tall}
                width={Math.max(across(end) - across(begin), 1)}
                height={tall * FILLED}
                fill={color}
                fillOpacity={OPACITY}
              />
            ))}
          </g>
        ))}
        {Array.from({ length: TICKS }, (_, tick) => from + ((tick + 0.5) / TICKS) * (to - from)).map((time) => (
          <text key={time} x={across(time)} y={height - LEGEND - 6} textAnchor="middle" {...text}>
            {dateTimeFormat(time, { format: 'HH:mm', timeZone: 'utc' })}
          </text>
        ))}
      </svg>
      <div style={{ ...theme.typography.bodySmall, display: 'flex', gap: 12, height: LEGEND, alignItems: 'center' }}>
        {[...states].map(([state, color]) => (
          <span key={state}>
            <span style={{ display: 'inline-block', width: 14, height: 4, marginRight: 6, verticalAlign: 'middle', background: color }} />
            {state}
          </span>
        ))}
      </div>
    </div>
  );
}

interface Stretch {
  begin: number;
  end: number;
  state: string;
  color: string;
}

/** Times between which a series has the same state at every step. */
function stretches({ fields: [times, values] }: DataFrame): Stretch[] {
  const step = times!.config.interval ?? 0;
  const found: Stretch[] = [];
  times!.values.forEach((time: number, index) => {
    const { text: state, color = 'transparent' } = values!.display!(values!.values[index]);
    const last = found.at(-1);
    if (last && time <= last.end && last.state === state) {
      last.end = time + step;
    } else {
      found.push({ begin: time, end: time + step, state, color });
    }
  });
  return found;
}
